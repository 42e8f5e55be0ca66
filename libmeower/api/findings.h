/* findings.h - what a check has found, and how much it has looked at. */
#ifndef API_FINDINGS_H
#define API_FINDINGS_H

#include <meower/meower.h>

/* A finding with its texts. */
struct check_finding {
    meower_finding view; /* its texts are the two below */
    char id[MEOWER_ID_SIZE];
    char text[300];
};

struct meower_check {
    struct check_finding *findings;
    size_t count; /* that are kept */
    size_t capacity;
    meower_check_totals totals;
};

/* Adds a finding; the text is made as printf() does. Returns MEOWER_OK or NO_MEMORY. */
int findings_add(meower_check *check, int kind, uint64_t position, const char *id, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Puts them in order of their positions. None may be added after that: their texts are pointed at. */
void findings_sort(meower_check *check);

#endif
