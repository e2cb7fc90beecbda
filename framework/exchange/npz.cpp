#include "framework/exchange/npz.h"

#include <fmt/format.h>
#include <zip.h>
#include <algorithm>
#include <memory>
#include <optional>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/exchange/npy.h"
#include "framework/exchange/safetensors.h"
#include "framework/results/json.h"

namespace fovea {
namespace {

constexpr std::string_view kEnding = ".npy";
constexpr std::uint64_t kMostRatio = 1100;  // of a member; deflate cannot pack by more than 1032
// Of all of them, unpacked: far more than weights need, and less than would fill the memory of a machine.
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 28U;
constexpr std::uint64_t kMostRatioOfAll = 64;
constexpr std::size_t kMostComment = 65535;

/// What libzip says, with its codes gone.
class ZipError {
 public:
  ZipError() { zip_error_init(&error_); }
  ZipError(const ZipError&) = delete;
  ZipError& operator=(const ZipError&) = delete;
  ~ZipError() { zip_error_fini(&error_); }
  zip_error_t* get() { return &error_; }
  std::string text() { return zip_error_strerror(&error_); }

 private:
  zip_error_t error_{};
};

struct CloseSource {
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
struct DiscardArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseMember {
  void operator()(zip_file_t* member) const { zip_fclose(member); }
};
using Source = std::unique_ptr<zip_source_t, CloseSource>;
using Archive = std::unique_ptr<zip_t, DiscardArchive>;

[[noreturn]] void reject_archive(const std::string& why) {
  throw Error(fmt::format("a whole .npz archive was expected; {}; copy the file again, or save it with numpy.savez.", why));
}

/// Null bytes: an archive that is written.
Archive open_archive(std::string_view bytes, int flags, Source* kept = nullptr) {
  ZipError error;
  Source source(zip_source_buffer_create(bytes.data(), bytes.size(), 0, error.get()));
  if (!source) throw Error("expected memory for an archive; " + error.text() + ".");
  Archive archive(zip_open_from_source(source.get(), flags, error.get()));
  if (!archive) reject_archive(error.text());
  if (kept != nullptr) {
    zip_source_keep(source.get());
    kept->reset(source.get());
  }
  [[maybe_unused]] zip_source_t* const owned_by_archive = source.release();
  return archive;
}

struct Member {
  std::string name;  // without its ending
  std::uint64_t index = 0;
  std::uint64_t bytes = 0;
  std::uint64_t packed = 0;
};

Member look_at(zip_t* archive, std::uint64_t index) {
  zip_stat_t stat;
  zip_stat_init(&stat);
  constexpr zip_uint64_t kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
  if (zip_stat_index(archive, index, ZIP_FL_ENC_RAW, &stat) != 0 || (stat.valid & kNeeded) != kNeeded) {
    reject_archive(fmt::format("nothing is known of member {}", index));
  }
  const std::string_view name = stat.name;
  if (!name.ends_with(kEnding) || name.size() == kEnding.size() || !is_utf8(name)) {
    throw Error(
        fmt::format("members named NAME.npy were expected; {} came; save the arrays with numpy.savez.", in_quotes(name)));
  }
  if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && stat.encryption_method != ZIP_EM_NONE) {
    throw Error(fmt::format("{} was expected without encryption; it has one; save it with numpy.savez.", in_quotes(name)));
  }
  if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE) {
    throw Error(fmt::format("{} was expected to be stored or deflated; it is packed by method {}; save it with numpy.savez.",
                            in_quotes(name), stat.comp_method));
  }
  if (stat.comp_method == ZIP_CM_STORE ? stat.size != stat.comp_size : stat.size / kMostRatio > stat.comp_size) {
    throw Error(fmt::format("{} was expected to hold what its {} bytes can; it claims {}; do not trust this file.",
                            in_quotes(name), stat.comp_size, stat.size));
  }
  return {std::string(name.substr(0, name.size() - kEnding.size())), index, stat.size, stat.comp_size};
}

/// All of them are looked at before one is unpacked.
std::vector<Member> members_of(zip_t* archive, std::uint64_t file_bytes) {
  std::vector<Member> members;
  std::uint64_t left = std::max(kMostBytes, kMostRatioOfAll * file_bytes);
  std::uint64_t packed = 0;
  const zip_int64_t count = zip_get_num_entries(archive, 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    members.push_back(look_at(archive, static_cast<std::uint64_t>(i)));
    const Member& member = members.back();
    if (member.packed > file_bytes - packed) reject_archive("its members take more bytes than it has");
    if (member.bytes > left) {
      throw Error(
          fmt::format("arrays that unpack to at most {} times their file, or 256 MiB, were expected; more came; save "
                      "them with numpy.savez.",
                      kMostRatioOfAll));
    }
    packed += member.packed;
    left -= member.bytes;
  }
  return members;
}

std::string unpacked(zip_t* archive, const Member& member) {
  const std::unique_ptr<zip_file_t, CloseMember> file(zip_fopen_index(archive, member.index, 0));
  if (!file) reject_archive(zip_strerror(archive));
  std::string bytes(member.bytes, '\0');
  char more = 0;
  // The second call finds the end, where the checksum is compared.
  const bool is_whole = zip_fread(file.get(), bytes.data(), bytes.size()) == static_cast<zip_int64_t>(bytes.size()) &&
                        zip_fread(file.get(), &more, 1) == 0;
  if (!is_whole) reject_archive(zip_file_strerror(file.get()));
  return bytes;
}

bool is_ours(zip_t* archive) {
  int length = 0;
  const char* const comment = zip_get_archive_comment(archive, &length, ZIP_FL_ENC_RAW);
  if (comment == nullptr) return false;
  const std::optional<Json> about = parse_json({comment, static_cast<std::size_t>(length)});
  if (!about || !about->is<Json::Object>()) return false;
  const Json::Object& members = about->as<Json::Object>();
  return !members.empty() && members[0] == std::pair<std::string, Json>(kProducer, Json(kProducerName));
}

void add_member(zip_t* archive, const NamedArray& array, const std::string& bytes) {
  const std::string name = array.name + std::string(kEnding);
  const auto check = [&](bool is_done) {
    if (!is_done)
      throw Error(array.name, fmt::format("expected to add an array to the archive; {}.", zip_strerror(archive)));
  };
  zip_source_t* const source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
  check(source != nullptr);
  const zip_int64_t index = zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) zip_source_free(source);
  check(index >= 0);
  constexpr zip_uint16_t kFirstDay = (1U << 5U) | 1U;  // 1980-01-01, the earliest: a file does not depend on its time
  check(zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0) == 0);
  check(zip_file_set_dostime(archive, static_cast<zip_uint64_t>(index), 0, kFirstDay, 0) == 0);
}

