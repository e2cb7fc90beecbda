#pragma once

#include <cstddef>
#include <memory>

namespace fovea {

/// One block of memory, aligned to 64 bytes, zeroed when made; large blocks ask for huge pages.
class Arena {
 public:
  static constexpr std::size_t kAlignment = 64;

  Arena() = default;
  explicit Arena(std::size_t bytes);

  std::byte* data() const { return block_.get(); }
  std::size_t bytes() const { return bytes_; }

  /// The next multiple of kAlignment.
  static constexpr std::size_t aligned(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

 private:
  struct Release {
    void operator()(std::byte* block) const;
  };
  std::unique_ptr<std::byte, Release> block_;
  std::size_t bytes_ = 0;
};

}  // namespace fovea
