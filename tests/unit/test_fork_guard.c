/* test_fork_guard.c - a forked child is told apart from its parent, with the help of the kernel and without it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/fork_guard.h"
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_kernel_old; /* one that cannot wipe a page in a child (before Linux 4.14) */
static void *page_advised; /* the last one */

int madvise(void *page, size_t size, int advice)
{
    page_advised = page;
    if (is_kernel_old) {
        errno = EINVAL;
        return -1;
    }
    return (int)syscall(SYS_madvise, page, size, advice);
}

static bool is_told_in_a_child(const struct fork_guard *guard)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        _exit(fork_guard_is_in_child(guard) ? 17 : 18);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status) == 17;
}

static void a_child_is_told_by_a_page_that_the_kernel_wipes(void **state)
{
    (void)state;
    struct fork_guard guard = {.owner = 0};
    fork_guard_init(&guard);
    assert_non_null(guard.page);
    assert_false(fork_guard_is_in_child(&guard));
    assert_true(is_told_in_a_child(&guard));
    assert_false(fork_guard_is_in_child(&guard));
    fork_guard_destroy(&guard);
}

static void an_old_kernel_leaves_the_number_of_the_process(void **state)
{
    (void)state;
    struct fork_guard guard = {.owner = 0};
    is_kernel_old = true;
    fork_guard_init(&guard);
    is_kernel_old = false;
    assert_null(guard.page);
    assert_int_equal(msync(page_advised, 1, MS_ASYNC), -1); /* it is not there any more */
    assert_int_equal(errno, ENOMEM);
    assert_false(fork_guard_is_in_child(&guard));
    assert_true(is_told_in_a_child(&guard));
    fork_guard_destroy(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_is_told_by_a_page_that_the_kernel_wipes),
        cmocka_unit_test(an_old_kernel_leaves_the_number_of_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
