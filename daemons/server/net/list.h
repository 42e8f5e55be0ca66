/* list.h - a doubly linked list of nodes that their owners embed. */
#ifndef SERVER_NET_LIST_H
#define SERVER_NET_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* The head of a list is a node too. A node in no list is all zero. */
struct list {
    struct list *previous;
    struct list *next;
};

static inline void list_init(struct list *head)
{
    head->previous = head->next = head;
}

static inline bool list_is_empty(const struct list *head)
{
    return head->next == head;
}

static inline bool list_holds(const struct list *node)
{
    return node->next != NULL;
}

/* Takes the node out of its list, if it is in one. */
static inline void list_remove(struct list *node)
{
    if (!list_holds(node)) {
        return;
    }
    node->previous->next = node->next;
    node->next->previous = node->previous;
    node->previous = node->next = NULL;
}

/* Puts the node at the end, out of any other list. */
static inline void list_append(struct list *head, struct list *node)
{
    list_remove(node);
    node->previous = head->previous;
    node->next = head;
    head->previous->next = node;
    head->previous = node;
}

/* Moves all nodes of `from` to the end of `to`. */
static inline void list_move_all(struct list *from, struct list *to)
{
    if (list_is_empty(from)) {
        return;
    }
    from->next->previous = to->previous;
    from->previous->next = to;
    to->previous->next = from->next;
    to->previous = from->previous;
    list_init(from);
}

#define LIST_OWNER(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

#endif
