// Loaded in front of a program (LD_PRELOAD), it disturbs the calls for files below one folder: they are numbered from 1 on,
// and from a given number on, once or for ever, they fail, do half of their work, or end the process.
//
//   FAULT_BELOW   the folder, an absolute path
//   FAULT_FROM    the number of the first call that is disturbed; 0 or none: calls are only counted
//   FAULT_FOR     how many are disturbed; 0: all from there on
//   FAULT_HOW     "exit" (as if the machine had lost power), "half" (of a read or a write), or the number of an errno
//   FAULT_SKIP    names of calls that are not counted, as in " read pread "
//   FAULT_COUNT   a file to which the number of all calls is written at the end of the process
//   FAULT_TRACE   a file to which the name and the path of each call that is disturbed is appended
//
// Descriptors are known by their numbers from the moment in which a file below the folder is opened.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { kDescriptors = 4096 };

typedef enum { kGoOn, kFail, kHalf } Fate;

static const char* below;
static const char* how;
static const char* skipped;
static long from;
static long how_many = 1;
static int code;
static pid_t program;  // that this was loaded into; not a child that reads for it
static atomic_long calls;
static char is_below[kDescriptors];  // of each descriptor

static long number_of(const char* name, long otherwise) {
  const char* text = getenv(name);
  return text ? atol(text) : otherwise;
}

__attribute__((constructor)) static void begin(void) {
  below = getenv("FAULT_BELOW");
  how = getenv("FAULT_HOW");
  skipped = getenv("FAULT_SKIP");
  from = number_of("FAULT_FROM", 0);
  how_many = number_of("FAULT_FOR", 1);
  code = how ? atoi(how) : 0;
  program = getpid();
}

// Writes past the functions below.
static void append(const char* variable, const char* text, int flags) {
  const char* path = getenv(variable);
  if (!path) return;
  const int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
  if (file < 0) return;
  syscall(SYS_write, file, text, strlen(text));
  syscall(SYS_close, file);
}

__attribute__((destructor)) static void end(void) {
  char text[32];
  snprintf(text, sizeof text, "%ld\n", atomic_load(&calls));
  append("FAULT_COUNT", text, O_TRUNC);
}

static int concerns(const char* path) {
  if (!below || !path) return 0;
  const size_t size = strlen(below);
  return strncmp(path, below, size) == 0 && (path[size] == 0 || path[size] == '/');
}

static int is_skipped(const char* call) {
  char word[32];
  snprintf(word, sizeof word, " %s ", call);
  return skipped && strstr(skipped, word) != NULL;
}

static Fate fate_of(const char* call, const char* what) {
  if (is_skipped(call)) return kGoOn;
  const int is_exit = how && strcmp(how, "exit") == 0;
  if (is_exit && getpid() != program) return kGoOn;
  const long number = atomic_fetch_add(&calls, 1) + 1;
  if (from <= 0 || number < from || (how_many > 0 && number >= from + how_many)) return kGoOn;
  char line[PATH_MAX + 64];
  snprintf(line, sizeof line, "%ld %s %s\n", number, call, what);
  append("FAULT_TRACE", line, O_APPEND);
  if (is_exit) syscall(SYS_exit_group, 99);
  if (how && strcmp(how, "half") == 0) return kHalf;
  errno = code;
  return code != 0 ? kFail : kGoOn;
}

static Fate fate_of_path(const char* call, const char* path) { return concerns(path) ? fate_of(call, path) : kGoOn; }

static int knows(int file) { return file >= 0 && file < kDescriptors && is_below[file]; }

static Fate fate_of_file(const char* call, int file) {
  char name[24];
  snprintf(name, sizeof name, "descriptor %d", file);
  return knows(file) ? fate_of(call, name) : kGoOn;
}

static int remembered(int file, const char* path) {
  if (file >= 0 && file < kDescriptors) is_below[file] = (char)concerns(path);
  return file;
}

