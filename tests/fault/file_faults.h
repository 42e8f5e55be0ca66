/* file_faults.h - SQLite's files when the disk is full, fails, is locked, or gives half of what was asked: a file
 * system of SQLite (sqlite3_vfs) before its own, made the default one.
 *
 * Syncing does nothing: what is tested are processes that live or die, not the power supply. */
#ifndef FAULT_FILE_FAULTS_H
#define FAULT_FILE_FAULTS_H

/* Called after memory_faults_install(). */
void file_faults_install(void);

#endif
