/* file_faults.c - see file_faults.h. */
#include "fault/file_faults.h"
#include "fault/injector.h"
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* An open file. SQLite's own stands after it in memory. */
struct faulty_file {
    sqlite3_file base; /* first: SQLite knows it by this */
};

static sqlite3_vfs *real_vfs;
static sqlite3_vfs faulty_vfs;
static sqlite3_io_methods faulty_methods;
static int last_errno; /* of the latest fault, for xGetLastError */

static sqlite3_file *real_of(sqlite3_file *file)
{
    return (sqlite3_file *)((struct faulty_file *)file + 1);
}

/* The result to give when an operation on a file is to fail, or SQLITE_OK. */
static int disk_error(int result)
{
    if (!injector_hits(FAULT_DISK_ERROR)) {
        return SQLITE_OK;
    }
    last_errno = EIO;
    return result;
}

static int disk_full(int result)
{
    if (!injector_hits(FAULT_DISK_FULL)) {
        return SQLITE_OK;
    }
    last_errno = ENOSPC;
    return result;
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static int file_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int file_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 offset)
{
    int result = disk_error(SQLITE_IOERR_READ);
    if (result == SQLITE_OK && injector_hits(FAULT_UNREADABLE)) {
        last_errno = EIO;
        result = SQLITE_IOERR_CORRUPTFS;
    }
    return result != SQLITE_OK ? result : real_of(file)->pMethods->xRead(real_of(file), bytes, len, offset);
}

static int file_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset)
{
    int result = disk_full(SQLITE_FULL);
    if (result == SQLITE_OK) {
        result = disk_error(SQLITE_IOERR_WRITE);
    }
    return result != SQLITE_OK ? result : real_of(file)->pMethods->xWrite(real_of(file), bytes, len, offset);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int result = disk_error(SQLITE_IOERR_TRUNCATE);
    return result != SQLITE_OK ? result : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int file_sync(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    return disk_error(SQLITE_IOERR_FSYNC);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    int result = disk_error(SQLITE_IOERR_FSTAT);
    return result != SQLITE_OK ? result : real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int file_lock(sqlite3_file *file, int level)
{
    int result = disk_error(SQLITE_IOERR_LOCK);
    if (result == SQLITE_OK && injector_hits(FAULT_LOCKED)) {
        result = SQLITE_BUSY;
    }
    return result != SQLITE_OK ? result : real_of(file)->pMethods->xLock(real_of(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    int result = real_of(file)->pMethods->xUnlock(real_of(file), level);
    return result == SQLITE_OK ? disk_error(SQLITE_IOERR_UNLOCK) : result;
}

static int file_check_reserved_lock(sqlite3_file *file, int *is_reserved)
{
    int result = disk_error(SQLITE_IOERR_CHECKRESERVEDLOCK);
    return result != SQLITE_OK ? result : real_of(file)->pMethods->xCheckReservedLock(real_of(file), is_reserved);
}

static int file_control(sqlite3_file *file, int operation, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

static int file_sector_size(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int file_device_characteristics(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int file_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **memory)
{
    int result = extend != 0 ? disk_full(SQLITE_IOERR_SHMSIZE) : SQLITE_OK;
    if (result == SQLITE_OK) {
        result = disk_error(SQLITE_IOERR_SHMMAP);
    }
    return result != SQLITE_OK ? result : real_of(file)->pMethods->xShmMap(real_of(file), region, size, extend, memory);
}

/* Giving a lock back cannot fail: what could not be given back would stay taken. */
static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    int result = SQLITE_OK;
    if ((flags & SQLITE_SHM_LOCK) != 0) {
        result = disk_error(SQLITE_IOERR_SHMLOCK);
        if (result == SQLITE_OK && injector_hits(FAULT_LOCKED)) {
            result = SQLITE_BUSY;
        }
    }
    return result != SQLITE_OK ? result : real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int file_shm_unmap(sqlite3_file *file, int delete_file)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), delete_file);
}

static sqlite3_io_methods faulty_methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_device_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

/* ---- the file system --------------------------------------------------------------------------------------------- */

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags)
{
    int result = disk_error(SQLITE_CANTOPEN);
    (void)vfs;
    file->pMethods = NULL;
    if (result == SQLITE_OK && path != NULL && (flags & SQLITE_OPEN_CREATE) != 0 && access(path, F_OK) != 0) {
        result = disk_full(SQLITE_CANTOPEN);
    }
    if (result == SQLITE_OK) {
        result = real_vfs->xOpen(real_vfs, path, real_of(file), flags, out_flags);
    }
    if (result == SQLITE_OK) {
        file->pMethods = &faulty_methods;
    }
    return result;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_directory)
{
    int result = disk_error(SQLITE_IOERR_DELETE);
    (void)vfs;
    (void)sync_directory;
    return result != SQLITE_OK ? result : real_vfs->xDelete(real_vfs, path, 0);
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *out)
{
    int result = disk_error(SQLITE_IOERR_ACCESS);
    (void)vfs;
    return result != SQLITE_OK ? result : real_vfs->xAccess(real_vfs, path, flags, out);
}

/* Nobody waits for a lock that nobody holds. */
static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static int vfs_last_error(sqlite3_vfs *vfs, int len, char *out)
{
    (void)vfs;
    return last_errno != 0 ? last_errno : real_vfs->xGetLastError(real_vfs, len, out);
}

/* ---- short reads and writes -------------------------------------------------------------------------------------- */

/* Past the linker's detour to memory_faults.c. */
ssize_t __real_pread(int fd, void *bytes, size_t len, off_t offset);
ssize_t __real_pwrite(int fd, const void *bytes, size_t len, off_t offset);

static size_t cut(size_t len)
{
    return len > 1 && injector_hits(FAULT_SHORT) ? len / 2 : len;
}

static ssize_t short_pread(int fd, void *bytes, size_t len, off_t offset)
{
    return __real_pread(fd, bytes, cut(len), offset);
}

static ssize_t short_pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    return __real_pwrite(fd, bytes, cut(len), offset);
}

void file_faults_install(void)
{
    if (sqlite3_initialize() != SQLITE_OK) {
        abort();
    }
    real_vfs = sqlite3_vfs_find(NULL);
    real_vfs->xSetSystemCall(real_vfs, "pread", (sqlite3_syscall_ptr)short_pread);
    real_vfs->xSetSystemCall(real_vfs, "pread64", (sqlite3_syscall_ptr)short_pread);
    real_vfs->xSetSystemCall(real_vfs, "pwrite", (sqlite3_syscall_ptr)short_pwrite);
    real_vfs->xSetSystemCall(real_vfs, "pwrite64", (sqlite3_syscall_ptr)short_pwrite);
    faulty_vfs = *real_vfs;
    faulty_vfs.zName = "faulty";
    faulty_vfs.pNext = NULL;
    faulty_vfs.szOsFile = (int)sizeof(struct faulty_file) + real_vfs->szOsFile;
    faulty_vfs.xOpen = vfs_open;
    faulty_vfs.xDelete = vfs_delete;
    faulty_vfs.xAccess = vfs_access;
    faulty_vfs.xSleep = vfs_sleep;
    faulty_vfs.xGetLastError = vfs_last_error;
    sqlite3_vfs_register(&faulty_vfs, 1);
}
