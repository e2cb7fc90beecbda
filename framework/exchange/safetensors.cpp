#include "framework/exchange/safetensors.h"

#include <fmt/format.h>
#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/exchange/element_type.h"
#include "framework/exchange/safetensors_header.h"
#include "framework/results/json.h"

namespace fovea {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMostHeaderBytes = 100'000'000;
constexpr std::size_t kAlignment = 8;
constexpr const char* kPathOf = "path ";  // followed by a name: the path that it stands for

std::string name_of_path(std::string path) {
  std::replace(path.begin(), path.end(), '/', '.');
  return path;
}

struct Parts {
  std::string_view header;
  std::string_view values;
};

Parts parts_of(std::string_view bytes) {
  if (bytes.size() < kLengthBytes) {
    throw Error(fmt::format("a .safetensors file has 8 bytes or more; this one has {}; copy it again.", bytes.size()));
  }
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  bytes.remove_prefix(kLengthBytes);
  if (length > kMostHeaderBytes) {
    throw Error(fmt::format(
        "a .safetensors file was expected, whose header has at most 100 MB; {} bytes came; check the path.", length));
  }
  if (length > bytes.size()) {
    throw Error(fmt::format("a header of {} bytes was expected; {} are left; the file is cut off: copy it again.", length,
                            bytes.size()));
  }
  if (length == 0 || bytes.front() != '{') {
    throw Error("a header that begins with '{' was expected; it does not; is this a .safetensors file?");
  }
  return {bytes.substr(0, length), bytes.substr(length)};
}

void check_size(const SafetensorsEntry& entry, std::uint64_t bytes) {
  const std::string name = in_quotes(entry.name);
  if (entry.begin > entry.end || entry.end > bytes) {
    throw Error(
        fmt::format("{} was expected within the {} bytes of the values; it is from {} to {}; the file is cut off or "
                    "wrong: copy it again.",
                    name, bytes, entry.begin, entry.end));
  }
  const std::optional<std::uint64_t> wanted = count_of(entry.shape, entry.type->bytes);
  if (wanted && *wanted == entry.end - entry.begin) return;
  throw Error(fmt::format("{} for {} as {} [{}] were expected; {} came; write the file again.",
                          wanted ? fmt::format("{} bytes", *wanted) : "2^63 bytes or more", name, entry.type->safetensors,
                          fmt::join(entry.shape, ", "), entry.end - entry.begin));
}

/// Every byte belongs to one array.
void check_places(const std::vector<SafetensorsEntry>& entries, std::uint64_t bytes) {
  std::vector<const SafetensorsEntry*> sorted;
  for (const SafetensorsEntry& entry : entries) {
    check_size(entry, bytes);
    sorted.push_back(&entry);
  }
  std::sort(sorted.begin(), sorted.end(), [](const SafetensorsEntry* a, const SafetensorsEntry* b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  });
  std::uint64_t covered = 0;
  for (const SafetensorsEntry* entry : sorted) {
    if (entry->begin != covered) {
      throw Error(
          fmt::format("{} was expected to begin at byte {} of the values, where another array ends; it begins at {}; "
                      "write the file again.",
                      in_quotes(entry->name), covered, entry->begin));
    }
    covered = entry->end;
  }
  if (covered == bytes) return;
  throw Error(
      fmt::format("{} bytes of values were expected, as the header says; {} came; copy the file again.", covered, bytes));
}

/// The paths that stand in the metadata of a file of ours, by name.
std::map<std::string, std::string> paths_in(const TextPairs& metadata) {
  const auto is_ours = [](const auto& pair) { return pair.first == kProducer && pair.second == kProducerName; };
  std::map<std::string, std::string> paths;
  if (std::none_of(metadata.begin(), metadata.end(), is_ours)) return paths;
  for (const auto& [key, path] : metadata) {
    if (!key.starts_with(kPathOf)) continue;
    const std::string name = key.substr(std::strlen(kPathOf));
    if (name_of_path(path) != name) {
      throw Error(fmt::format("a path that is written as {} was expected in the metadata; {} came; write the file again.",
                              in_quotes(name), in_quotes(path)));
    }
    paths[name] = path;
  }
  return paths;
}

NamedArray array_of(const SafetensorsEntry& entry, std::string_view values) {
  NamedArray array{entry.name, entry.shape, std::string(entry.type->name), {}};
  array.values.resize(*count_of(entry.shape));
  try {
    entry.type->decode(values.data() + entry.begin, array.values);
  } catch (const Error& error) {
    throw Error(in_quotes(entry.name) + ": " + error.fact());
  }
  return array;
}

}  // namespace

std::vector<NamedArray> read_safetensors(std::string_view bytes) {
  const Parts parts = parts_of(bytes);
  const SafetensorsHeader header = parse_safetensors_header(parts.header);
  check_places(header.entries, parts.values.size());
  const std::map<std::string, std::string> paths = paths_in(header.metadata);
  std::vector<NamedArray> arrays;
  for (const SafetensorsEntry& entry : header.entries) {
    arrays.push_back(array_of(entry, parts.values));
    const auto path = paths.find(entry.name);
    arrays.back().name = path == paths.end() ? path_of_dotted(entry.name) : path->second;
  }
  return arrays;
}

std::string safetensors_bytes(std::span<const NamedArray> arrays, const TextPairs& metadata) {
  Json::Object about{{kProducer, kProducerName}};
  for (const auto& [key, text] : metadata) about.emplace_back(key, text);
  Json::Object entries;
  std::set<std::string> names{kSafetensorsMetadata};
  std::uint64_t place = 0;
  for (const NamedArray& array : arrays) {
    const std::string name = name_of_path(array.name);
    if (!names.insert(name).second) {
      throw Error(array.name, "a name of its own was expected; another array is written as '" + name +
                                  "' as well; export it "
                                  "as .npz.");
    }
    if (array.name.find('.') != std::string::npos) about.emplace_back(kPathOf + name, array.name);
    const ElementType& type = written_type(array);
    const std::uint64_t end = place + array.values.size() * type.bytes;
    Json::Array shape(array.shape.begin(), array.shape.end());
    entries.emplace_back(name, Json::Object{{"dtype", std::string(type.safetensors)},
                                            {"shape", std::move(shape)},
                                            {"data_offsets", Json::Array{place, end}}});
    place = end;
  }
  entries.emplace(entries.begin(), kSafetensorsMetadata, std::move(about));
  std::string header = json_line(entries);
  header.resize((header.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  const std::uint64_t length = header.size();
  std::string bytes(kLengthBytes, '\0');
  std::memcpy(bytes.data(), &length, kLengthBytes);
  bytes.reserve(kLengthBytes + length + place);
  bytes += header;
  for (const NamedArray& array : arrays) append_values(bytes, array);
  return bytes;
}

}  // namespace fovea
