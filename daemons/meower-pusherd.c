/* meower-pusherd.c - the pusher of the distributed deployment: sends what happens to WebSocket and Server-Sent Events
 * clients. */
#include "server/process/daemon.h"

int main(int argc, char **argv)
{
    static const struct daemon pusherd = {
        .defaults = {.program = "meower-pusherd",
                     .summary = "the part of a feed that tells WebSocket and Server-Sent Events clients of news",
                     .listen = ":8080",
                     .has_data_directory = false},
        .roles = ROLE_PUSHER};
    return daemon_run(&pusherd, argc, argv);
}
