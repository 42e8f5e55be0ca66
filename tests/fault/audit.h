/* audit.h - whether an instance, and the files it leaves, agree with the book: every answered post is there once, at
 * its position; what was refused is not; positions have no hole; the index holds what the store holds. Nothing fails
 * meanwhile. */
#ifndef FAULT_AUDIT_H
#define FAULT_AUDIT_H

#include "fault/world.h"

/* The instance, which is open. */
void audit_instance(struct world *world);

/* The same for the files of an instance that is closed. */
void audit_files(const struct world *world);

#endif
