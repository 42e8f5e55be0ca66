/* test_list.c - the doubly linked list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/net/list.h"

static void assert_list(const struct list *head, size_t count, const struct list *const *expected)
{
    const struct list *node = head;
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(node->next, expected[i]);
        assert_ptr_equal(node->next->previous, node);
        node = node->next;
    }
    assert_ptr_equal(node->next, head);
    assert_ptr_equal(head->previous, node);
}

static void nodes_are_appended_removed_and_moved(void **state)
{
    (void)state;
    struct list one, two, a = {NULL, NULL}, b = {NULL, NULL}, c = {NULL, NULL};
    list_init(&one);
    list_init(&two);
    assert_true(list_is_empty(&one));
    list_remove(&a);
    assert_false(list_holds(&a));
    list_append(&one, &a);
    list_append(&one, &b);
    list_append(&one, &c);
    assert_list(&one, 3, (const struct list *const[]){&a, &b, &c});
    list_append(&one, &a);
    assert_list(&one, 3, (const struct list *const[]){&b, &c, &a});
    list_remove(&c);
    assert_list(&one, 2, (const struct list *const[]){&b, &a});
    assert_false(list_holds(&c));
    assert_true(list_holds(&a));
    list_append(&two, &c);
    list_move_all(&one, &two);
    assert_true(list_is_empty(&one));
    assert_list(&two, 3, (const struct list *const[]){&c, &b, &a});
    list_move_all(&one, &two);
    assert_list(&two, 3, (const struct list *const[]){&c, &b, &a});
    list_move_all(&two, &one);
    assert_list(&one, 3, (const struct list *const[]){&c, &b, &a});
    assert_list(&two, 0, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_are_appended_removed_and_moved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