std::string comment_of(const TextPairs& about) {
  Json::Object object{{kProducer, kProducerName}};
  for (const auto& [key, text] : about) object.emplace_back(key, text);
  std::string comment = json_line(object);
  if (comment.size() > kMostComment) {
    throw Error(fmt::format("a comment of at most {} bytes was expected; {} came; write a .safetensors file.", kMostComment,
                            comment.size()));
  }
  return comment;
}

std::string content_of(zip_source_t* source) {
  zip_stat_t stat;
  zip_stat_init(&stat);
  std::string bytes;
  if (zip_source_stat(source, &stat) == 0 && (stat.valid & ZIP_STAT_SIZE) != 0 && zip_source_open(source) == 0) {
    bytes.resize(stat.size);
    const zip_int64_t got = zip_source_read(source, bytes.data(), bytes.size());
    zip_source_close(source);
    if (got == static_cast<zip_int64_t>(bytes.size())) return bytes;
  }
  throw Error(fmt::format("expected to read the archive that was made; {}.", zip_error_strerror(zip_source_error(source))));
}

}  // namespace

std::vector<NamedArray> read_npz(std::string_view bytes) {
  if (bytes.empty()) reject_archive("it is empty");  // libzip takes that for an archive to be filled
  const Archive archive = open_archive(bytes, ZIP_RDONLY | ZIP_CHECKCONS);
  const bool has_paths = is_ours(archive.get());
  std::vector<NamedArray> arrays;
  for (const Member& member : members_of(archive.get(), bytes.size())) {
    try {
      arrays.push_back(read_npy(unpacked(archive.get(), member), member.name));
    } catch (const Error& error) {
      throw Error(in_quotes(member.name) + ": " + error.fact());
    }
    const bool is_path = has_paths || member.name.find('/') != std::string::npos;
    if (!is_path) arrays.back().name = path_of_dotted(member.name);
  }
  return arrays;
}

std::string npz_bytes(std::span<const NamedArray> arrays, const TextPairs& about) {
  const std::string comment = comment_of(about);
  std::vector<std::string> members;  // until the archive is written
  for (const NamedArray& array : arrays) members.push_back(npy_bytes(array));
  Source written;
  Archive archive = open_archive({}, ZIP_CREATE | ZIP_TRUNCATE, &written);
  for (std::size_t i = 0; i < arrays.size(); ++i) add_member(archive.get(), arrays[i], members[i]);
  zip_set_archive_comment(archive.get(), comment.data(), static_cast<zip_uint16_t>(comment.size()));
  if (zip_close(archive.get()) != 0) {
    throw Error(fmt::format("expected to write an archive; {}.", zip_strerror(archive.get())));
  }
  [[maybe_unused]] zip_t* const closed = archive.release();
  return content_of(written.get());
}

}  // namespace fovea
