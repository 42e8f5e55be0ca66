/* ring.h - the newest events, encoded once for everyone: a ring of bytes, and a ring of what stands where.
 *
 * A frame is known by its number (0, 1, 2, ...); a client keeps the number of the frame it gets next. Frames never wrap
 * around the end of the bytes, so that a run of them is one write. Numbers follow positions: later is greater. */
#ifndef SERVER_LIVE_RING_H
#define SERVER_LIVE_RING_H

#include <meower/meow.h>
#include <stdbool.h>

#define RING_FRAMES 65536 /* frames at most; a power of two */

struct ring_frame {
    uint64_t position;  /* of the event */
    uint64_t offset;    /* of its bytes, counted from the ring's beginning, ends of laps included */
    uint64_t same_hash; /* the frame before it with the same hash of the id, plus 1; 0: none */
    uint32_t len;       /* bytes */
    bool is_blank;      /* its meow is deleted: not to be sent any more */
    char id[MEOWER_ID_SIZE];
};

struct ring {
    char *bytes;
    size_t size;               /* of bytes; a power of two */
    struct ring_frame *frames; /* frame `number` at number % RING_FRAMES */
    uint64_t *hashes;          /* newest frame with that hash, plus 1 */
    uint64_t first;            /* number of the oldest frame */
    uint64_t next;             /* number that the next frame will get */
    uint64_t offset;           /* where the next frame's bytes will stand */
    size_t blank_count;        /* frames that are blank */
};

/* A run of bytes to send. */
struct ring_run {
    const char *bytes;
    size_t len;
    uint64_t next; /* number of the frame after it */
};

bool ring_init(struct ring *ring, size_t size);
void ring_free(struct ring *ring);

/* Adds the frame of an event and forgets the oldest ones to make room. `len` is less than a quarter of the size. */
void ring_add(struct ring *ring, uint64_t position, const char *id, const char *bytes, size_t len);

/* Forgets all frames; numbers go on. */
void ring_clear(struct ring *ring);

/* Overwrites the frames of this meow and leaves them out of all later runs. */
void ring_blank(struct ring *ring, const char *id);

/* What a client whose next frame is `number` gets at once; false when there is nothing. The frame must not have been
 * forgotten (number >= ring->first). */
bool ring_next_run(const struct ring *ring, uint64_t number, struct ring_run *run);

/* Bytes from frame `number` to the newest one's end. */
uint64_t ring_behind(const struct ring *ring, uint64_t number);

/* The first `len` bytes of a run from frame `number` were sent: *whole is the number of the frame in which that ends,
 * and the result is how many bytes of that frame are still to be sent (0: it ends between two frames). */
size_t ring_cut(const struct ring *ring, uint64_t number, size_t len, uint64_t *whole);

/* The first frame whose position is at least `position`. False when that lies before the first frame or after the last.
 */
bool ring_find(const struct ring *ring, uint64_t position, uint64_t *number);

#endif
