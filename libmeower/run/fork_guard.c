/* fork_guard.c - a page that the kernel wipes in a forked child (madvise(2), MADV_WIPEONFORK): a look at it costs no
 * system call. Where that is not to be had, the process id tells as well. */
#include "run/fork_guard.h"
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUARD_SIZE 4096 /* bytes: a page, or part of one */

void fork_guard_init(struct fork_guard *guard)
{
    void *page = mmap(NULL, GUARD_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    *guard = (struct fork_guard){.owner = getpid()};
    if (page == MAP_FAILED) {
        return;
    }
    if (madvise(page, GUARD_SIZE, MADV_WIPEONFORK) != 0) {
        munmap(page, GUARD_SIZE);
        return;
    }
    guard->page = page;
    *guard->page = 1;
}

void fork_guard_destroy(struct fork_guard *guard)
{
    if (guard->page != NULL) {
        munmap(guard->page, GUARD_SIZE);
    }
}

bool fork_guard_is_in_child(const struct fork_guard *guard)
{
    return guard->page != NULL ? *guard->page == 0 : getpid() != guard->owner;
}
