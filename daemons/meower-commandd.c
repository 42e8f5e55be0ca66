/* meower-commandd.c - the command service of the distributed deployment: takes posts and deletions, and tells the
 * others of them over the bus. */
#include "server/process/daemon.h"

int main(int argc, char **argv)
{
    static const struct daemon commandd = {.defaults = {.program = "meower-commandd",
                                                        .summary = "the part of a feed that takes posts and deletions",
                                                        .listen = ":8080",
                                                        .has_data_directory = false},
                                           .roles = ROLE_COMMAND};
    return daemon_run(&commandd, argc, argv);
}
