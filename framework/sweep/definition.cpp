#include "framework/sweep/definition.h"

#include <fmt/format.h>
#include <algorithm>
#include <set>
#include <variant>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/files/atomic_file.h"
#include "framework/files/posix_file.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

Json texts_json(const std::vector<std::string>& texts) {
  Json::Array items;
  for (const std::string& text : texts) items.emplace_back(text);
  return items;
}

Json point_json(const Point& point) {
  Json::Object items;
  for (const auto& [key, text] : point) items.emplace_back(key, text);
  return items;
}

/// The members of an object, which are asked for by name; what is thrown for another type is caught by the caller.
class Members {
 public:
  explicit Members(const Json& json) : object_(json.as<Json::Object>()) {}

  const Json& at(const char* name) const {
    for (const auto& [key, value] : object_) {
      if (key == name) return value;
    }
    throw std::bad_variant_access();
  }
  std::string text(const char* name) const { return at(name).as<std::string>(); }
  Extent number(const char* name) const { return at(name).as<std::int64_t>(); }
  std::vector<std::string> texts(const char* name) const {
    std::vector<std::string> found;
    for (const Json& item : at(name).as<Json::Array>()) found.push_back(item.as<std::string>());
    return found;
  }

 private:
  const Json::Object& object_;
};

std::string joined(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return texts.empty() ? "none" : fmt::format("{}", fmt::join(texts, " "));
}

/// The lines that are compared; the points follow from them.
std::vector<std::pair<std::string, std::string>> lines_of(const Definition& definition) {
  return {{"the experiment", definition.experiment},
          {"its runs", joined(definition.runs)},
          {"what varies", fmt::format("{}", fmt::join(definition.dimensions, " "))},
          {"what is fixed", joined(definition.fixed)},
          {"--plugin", joined(definition.plugins)},
          {"--search", definition.search.text()},
          {"--seeds", std::to_string(definition.seeds)},
          {"seed", std::to_string(definition.first_seed)}};
}

bool may_be_extended(const std::string& name, const Definition& definition) {
  if (name == "--seeds" || name == "--search") return true;
  return name == "what varies" && definition.search.points == 0;
}

/// Both searches but for the number of points, which may grow.
void expect_same_search(const Search& there, Search here) {
  if (there.points > 0 && here.points > there.points) here.points = there.points;
  if (here == there) return;
  throw Error("sweep", "--extend takes more points of the same search; it is " + there.text() + " there and " + here.text() +
                           " here; give another --name to begin another sweep.");
}

std::optional<Definition> standing(const fs::path& file) {
  std::error_code none;
  if (!fs::exists(file, none)) return std::nullopt;
  const std::vector<std::byte> bytes = read_file(file);
  std::string problem;
  const std::optional<Json> json = parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, &problem);
  if (!json) throw Error(file.string(), "the definition of a sweep was expected; " + problem + "; restore it from a copy.");
  return definition_of(*json, file.string());
}

void write(const Definition& definition, const fs::path& file) {
  const std::string text = json_text(json_of(definition)) + "\n";
  write_output(file, std::as_bytes(std::span(text)));
}

}  // namespace

Json json_of(const Definition& definition) {
  Json::Array points;
  for (const Point& point : definition.points) points.emplace_back(point_json(point));
  return Json::Object{{"fovea", definition.version},
                      {"experiment", definition.experiment},
                      {"runs", texts_json(definition.runs)},
                      {"dimensions", texts_json(definition.dimensions)},
                      {"fixed", texts_json(definition.fixed)},
                      {"plugins", texts_json(definition.plugins)},
                      {"search", definition.search.text()},
                      {"seeds", std::int64_t{definition.seeds}},
                      {"first_seed", std::int64_t{definition.first_seed}},
                      {"points", std::move(points)}};
}

