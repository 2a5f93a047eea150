// SQLITE_TRANSIENT and SQLITE_STATIC are cast macros, which Swift does not import.
#pragma once
#include <sqlite3.h>

static inline int zkb_bind_text(sqlite3_stmt *statement, int index, const char *text, int size) { return sqlite3_bind_text(statement, index, text, size, SQLITE_TRANSIENT); }
static inline int zkb_bind_static_text(sqlite3_stmt *statement, int index, const char *text, int size) { return sqlite3_bind_text(statement, index, text, size, SQLITE_STATIC); }

// A global variable, which Swift's concurrency checks do not let through. To be called once.
static inline void zkb_set_temporary_folder(const char *path) { sqlite3_temp_directory = sqlite3_mprintf("%s", path); }
