#include "framework/results/read_outline.h"

#include <algorithm>

#include "framework/results/hdf5_read.h"
#include "framework/results/parcel.h"

namespace fovea {
namespace {

constexpr std::int64_t kMostTexts = std::int64_t{1} << 16U;

bool is_in(const std::string& path, const std::string& group) {
  return path.starts_with(group) && (path.size() == group.size() || path[group.size()] == '/');
}

/// Axes without coordinates and their like are known by an attribute and hold nothing.
bool is_axis(const TextPairs& attributes) {
  return std::any_of(attributes.begin(), attributes.end(),
                     [](const auto& pair) { return pair.first == "CLASS" && pair.second == "DIMENSION_SCALE"; });
}

std::vector<std::string> texts_of(const hdf5::Reader& reader, const TreeLine& line) {
  const bool is_text =
      line.type == "string" && (line.shape.empty() || (line.shape.size() == 1 && line.shape[0] <= kMostTexts));
  return is_text ? reader.texts(line.path) : std::vector<std::string>{};
}

void put_entry(Parcel& out, const hdf5::Reader& reader, const TreeLine& line, const TextPairs& attributes) {
  out.put_text(line.path);
  out.put_shape(line.shape);
  out.put_text(line.type);
  out.put(static_cast<std::int64_t>(attributes.size()));
  for (const auto& [name, value] : attributes) {
    out.put_text(name);
    out.put_text(value);
  }
  const std::vector<std::string> texts = texts_of(reader, line);
  out.put(static_cast<std::int64_t>(texts.size()));
  for (const std::string& text : texts) out.put_text(text);
}

OutlineEntry taken_entry(Parcel& parcel) {
  OutlineEntry entry;
  entry.shape = parcel.take_shape();
  entry.type = parcel.take_text();
  for (auto left = parcel.take<std::int64_t>(); left > 0; --left) {
    std::string name = parcel.take_text();
    entry.attributes.emplace_back(std::move(name), parcel.take_text());
  }
  for (auto left = parcel.take<std::int64_t>(); left > 0; --left) entry.texts.push_back(parcel.take_text());
  return entry;
}

}  // namespace

std::map<std::string, OutlineEntry> read_outline(const std::filesystem::path& file, std::span<const std::string> groups) {
  Parcel parcel = parcel_apart(file, [&](const hdf5::Reader& reader, Parcel& out) {
    for (const TreeLine& line : reader.tree()) {
      if (std::none_of(groups.begin(), groups.end(), [&](const auto& group) { return is_in(line.path, group); })) continue;
      const TextPairs attributes = reader.attributes(line.path);
      if (!is_axis(attributes) || line.type == "string") put_entry(out, reader, line, attributes);
    }
  });
  std::map<std::string, OutlineEntry> outline;
  while (!parcel.is_at_end()) {
    std::string path = parcel.take_text();
    outline[std::move(path)] = taken_entry(parcel);
  }
  return outline;
}

}  // namespace fovea
