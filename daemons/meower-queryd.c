/* meower-queryd.c - the query service of the distributed deployment: answers lists and searches, keeps the search
 * index, and has the page. */
#include "server/process/daemon.h"

int main(int argc, char **argv)
{
    static const struct daemon queryd = {
        .defaults = {.program = "meower-queryd",
                     .summary = "the part of a feed that answers lists and searches, and keeps the search index",
                     .listen = ":8080",
                     .has_data_directory = false},
        .roles = ROLE_QUERY | ROLE_FILES};
    return daemon_run(&queryd, argc, argv);
}
