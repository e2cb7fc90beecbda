#include "framework/results/hdf5_read.h"

#include <fmt/format.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <array>
#include <span>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/files/atomic_file.h"

namespace fovea::hdf5 {
namespace {

constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxObjects = 100'000;
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 36;  // of one data set
constexpr std::uint64_t kMaxChunkBytes = std::uint64_t{1} << 26;
constexpr std::uint64_t kMaxText = std::uint64_t{1} << 20;  // of one text of fixed size
constexpr std::uint64_t kMaxRatio = 1100;                   // deflate cannot compress by more than 1032

[[noreturn]] void reject(const std::string& path, std::string_view expected, std::string_view came) {
  throw Error("hdf5", fmt::format("expected {}; '{}' {}; do not trust this file.", expected, printable(path), came));
}

void check_signature(std::span<const std::byte> bytes) {
  constexpr std::array<unsigned char, 8> kSignature{0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
  if (bytes.empty()) throw Error("hdf5", "expected an HDF5 file; it is empty; run the experiment again to publish it.");
  for (std::size_t i = 0; i < kSignature.size(); ++i) {
    if (i < bytes.size() && std::to_integer<unsigned>(bytes[i]) == kSignature[i]) continue;
    throw Error("hdf5", "expected an HDF5 file; its first bytes are not those of one; give the path of a results.h5.");
  }
}

/// The name of the type, or "" where such values are not read.
std::string type_name(Id type) {
  const std::size_t size = H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_FLOAT: return size == 4 ? "float32" : size == 8 ? "float64" : "";
    case H5T_INTEGER:
      return size == 1 || size == 2 || size == 4 || size == 8
                 ? fmt::format("{}int{}", H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "", 8 * size)
                 : "";
    case H5T_STRING: return H5Tis_variable_str(type) > 0 ? "string" : size <= kMaxText ? "text" : "";
    default: return "";
  }
}

void check_filters(Id properties, const std::string& path) {
  const int count = check(H5Pget_nfilters(properties), "count the filters");
  for (int i = 0; i < count; ++i) {
    unsigned flags = 0;
    std::size_t parts = 0;
    unsigned config = 0;
    const H5Z_filter_t filter =
        H5Pget_filter2(properties, static_cast<unsigned>(i), &flags, &parts, nullptr, 0, nullptr, &config);
    if (filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_FLETCHER32) {
      reject(path, "no filters but shuffle, deflate and Fletcher-32", "has another filter");
    }
  }
}

/// Extents times `bytes`, or kMaxBytes + 1 where it would be more.
std::uint64_t product(std::span<const hsize_t> extents, std::uint64_t bytes) {
  for (const hsize_t extent : extents) {
    if (extent != 0 && bytes > kMaxBytes / extent) return kMaxBytes + 1;
    bytes *= extent;
  }
  return bytes;
}

void check_size(Id data_set, Id properties, const std::string& path, std::uint64_t declared, std::uint64_t element) {
  const std::uint64_t stored = H5Dget_storage_size(data_set);
  if (declared > kMaxBytes) reject(path, "data sets of at most 64 GiB", "declares more");
  if (stored == 0) return;  // never written: a dimension without coordinates, or an empty table
  if (H5Pget_layout(properties) != H5D_CHUNKED) {
    if (stored != declared) reject(path, "as many bytes as are declared", "stores another number");
    return;
  }
  std::array<hsize_t, H5S_MAX_RANK> chunk{};
  const int rank = check(H5Pget_chunk(properties, H5S_MAX_RANK, chunk.data()), "read the size of the chunks");
  if (product(std::span(chunk).first(rank), element) > kMaxChunkBytes) {
    reject(path, "chunks of at most 64 MiB", "has larger ones");
  }
  if (declared / kMaxRatio > stored) reject(path, "a size that its compressed bytes can hold", "declares far more");
}

}  // namespace

Reader::Reader(const std::filesystem::path& path, std::set<std::string> groups)
    : groups_(std::move(groups)), bytes_(read_file(path)), file_bytes_(bytes_.size()) {
  check_signature(bytes_);
  constexpr unsigned kOurs = H5LT_FILE_IMAGE_DONT_COPY | H5LT_FILE_IMAGE_DONT_RELEASE;
  file_ = Handle(H5LTopen_file_image(bytes_.data(), bytes_.size(), kOurs), "open the file as HDF5");
  const Handle root(H5Gopen2(file_.id(), "/", H5P_DEFAULT), "open the root group");
  look_at(root.id(), "/", 0);
}

void Reader::look_at(Id object, const std::string& path, int depth) {
  if (depth > kMaxDepth) reject(path, "groups at most 32 deep", "is deeper");
  if (tree_.size() >= kMaxObjects) reject(path, "at most 100000 objects", "is one more");
  known_.emplace(path, tree_.size());
  const H5I_type_t kind = H5Iget_type(object);
  if (kind == H5I_DATASET) {
    tree_.push_back(look_at_data_set(object, path));
  } else if (kind == H5I_GROUP) {
    tree_.push_back({path, {}, "group"});
    H5O_info_t info;
    check(H5Oget_info2(object, &info, H5O_INFO_BASIC), "read about a group");
    if (!groups_seen_.insert(info.addr).second) reject(path, "a tree of groups", "is reached by two ways");
    walk(object, path, depth);
  } else {
    reject(path, "groups and data sets only", "is of another kind");
  }
}

void Reader::walk(Id group, const std::string& path, int depth) {
  H5G_info_t info;
  check(H5Gget_info(group, &info), "read about a group");
  const Handle properties(H5Gget_create_plist(group), "read the properties of a group");
  unsigned order = 0;
  check(H5Pget_link_creation_order(properties.id(), &order), "read the order of links");
  const H5_index_t index = (order & H5P_CRT_ORDER_TRACKED) != 0 ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    std::array<char, 1024> name{};
    const ssize_t size = H5Lget_name_by_idx(group, ".", index, H5_ITER_INC, i, name.data(), name.size(), H5P_DEFAULT);
    check<Id>(size, "read the name of a link");
    if (size >= static_cast<ssize_t>(name.size())) reject(path, "names of less than 1024 bytes", "holds a longer one");
    if (depth == 0 && !groups_.empty() && groups_.count(name.data()) == 0) continue;
    const std::string child = (path == "/" ? path : path + "/") + name.data();
    H5L_info_t link;
    check(H5Lget_info(group, name.data(), &link, H5P_DEFAULT), "read about a link");
    if (link.type != H5L_TYPE_HARD) reject(child, "hard links only", "is a soft or an external link");
    const Handle object(H5Oopen(group, name.data(), H5P_DEFAULT), "open '" + printable(child) + "'");
    look_at(object.id(), child, depth + 1);
  }
}

