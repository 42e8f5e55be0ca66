/* memory_faults.h - allocations and system calls that fail, and a count of what is not released.
 *
 * The linker sends the library's calls here (--wrap in CMakeLists.txt); those of the C library and of SQLite among
 * themselves are not touched. SQLite's own come through sqlite3_config(SQLITE_CONFIG_MALLOC). */
#ifndef FAULT_MEMORY_FAULTS_H
#define FAULT_MEMORY_FAULTS_H

/* Before anything else uses SQLite. */
void memory_faults_install(void);

/* Blocks of the library that are not released. */
long memory_live(void);

#endif
