/* hash.h - telling texts apart by number. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923). The numbers stand in stores: they never change. */
uint64_t hash_bytes(const char *bytes, size_t len);

#endif
