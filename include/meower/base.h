/* base.h - what every other header stands on: version, status codes, errors.
 *
 * Conventions of the whole API
 *   Failure      What can fail returns a negative MEOWER_ERROR_ code, whose number never
 *                changes, and takes a `meower_error *error`; else it returns MEOWER_OK (0),
 *                or the count or flag that its comment says. All other functions cannot
 *                fail: they say what an object has, or release it.
 *   Detail       `error` may be NULL. It is written only when the call fails, and belongs
 *                to the caller.
 *   NULL         A required argument that is NULL makes a call fail with
 *                MEOWER_ERROR_INVALID, or give 0, where it returns a status or a number.
 *   Ownership    Inputs are borrowed until the call returns. `T **out` becomes the
 *                caller's and is released by the function that T's comment names.
 *                Releasing NULL does nothing. Outputs stay untouched on failure.
 *   Structs      What a program makes or gives room for begins with struct_size and is
 *                initialised with its _INIT macro; in an array the first element's
 *                struct_size is how far apart all are. Later versions add members at
 *                the end, and programs that are built go on. A call fails with
 *                MEOWER_ERROR_INVALID when struct_size is too small, and with
 *                MEOWER_ERROR_UNSUPPORTED when a member that this library does not
 *                know is not zero. A meower_error alone has a fixed size. What the
 *                library makes comes as a pointer; it grows at its end, too, so never
 *                copy such a struct by value.
 *   Threads      Each function's comment has a thread rule. "Any thread" means that
 *                calls may run at once; "one thread at a time" means that the caller
 *                keeps calls on one handle apart. Different handles never need that.
 *   Reentrancy   The library calls no function of the host, except the backends, the
 *                clock and the fault hook it was given (backend.h). No function may be
 *                called from a signal handler.
 *   Fork         A handle belongs to the process that opened it. In a forked child
 *                every call on it fails with MEOWER_ERROR_FORKED; close and free
 *                functions do nothing there.
 */
#ifndef MEOWER_BASE_H
#define MEOWER_BASE_H

#include <stddef.h>
#include <stdint.h>

#define MEOWER_VERSION_MAJOR 0
#define MEOWER_VERSION_MINOR 2
#define MEOWER_VERSION_PATCH 0
#define MEOWER_VERSION       "0.2.0"

/* The version as one number that can be compared: 1,002,003 is 1.2.3. */
#define MEOWER_VERSION_NUMBER (MEOWER_VERSION_MAJOR * 1000000 + MEOWER_VERSION_MINOR * 1000 + MEOWER_VERSION_PATCH)

#if defined(__GNUC__)
#define MEOWER_API __attribute__((visibility("default")))
#else
#define MEOWER_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Status codes. */
enum {
    MEOWER_OK = 0,
    MEOWER_ERROR_INVALID = -1,          /* an argument, option or input is wrong; the message says which */
    MEOWER_ERROR_NO_MEMORY = -2,        /* an allocation failed; nothing was changed */
    MEOWER_ERROR_NOT_FOUND = -3,        /* no such meow */
    MEOWER_ERROR_CONFLICT = -4,         /* the idempotency key was used for another post */
    MEOWER_ERROR_BUSY = -5,             /* a queue is full (backpressure), or handles are still open */
    MEOWER_ERROR_TIMEOUT = -6,          /* the time given ran out; the request may still complete */
    MEOWER_ERROR_CLOSED = -7,           /* the instance is closing */
    MEOWER_ERROR_IO = -8,               /* the operating system refused to read or write */
    MEOWER_ERROR_CORRUPT = -9,          /* stored data is damaged or not ours */
    MEOWER_ERROR_LOCKED = -10,          /* another process holds the store */
    MEOWER_ERROR_UNAVAILABLE = -11,     /* an engine cannot be reached now */
    MEOWER_ERROR_UNSUPPORTED = -12,     /* unknown scheme, not built in, or a role this instance does not run */
    MEOWER_ERROR_OUTCOME_UNKNOWN = -13, /* the connection broke while the engine was deciding */
    MEOWER_ERROR_FORKED = -14,          /* the handle belongs to the parent process */
    MEOWER_ERROR_FULL = -15,            /* no space left where the data lives */
    MEOWER_ERROR_PERMISSION = -16,      /* not allowed: file mode, user, password */
    MEOWER_ERROR_ABI = -17,             /* a backend was built for another ABI, or is incomplete */
    MEOWER_ERROR_INTERNAL = -18,        /* a defect of this library, or of a backend that the host brought */
    MEOWER_ERROR_INTERRUPTED = -19      /* meower_interrupt() ended the wait; the request may still complete */
};

/* Flags of an error. */
enum {
    MEOWER_ERROR_FLAG_RETRIABLE = 1 /* the same call may succeed later without any change */
};

/* Whose code an error's backend_code is. New ones may come: show the number of one that you do not know. */
enum {
    MEOWER_DOMAIN_NONE = 0,       /* there is none: backend_code is 0 */
    MEOWER_DOMAIN_OTHER = 1,      /* the engine's of a backend that the host brought */
    MEOWER_DOMAIN_ERRNO = 2,      /* the operating system's (errno) */
    MEOWER_DOMAIN_SQLITE = 3,     /* an extended result code of SQLite */
    MEOWER_DOMAIN_POSTGRESQL = 4, /* an SQLSTATE, read as a number of base 36 */
    MEOWER_DOMAIN_NATS = 5,       /* a natsStatus of the NATS client */
    MEOWER_DOMAIN_KAFKA = 6,      /* an rd_kafka_resp_err_t of librdkafka */
    MEOWER_DOMAIN_HTTP = 7,       /* a status of HTTP */
    MEOWER_DOMAIN_CURL = 8        /* a CURLcode of libcurl */
};

/* Why a call failed. Caller-owned, fixed size for all 0.x versions; needs no initialisation. */
typedef struct meower_error {
    int code;           /* MEOWER_ERROR_... */
    int backend_domain; /* MEOWER_DOMAIN_...: whose code backend_code is */
    int backend_code;   /* the engine's own code, or 0 */
    uint32_t flags;     /* MEOWER_ERROR_FLAG_... */
    char message[500];  /* English, one line, NUL-terminated; says what was wrong and what would be right */
} meower_error;

/* Returns the version of the library that is loaded, "MAJOR.MINOR.PATCH". MEOWER_VERSION is that of the header.
 * Static storage. Any thread. Since 0.1. */
MEOWER_API const char *meower_version(void);

/* Returns the version of the library that is loaded as MEOWER_VERSION_NUMBER has it, major * 1000000 + minor * 1000 +
 * patch. Any thread. Since 0.2. */
MEOWER_API int meower_version_number(void);

/* Returns the name of a status code, such as "not found"; "unknown status" for any other number.
 * Static storage. Any thread. Since 0.1. */
MEOWER_API const char *meower_status_name(int status);

#ifdef __cplusplus
}
#endif
#endif
