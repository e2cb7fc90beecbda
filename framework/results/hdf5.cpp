#include "framework/results/hdf5.h"

#include <fmt/format.h>
#include <hdf5.h>
#include <type_traits>
#include <utility>

#include "framework/core/error.h"

namespace fovea::hdf5 {
namespace {

static_assert(std::is_same_v<hid_t, Id> && std::is_same_v<herr_t, int> && std::is_same_v<htri_t, int>);

std::mutex library_mutex;

herr_t keep_innermost(unsigned, const H5E_error2_t* error, void* text) {
  if (error->desc != nullptr && *error->desc != '\0') *static_cast<std::string*>(text) = error->desc;
  return 0;
}

std::string last_message() {
  std::string text = "the HDF5 library gave no reason";
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_innermost, &text);
  H5Eclear2(H5E_DEFAULT);
  return text;
}

int close_any(Id id) {
  switch (H5Iget_type(id)) {
    case H5I_FILE: return H5Fclose(id);
    case H5I_GROUP: return H5Gclose(id);
    case H5I_DATASET: return H5Dclose(id);
    case H5I_DATASPACE: return H5Sclose(id);
    case H5I_DATATYPE: return H5Tclose(id);
    case H5I_ATTR: return H5Aclose(id);
    case H5I_GENPROP_LST: return H5Pclose(id);
    default: return H5Oclose(id);
  }
}

}  // namespace

Session::Session() : lock_(library_mutex) {
  // At the end of the process the library would print a complaint where a damaged file made it lose one of its own
  // objects. It has nothing to do then: every file is closed by its owner.
  [[maybe_unused]] static const herr_t once = H5dont_atexit();
  // Older releases cannot restore this setting to what it was; nothing of this library needs filter plugins.
  H5PLset_loading_state(0);
  H5Eget_auto2(H5E_DEFAULT, &print_, &print_data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Session::~Session() { H5Eset_auto2(H5E_DEFAULT, print_, print_data_); }

template <class Status>
Status check(Status status, std::string_view purpose) {
  if (status >= 0) return status;
  throw Error("hdf5", fmt::format("expected to {}; {}; check the file and the disk.", purpose, last_message()));
}

template int check<int>(int, std::string_view);
template Id check<Id>(Id, std::string_view);

Handle::Handle(Id id, std::string_view purpose) : id_(check(id, purpose)) {}

Handle::Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}

Handle& Handle::operator=(Handle&& other) noexcept {
  std::swap(id_, other.id_);
  return *this;
}

Handle::~Handle() {
  if (id_ >= 0) close_any(id_);
}

void Handle::close() {
  const Id id = std::exchange(id_, -1);
  if (id >= 0) check(close_any(id), "close an HDF5 object");
}

}  // namespace fovea::hdf5
