/* notifier.c - an eventfd whose state is mirrored in a flag, so that raising a raised one costs no system call. */
#include "run/notifier.h"
#include <meower/base.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int notifier_open(struct notifier *notifier)
{
    notifier->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    atomic_init(&notifier->raised, false);
    return notifier->fd < 0 ? MEOWER_ERROR_IO : MEOWER_OK;
}

void notifier_close(struct notifier *notifier)
{
    close(notifier->fd);
    notifier->fd = -1;
}

void notifier_raise(struct notifier *notifier)
{
    uint64_t one = 1;

    if (atomic_exchange(&notifier->raised, true)) {
        return;
    }
    /* The counter cannot be full: it is raised once at most between two clears. */
    while (write(notifier->fd, &one, sizeof(one)) < 0) {
    }
}

void notifier_clear(struct notifier *notifier)
{
    uint64_t count;

    if (!atomic_load(&notifier->raised)) {
        return;
    }
    if (read(notifier->fd, &count, sizeof(count)) < 0) {
        return; /* another thread clears at the same moment; lowering the flag is its part */
    }
    /* The flag falls after the reading: a raise in between finds it up and writes nothing, so the caller, who looks
     * again after this, is the one to notice what it announced. */
    atomic_store(&notifier->raised, false);
}

int notifier_wait(const struct notifier *notifier, const struct notifier *other, int timeout_ms)
{
    struct pollfd poll_fds[] = {{.fd = notifier->fd, .events = POLLIN},
                                {.fd = other == NULL ? -1 : other->fd, .events = POLLIN}}; /* poll() skips -1 */

    return poll(poll_fds, 2, timeout_ms) > 0 ? 1 : 0;
}
