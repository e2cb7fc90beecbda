#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "framework/results/hdf5_read.h"

namespace fovea {

/// Numbers and texts on their way from the process that reads a file: eight bytes each, texts after their length.
class Parcel {
 public:
  explicit Parcel(std::string bytes = "") : bytes_(std::move(bytes)) {}
  const std::string& bytes() const { return bytes_; }

  template <class T>
  void put(T value) {
    static_assert(sizeof(T) == 8);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put_text(const std::string& text);
  void put_shape(const std::vector<std::int64_t>& shape);

  bool is_at_end() const { return place_ == bytes_.size(); }
  template <class T>
  T take() {
    static_assert(sizeof(T) == 8);
    T value{};
    std::memcpy(&value, bytes_.data() + place_, sizeof value);
    place_ += sizeof value;
    return value;
  }
  std::string take_text();
  std::vector<std::int64_t> take_shape();

 private:
  std::string bytes_;
  std::size_t place_ = 0;
};

/// What `work` puts in, in a separate process, as files may be damaged or hostile.
/// Errors    those of reading, with the path of the file.
Parcel parcel_apart(const std::filesystem::path& file, const std::function<void(const hdf5::Reader&, Parcel&)>& work);

}  // namespace fovea
