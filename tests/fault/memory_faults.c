/* memory_faults.c - see memory_faults.h. */
#include "fault/memory_faults.h"
#include "fault/injector.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>

#define LINE_MAX_LEN 100 /* bytes */

static atomic_long live;

long memory_live(void)
{
    return atomic_load(&live);
}

static void *counted(void *block)
{
    if (block != NULL) {
        atomic_fetch_add(&live, 1);
    }
    return block;
}

static bool is_out_of_memory(void)
{
    if (!injector_hits(FAULT_MEMORY)) {
        return false;
    }
    errno = ENOMEM;
    return true;
}

/* ---- the library's allocations (the linker makes the names) ------------------------------------------------------ */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_reallocarray(void *block, size_t count, size_t size);
void __real_free(void *block);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t max);
char *__real_realpath(const char *path, char *resolved);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);
void __wrap_free(void *block);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t max);
char *__wrap_realpath(const char *path, char *resolved);
int __wrap_asprintf(char **out, const char *format, ...) __attribute__((format(printf, 2, 3)));

void *__wrap_malloc(size_t size)
{
    return is_out_of_memory() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_out_of_memory() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    if (is_out_of_memory()) {
        return NULL;
    }
    return block == NULL ? counted(__real_realloc(NULL, size)) : __real_realloc(block, size);
}

void *__wrap_reallocarray(void *block, size_t count, size_t size)
{
    if (is_out_of_memory()) {
        return NULL;
    }
    return block == NULL ? counted(__real_reallocarray(NULL, count, size)) : __real_reallocarray(block, count, size);
}

void __wrap_free(void *block)
{
    if (block != NULL) {
        atomic_fetch_sub(&live, 1);
    }
    __real_free(block);
}

char *__wrap_strdup(const char *text)
{
    return is_out_of_memory() ? NULL : counted(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t max)
{
    return is_out_of_memory() ? NULL : counted(__real_strndup(text, max));
}

char *__wrap_realpath(const char *path, char *resolved)
{
    if (is_out_of_memory()) {
        return NULL;
    }
    if (injector_hits(FAULT_SYSTEM)) {
        errno = EIO;
        return NULL;
    }
    return counted(__real_realpath(path, resolved));
}

int __wrap_asprintf(char **out, const char *format, ...)
{
    if (is_out_of_memory()) {
        return -1;
    }
    va_list arguments;
    va_start(arguments, format);
    int len = vasprintf(out, format, arguments);
    va_end(arguments);
    if (len >= 0) {
        counted(*out);
    }
    return len;
}

/* ---- the library's system calls ---------------------------------------------------------------------------------- */

int __real_open(const char *path, int flags, ...);
int __real_flock(int fd, int operation);
int __real_unlink(const char *path);
int __real_rename(const char *from, const char *to);
int __real_fstat(int fd, struct stat *status);
int __real_eventfd(unsigned initial, int flags);
int __real_statx(int folder, const char *restrict path, int flags, unsigned mask, struct statx *restrict out);
int __real_ftruncate(int fd, off_t size);
ssize_t __real_pread(int fd, void *bytes, size_t len, off_t offset);
ssize_t __real_pwrite(int fd, const void *bytes, size_t len, off_t offset);
ssize_t __real_read(int fd, void *bytes, size_t len);
ssize_t __real_write(int fd, const void *bytes, size_t len);
int __real_openat(int folder, const char *path, int flags, ...);
int __real_unlinkat(int folder, const char *path, int flags);
int __real_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __real_mkdir(const char *path, mode_t mode);
DIR *__real_fdopendir(int fd);
void *__real_mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);

int __wrap_open(const char *path, int flags, ...);
int __wrap_flock(int fd, int operation);
int __wrap_unlink(const char *path);
int __wrap_rename(const char *from, const char *to);
int __wrap_fstat(int fd, struct stat *status);
int __wrap_eventfd(unsigned initial, int flags);
int __wrap_statx(int folder, const char *restrict path, int flags, unsigned mask, struct statx *restrict out);
int __wrap_ftruncate(int fd, off_t size);
ssize_t __wrap_pread(int fd, void *bytes, size_t len, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t len, off_t offset);
ssize_t __wrap_read(int fd, void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int __wrap_openat(int folder, const char *path, int flags, ...);
int __wrap_unlinkat(int folder, const char *path, int flags);
int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_fsync(int fd);
DIR *__wrap_fdopendir(int fd);
void *__wrap_mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);

static bool system_fails(int system_errno)
{
    if (!injector_hits(FAULT_SYSTEM)) {
        return false;
    }
    errno = system_errno;
    return true;
}

