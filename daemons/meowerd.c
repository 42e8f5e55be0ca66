/* meowerd.c - everything in one process: posting, reading, searching, live clients and the page, with the data in a
 * folder of its own. */
#include "server/process/daemon.h"

int main(int argc, char **argv)
{
    static const struct daemon meowerd = {
        .defaults = {.program = "meowerd",
                     .summary = "a live, searchable feed of short messages, in one process",
                     .listen = "127.0.0.1:8080",
                     .has_data_directory = true},
        .roles = ROLE_COMMAND | ROLE_QUERY | ROLE_PUSHER | ROLE_FILES};
    return daemon_run(&meowerd, argc, argv);
}
