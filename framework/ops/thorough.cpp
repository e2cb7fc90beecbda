#include "framework/ops/thorough.h"

#include <atomic>

namespace fovea {
namespace {

std::atomic<int>& reasons() {
#if defined(FOVEA_DEBUG)
  static std::atomic<int> count{1};
#else
  static std::atomic<int> count{0};
#endif
  return count;
}

}  // namespace

bool is_thorough() { return reasons().load(std::memory_order_relaxed) > 0; }

Thorough::Thorough() { reasons().fetch_add(1, std::memory_order_relaxed); }

Thorough::~Thorough() { reasons().fetch_sub(1, std::memory_order_relaxed); }

}  // namespace fovea
