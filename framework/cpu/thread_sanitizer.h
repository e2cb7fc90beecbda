#pragma once

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FOVEA_THREAD_SANITIZER
#endif
#elif defined(__SANITIZE_THREAD__)
#define FOVEA_THREAD_SANITIZER
#endif

#if defined(FOVEA_THREAD_SANITIZER)
#include <sanitizer/tsan_interface.h>
#endif

namespace fovea::cpu {

/// What comes before `release` in one thread is seen after `acquire` in another, as the library of threads guarantees.
/// ThreadSanitizer cannot look into that library and is told so here; in other builds it is nothing.
class HandOver {
 public:
#if defined(FOVEA_THREAD_SANITIZER)
  void release() { __tsan_release(this); }
  void acquire() { __tsan_acquire(this); }
#else
  void release() {}
  void acquire() {}
#endif
};

}  // namespace fovea::cpu
