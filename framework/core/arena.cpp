#include "framework/core/arena.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "framework/core/error.h"
#include "framework/core/free_memory.h"

namespace fovea {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

}  // namespace

Arena::Arena(std::size_t bytes) : bytes_(aligned(bytes)) {
  if (bytes_ == 0) return;
  expect_memory(bytes_);
  const std::size_t alignment = bytes_ >= kHugePage ? kHugePage : kAlignment;
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): block_ owns it in the end
  void* block = std::aligned_alloc(alignment, (bytes_ + alignment - 1) / alignment * alignment);
  if (block == nullptr) {
    throw Error("memory", "an arena of " + std::to_string(bytes_) + " bytes could not be allocated; use a smaller batch.");
  }
  // Advice only: where the kernel declines, small pages serve as well.
  if (alignment == kHugePage) static_cast<void>(madvise(block, bytes_, MADV_HUGEPAGE));
  std::memset(block, 0, bytes_);
  block_.reset(static_cast<std::byte*>(block));
}

// NOLINTNEXTLINE(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory): the way back
void Arena::Release::operator()(std::byte* block) const { std::free(block); }

}  // namespace fovea