Definition definition_of(const Json& json, const std::string& where) {
  try {
    const Members members(json);
    Definition definition;
    definition.version = members.text("fovea");
    definition.experiment = members.text("experiment");
    definition.runs = members.texts("runs");
    definition.dimensions = members.texts("dimensions");
    definition.fixed = members.texts("fixed");
    definition.plugins = members.texts("plugins");
    definition.search = parse_search(members.text("search"));
    definition.seeds = members.number("seeds");
    definition.first_seed = members.number("first_seed");
    for (const Json& item : members.at("points").as<Json::Array>()) {
      Point point;
      for (const auto& [key, text] : item.as<Json::Object>()) point.emplace_back(key, text.as<std::string>());
      definition.points.push_back(std::move(point));
    }
    return definition;
  } catch (const std::exception&) {
    throw Error(where,
                "the definition of a sweep was expected; something else came; restore it from a copy, or give another "
                "--name.");
  }
}

std::string differences(const Definition& there, const Definition& here) {
  const auto old_lines = lines_of(there);
  const auto new_lines = lines_of(here);
  std::string text;
  for (std::size_t i = 0; i < old_lines.size(); ++i) {
    if (old_lines[i].second == new_lines[i].second) continue;
    text += fmt::format("{}{}: {} there, {} here", text.empty() ? "" : "; ", old_lines[i].first,
                        in_quotes(old_lines[i].second), in_quotes(new_lines[i].second));
  }
  return text;
}

Definition extended(const Definition& there, const Definition& here) {
  const auto old_lines = lines_of(there);
  const auto new_lines = lines_of(here);
  for (std::size_t i = 0; i < old_lines.size(); ++i) {
    if (old_lines[i].second == new_lines[i].second || may_be_extended(old_lines[i].first, there)) continue;
    throw Error("sweep", "--extend takes more points, values of a grid and seeds; this differs: " +
                             differences(there, here) + "; give another --name to begin another sweep.");
  }
  expect_same_search(there.search, here.search);
  if (here.seeds < there.seeds) {
    throw Error("sweep",
                fmt::format("--extend takes {} seeds or more; {} came; give as many as before.", there.seeds, here.seeds));
  }
  Definition all = here;
  all.version = there.version;
  all.points = there.points;
  const std::set<Point> old(there.points.begin(), there.points.end());
  std::size_t found = 0;
  for (const Point& point : here.points) {
    const bool is_old = old.count(point) != 0;
    found += is_old ? 1 : 0;
    if (!is_old) all.points.push_back(point);
  }
  if (found < there.points.size()) {
    throw Error("sweep", fmt::format("--extend keeps all points; {} of {} are no longer asked for; give the values that "
                                     "were there, and more.",
                                     there.points.size() - found, there.points.size()));
  }
  return all;
}

Definition settled(const Definition& asked, const fs::path& folder, Extension extension) {
  const fs::path file = folder / kSweepName;
  const std::optional<Definition> there = standing(file);
  if (!there) {
    make_directories(folder);
    write(asked, file);
    return asked;
  }
  const std::string different = differences(*there, asked);
  if (different.empty()) return *there;
  if (extension == Extension::kRefused) {
    throw Error(folder.string(), "the definition of the sweep in this folder was expected; " + different +
                                     "; go on with more points, values or seeds with --extend, or give another --name.");
  }
  Definition all = extended(*there, asked);
  write(all, file);
  return all;
}

std::string point_folder(std::size_t index, const Point& point) {
  constexpr std::size_t kMostBytes = 60;
  std::string name = fmt::format("{:04}-", index + 1);
  for (std::size_t k = 0; k < point.size(); ++k) name += (k == 0 ? "" : ",") + point[k].first + "=" + point[k].second;
  static constexpr std::string_view kSafe = "._=+,-";
  const auto is_safe = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kSafe.find(c) != std::string_view::npos;
  };
  std::replace_if(
      name.begin(), name.end(), [&](char c) { return !is_safe(c); }, '_');
  name.erase(std::unique(name.begin(), name.end(), [](char a, char b) { return a == '_' && b == '_'; }), name.end());
  if (name.size() > kMostBytes) name.resize(kMostBytes);
  while (name.back() == '_') name.pop_back();
  return name;
}

}  // namespace fovea
