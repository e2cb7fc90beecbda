#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

// What is shared by the writing and the reading of HDF5 files. Debian's library is not safe for threads, and its error
// printing and plugin loading are global settings: every use is inside a Session.
namespace fovea::hdf5 {

using Id = std::int64_t;  // hid_t

/// Holds the library for one thread, with its error printing and its plugin loading off.
class Session {
 public:
  Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

 private:
  std::unique_lock<std::mutex> lock_;
  int (*print_)(Id, void*) = nullptr;
  void* print_data_ = nullptr;
};

/// Throws Error("hdf5", "expected to <purpose>; <what the library says>; ...") where `status` is negative.
template <class Status>
Status check(Status status, std::string_view purpose);

/// An identifier of any kind, closed in the right way. The destructor closes it after an error; otherwise call close(),
/// which is checked.
class Handle {
 public:
  Handle() = default;
  Handle(Id id, std::string_view purpose);
  Handle(Handle&& other) noexcept;
  Handle& operator=(Handle&& other) noexcept;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle();

  Id id() const { return id_; }
  void close();

 private:
  Id id_ = -1;
};

}  // namespace fovea::hdf5
