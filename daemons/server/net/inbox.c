/* inbox.c - hands accepted sockets over to the loop of another thread. */
#include "server/net/inbox.h"

#include <fcntl.h>
#include <unistd.h>

/* False when nothing is in it. A number of so few bytes is written and read as a whole (POSIX: write(), PIPE_BUF). */
static bool take(struct inbox *inbox, int *descriptor)
{
    return read(inbox->ends[0], descriptor, sizeof(*descriptor)) == (ssize_t)sizeof(*descriptor);
}

static void take_all(struct watch *watch)
{
    struct inbox *inbox = LIST_OWNER(watch, struct inbox, watch);
    int descriptor;
    while (take(inbox, &descriptor)) {
        inbox->taken(inbox, descriptor);
    }
}

bool inbox_open(struct inbox *inbox, struct loop *loop, void (*taken)(struct inbox *inbox, int descriptor))
{
    *inbox = (struct inbox){.taken = taken};
    if (pipe2(inbox->ends, O_NONBLOCK | O_CLOEXEC) != 0) {
        inbox->ends[0] = inbox->ends[1] = -1;
        return false;
    }
    return watch_open(&inbox->watch, loop, inbox->ends[0], take_all);
}

bool inbox_put(struct inbox *inbox, int descriptor)
{
    return write(inbox->ends[1], &descriptor, sizeof(descriptor)) == (ssize_t)sizeof(descriptor);
}

void inbox_close(struct inbox *inbox)
{
    int descriptor;
    if (inbox->taken == NULL || inbox->ends[0] < 0) {
        return;
    }
    while (take(inbox, &descriptor)) {
        close(descriptor);
    }
    close(inbox->ends[0]);
    close(inbox->ends[1]);
    inbox->ends[0] = inbox->ends[1] = -1;
}