// The function of the C library that has this name.
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define DISTURB_OPEN(name)                                  \
  int name(const char* path, int flags, ...) {              \
    va_list rest;                                           \
    va_start(rest, flags);                                  \
    const mode_t mode = va_arg(rest, mode_t);               \
    va_end(rest);                                           \
    if (fate_of_path(#name, path) == kFail) return -1;      \
    return remembered(NEXT(name)(path, flags, mode), path); \
  }
#define DISTURB_OPENAT(name)                                        \
  int name(int folder, const char* path, int flags, ...) {          \
    va_list rest;                                                   \
    va_start(rest, flags);                                          \
    const mode_t mode = va_arg(rest, mode_t);                       \
    va_end(rest);                                                   \
    if (fate_of_path(#name, path) == kFail) return -1;              \
    return remembered(NEXT(name)(folder, path, flags, mode), path); \
  }
#define DISTURB_STREAM(name)                             \
  FILE* name(const char* path, const char* mode) {       \
    if (fate_of_path(#name, path) == kFail) return NULL; \
    FILE* stream = NEXT(name)(path, mode);               \
    if (stream) remembered(fileno(stream), path);        \
    return stream;                                       \
  }
// Calls that move bytes, with the size as their third parameter.
#define DISTURB_BYTES(name, Pointer)                                             \
  ssize_t name(int file, Pointer bytes, size_t size) {                           \
    const Fate fate = fate_of_file(#name, file);                                 \
    if (fate == kFail) return -1;                                                \
    return NEXT(name)(file, bytes, fate == kHalf && size > 1 ? size / 2 : size); \
  }
#define DISTURB_BYTES_AT(name, Pointer, Offset)                                         \
  ssize_t name(int file, Pointer bytes, size_t size, Offset place) {                    \
    const Fate fate = fate_of_file(#name, file);                                        \
    if (fate == kFail) return -1;                                                       \
    return NEXT(name)(file, bytes, fate == kHalf && size > 1 ? size / 2 : size, place); \
  }
#define DISTURB_FILE(name) \
  int name(int file) { return fate_of_file(#name, file) == kFail ? -1 : NEXT(name)(file); }
#define DISTURB_FILE_WITH(name, Type) \
  int name(int file, Type value) { return fate_of_file(#name, file) == kFail ? -1 : NEXT(name)(file, value); }
#define DISTURB_PATH(name) \
  int name(const char* path) { return fate_of_path(#name, path) == kFail ? -1 : NEXT(name)(path); }

DISTURB_OPEN(open)
DISTURB_OPEN(open64)
DISTURB_OPENAT(openat)
DISTURB_OPENAT(openat64)
DISTURB_STREAM(fopen)
DISTURB_STREAM(fopen64)
DISTURB_BYTES(read, void*)
DISTURB_BYTES(write, const void*)
DISTURB_BYTES_AT(pread, void*, off_t)
DISTURB_BYTES_AT(pread64, void*, off64_t)
DISTURB_BYTES_AT(pwrite, const void*, off_t)
DISTURB_BYTES_AT(pwrite64, const void*, off64_t)
DISTURB_FILE(fsync)
DISTURB_FILE(fdatasync)
DISTURB_FILE_WITH(ftruncate, off_t)
DISTURB_FILE_WITH(ftruncate64, off64_t)
DISTURB_FILE_WITH(flock, int)
DISTURB_PATH(unlink)
DISTURB_PATH(remove)
DISTURB_PATH(rmdir)

ssize_t writev(int file, const struct iovec* parts, int count) {
  const Fate fate = fate_of_file("writev", file);
  if (fate == kFail) return -1;
  return NEXT(writev)(file, parts, fate == kHalf && count > 1 ? count / 2 : count);
}

int mkdir(const char* path, mode_t mode) { return fate_of_path("mkdir", path) == kFail ? -1 : NEXT(mkdir)(path, mode); }

int rename(const char* old, const char* path) {
  return fate_of_path("rename", path) == kFail ? -1 : NEXT(rename)(old, path);
}

int renameat(int old_folder, const char* old, int folder, const char* path) {
  return fate_of_path("renameat", path) == kFail ? -1 : NEXT(renameat)(old_folder, old, folder, path);
}

int link(const char* old, const char* path) { return fate_of_path("link", path) == kFail ? -1 : NEXT(link)(old, path); }

int unlinkat(int folder, const char* path, int flags) {
  return fate_of_path("unlinkat", path) == kFail ? -1 : NEXT(unlinkat)(folder, path, flags);
}

// The descriptor is gone whatever close says, as Linux has it.
int close(int file) {
  const Fate fate = fate_of_file("close", file);
  const int fault = errno;
  if (file >= 0 && file < kDescriptors) is_below[file] = 0;
  const int result = NEXT(close)(file);
  if (fate != kFail) return result;
  errno = fault;
  return -1;
}
