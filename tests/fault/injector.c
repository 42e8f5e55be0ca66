/* injector.c - see injector.h. */
#include "fault/injector.h"
#include <stdatomic.h>

const char *const fault_kind_names[FAULT_KINDS] = {
    "memory",    "sqlite-memory", "system",     "port-unavailable", "port-io", "port-afterwards",
    "disk-full", "disk-error",    "unreadable", "locked",           "short",
};
const char *const fault_mode_names[MODES] = {"once", "on", "repaired"};

static struct {
    enum fault_kind kind;
    enum fault_mode mode;
    unsigned long nth;
    atomic_bool is_armed;
    atomic_ulong calls;
    atomic_ulong met;
} armed;

void injector_arm(enum fault_kind kind, enum fault_mode mode, unsigned long nth)
{
    armed.kind = kind;
    armed.mode = mode;
    armed.nth = nth;
    atomic_store(&armed.calls, 0);
    atomic_store(&armed.met, 0);
    atomic_store(&armed.is_armed, true);
}

void injector_disarm(void)
{
    atomic_store(&armed.is_armed, false);
}

unsigned long injector_met(void)
{
    return atomic_load(&armed.met);
}

bool injector_hits(enum fault_kind kind)
{
    if (!atomic_load(&armed.is_armed) || armed.kind != kind) {
        return false;
    }
    unsigned long call = atomic_fetch_add(&armed.calls, 1) + 1;
    bool hits = armed.mode == MODE_ONCE ? call == armed.nth : call >= armed.nth;
    if (hits) {
        atomic_fetch_add(&armed.met, 1);
    }
    return hits;
}

enum fault_kind injector_kind(void)
{
    return atomic_load(&armed.is_armed) ? armed.kind : FAULT_KINDS;
}
