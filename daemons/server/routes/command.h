/* command.h - POST /meows and DELETE /meows/{id}. */
#ifndef SERVER_ROUTES_COMMAND_H
#define SERVER_ROUTES_COMMAND_H

#include "server/http/router.h"
#include "server/net/loop.h"
#include "server/routes/posts.h"

struct commands_settings {
    const char *tokens; /* that may delete, separated by commas */
};

/* What a loop asks the library to write. All zero: not open. */
struct commands {
    struct loop *loop;
    meower_command *handle;
    const struct commands_settings *settings;
    struct watch results;
    struct posts posts; /* of this turn of the loop */
    struct job submit;
};

extern const struct route command_rows[]; /* for struct commands */

/* The settings outlive it. False when the library or the system refuses; commands_close() follows then too. */
bool commands_open(struct commands *commands, struct loop *loop, meower_feed *feed,
                   const struct commands_settings *settings, meower_error *error);
void commands_close(struct commands *commands);

#endif
