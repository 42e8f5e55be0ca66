/* fragment.c - the frame of a C block that is no whole program: a feed in memory, a handle of each kind, and the block.
 */
#include <meower/backend.h>
#include <meower/meower.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    meower_feed *feed;
    meower_options *options;
    meower_command *command;
    meower_query *query;
    meower_subscription *subscription;
    meower_error error = {0};
    if (meower_options_new(&options, NULL) != MEOWER_OK || meower_open(options, &feed, &error) != MEOWER_OK ||
        meower_command_open(feed, &command, &error) != MEOWER_OK ||
        meower_query_open(feed, &query, &error) != MEOWER_OK ||
        meower_subscription_open(feed, NULL, &subscription, &error) != MEOWER_OK) {
        return 1;
    }
    {
#include "block.inc"
    }
    if (error.code != MEOWER_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    return 0;
}