TreeLine Reader::look_at_data_set(Id data_set, const std::string& path) const {
  const Handle type(H5Dget_type(data_set), "read the type of a data set");
  const Handle space(H5Dget_space(data_set), "read the shape of a data set");
  const Handle properties(H5Dget_create_plist(data_set), "read the properties of a data set");
  const std::string name = type_name(type.id());
  if (name.empty()) reject(path, "numbers or texts", "has values of another type");
  if (check(H5Pget_external_count(properties.id()), "count external files") > 0) {
    reject(path, "values inside the file", "keeps them in other files");
  }
  if (H5Pget_layout(properties.id()) == H5D_VIRTUAL) reject(path, "values inside the file", "is a virtual data set");
  if (H5Sget_simple_extent_type(space.id()) == H5S_NULL) reject(path, "a shape", "has none");
  check_filters(properties.id(), path);
  std::array<hsize_t, H5S_MAX_RANK> extents{};
  const int rank = check(H5Sget_simple_extent_dims(space.id(), extents.data(), nullptr), "read a shape");
  const auto used = std::span(extents).first(rank);
  constexpr std::uint64_t kReference = 16;  // length, address and index of a text of variable length
  const std::uint64_t element = name == "string" ? kReference : H5Tget_size(type.id());
  check_size(data_set, properties.id(), path, product(used, element), element);
  if (H5Dget_storage_size(data_set) > file_bytes_) reject(path, "values inside the file", "is larger than the file");
  return {path, {used.begin(), used.end()}, name};
}

const TreeLine& Reader::line(const std::string& path) const {
  const auto found = known_.find(path);
  if (found != known_.end()) return tree_[found->second];
  throw Error("hdf5", fmt::format("expected '{}' in the file; it is not there; is this a results file of Fovea?", path));
}

std::vector<TreeLine> Reader::below(const std::string& group) const {
  const std::string prefix = group == "/" ? group : group + "/";
  std::vector<TreeLine> lines;
  for (const TreeLine& entry : tree_) {
    const bool inside = entry.path.size() > prefix.size() && entry.path.compare(0, prefix.size(), prefix) == 0;
    if (inside && entry.path.find('/', prefix.size()) == std::string::npos) lines.push_back(entry);
  }
  return lines;
}

Handle Reader::open(const std::string& path) const {
  return {H5Oopen(file_.id(), line(path).path.c_str(), H5P_DEFAULT), "open '" + printable(path) + "'"};
}

}  // namespace fovea::hdf5
