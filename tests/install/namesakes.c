/* namesakes.c - a program whose own functions bear names that the library uses inside. Linked with the static library,
 * neither may take the place of the other: with our hash_bytes() replaced, an idempotency key used with another body
 * would answer "replayed", and the second post would be lost. */
#include <meower/meower.h>
#include <stdio.h>
#include <string.h>

int hash_bytes(void);
int feed_read(void);
int store_open(void);
int html_escape(void);
int queue_push(void);

int hash_bytes(void)
{
    return 7;
}

int feed_read(void)
{
    return 7;
}

int store_open(void)
{
    return 7;
}

int html_escape(void)
{
    return 7;
}

int queue_push(void)
{
    return 7;
}

static int post(meower_command *command, const char *body, meower_command_result *result)
{
    meower_error error;
    return meower_command_post(command, body, strlen(body), "the key", 5000, result, &error);
}

int main(void)
{
    meower_feed *feed;
    meower_command *command;
    meower_command_result first = MEOWER_COMMAND_RESULT_INIT;
    meower_command_result second = MEOWER_COMMAND_RESULT_INIT;
    meower_error error;

    if (meower_open(NULL, &feed, &error) != MEOWER_OK || meower_command_open(feed, &command, &error) != MEOWER_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    if (post(command, "a <b>", &first) != MEOWER_OK || post(command, "a <b>", &second) != MEOWER_OK ||
        second.replayed != 1 || strcmp(first.id, second.id) != 0) {
        fprintf(stderr, "the same post with the same key is not replayed\n");
        return 1;
    }
    if (post(command, "another", &second) != MEOWER_ERROR_CONFLICT) {
        fprintf(stderr, "another post with the same key is not a conflict\n");
        return 1;
    }
    meower_command_close(command);
    printf("names of its own\n");
    return hash_bytes() + feed_read() + store_open() + html_escape() + queue_push() == 35
               ? meower_close(feed, 5000, &error)
               : 1;
}