/* The same for what takes room on the disk. */
static bool writing_fails(void)
{
    if (!injector_hits(FAULT_DISK_FULL)) {
        return system_fails(EIO);
    }
    errno = ENOSPC;
    return true;
}

/* Half of what was asked, now and then. A line of the store's lock file goes at once or not at all. */
static size_t cut(size_t len)
{
    return len > LINE_MAX_LEN && injector_hits(FAULT_SHORT) ? len / 2 : len;
}

static bool is_file(int fd)
{
    struct stat status;
    return __real_fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = va_arg(arguments, mode_t); /* without O_CREAT there is none, and it is not used */
    va_end(arguments);
    return system_fails(EIO) ? -1 : __real_open(path, flags, mode);
}

int __wrap_flock(int fd, int operation)
{
    return system_fails(EIO) ? -1 : __real_flock(fd, operation);
}

int __wrap_unlink(const char *path)
{
    return system_fails(EIO) ? -1 : __real_unlink(path);
}

int __wrap_rename(const char *from, const char *to)
{
    return system_fails(EIO) ? -1 : __real_rename(from, to);
}

int __wrap_fstat(int fd, struct stat *status)
{
    return system_fails(EIO) ? -1 : __real_fstat(fd, status);
}

int __wrap_statx(int folder, const char *restrict path, int flags, unsigned mask, struct statx *restrict out)
{
    return system_fails(EIO) ? -1 : __real_statx(folder, path, flags, mask, out);
}

int __wrap_ftruncate(int fd, off_t size)
{
    return system_fails(EIO) ? -1 : __real_ftruncate(fd, size);
}

ssize_t __wrap_pread(int fd, void *bytes, size_t len, off_t offset)
{
    return system_fails(EIO) ? -1 : __real_pread(fd, bytes, len, offset);
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    return writing_fails() ? -1 : __real_pwrite(fd, bytes, cut(len), offset);
}

int __wrap_eventfd(unsigned initial, int flags)
{
    return system_fails(EMFILE) ? -1 : __real_eventfd(initial, flags);
}

/* Of files alone: reading an eventfd, or writing to it, cannot fail. */
ssize_t __wrap_read(int fd, void *bytes, size_t len)
{
    if (!is_file(fd)) {
        return __real_read(fd, bytes, len);
    }
    return system_fails(EIO) ? -1 : __real_read(fd, bytes, cut(len));
}

ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    if (!is_file(fd)) {
        return __real_write(fd, bytes, len);
    }
    return writing_fails() ? -1 : __real_write(fd, bytes, cut(len));
}

int __wrap_openat(int folder, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = va_arg(arguments, mode_t); /* of no meaning, and unused, without O_CREAT */
    va_end(arguments);
    bool fails = (flags & O_CREAT) != 0 ? writing_fails() : system_fails(EIO);
    return fails ? -1 : __real_openat(folder, path, flags, mode);
}

int __wrap_unlinkat(int folder, const char *path, int flags)
{
    return system_fails(EIO) ? -1 : __real_unlinkat(folder, path, flags);
}

int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    return writing_fails() ? -1 : __real_renameat(from_folder, from, to_folder, to);
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    return writing_fails() ? -1 : __real_mkdir(path, mode);
}

/* Syncing does nothing (file_faults.h). */
int __wrap_fsync(int fd)
{
    (void)fd;
    return writing_fails() ? -1 : 0;
}

DIR *__wrap_fdopendir(int fd)
{
    return system_fails(EIO) ? NULL : __real_fdopendir(fd);
}

/* Of files alone. */
void *__wrap_mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
    return fd >= 0 && system_fails(ENOMEM) ? MAP_FAILED : __real_mmap(at, len, protection, flags, fd, offset);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
    return injector_hits(FAULT_SYSTEM) ? EAGAIN : __real_pthread_create(thread, attributes, run, argument);
}

/* ---- SQLite's allocations ---------------------------------------------------------------------------------------- */

static sqlite3_mem_methods sqlite_memory;

static void *sqlite_malloc(int size)
{
    return injector_hits(FAULT_SQLITE_MEMORY) ? NULL : sqlite_memory.xMalloc(size);
}

static void *sqlite_realloc(void *block, int size)
{
    return injector_hits(FAULT_SQLITE_MEMORY) ? NULL : sqlite_memory.xRealloc(block, size);
}

void memory_faults_install(void)
{
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_memory);
    sqlite3_mem_methods methods = sqlite_memory;
    methods.xMalloc = sqlite_malloc;
    methods.xRealloc = sqlite_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}
