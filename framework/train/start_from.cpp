#include "framework/train/start_from.h"

#include <algorithm>
#include <map>
#include <system_error>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/results/run_file.h"
#include "framework/train/parameter_paths.h"

namespace fovea {
namespace {

std::string renamed(const std::string& path, const Renames& renames) {
  for (const auto& [there, here] : renames) {
    if (path.starts_with(there)) return here + path.substr(there.size());
  }
  return path;
}

std::string shape_text(const NamedArray& array) {
  std::string text;
  for (const Extent extent : array.shape) text += (text.empty() ? "" : ", ") + std::to_string(extent);
  return "[" + text + "]";
}

bool has_shape(const NamedArray& array, const Shape& shape) {
  bool is_same = static_cast<int>(array.shape.size()) == shape.rank();
  for (int axis = 0; is_same && axis < shape.rank(); ++axis) {
    is_same = array.shape[static_cast<std::size_t>(axis)] == shape[axis];
  }
  return is_same;
}

/// What does not fit, by kind.
struct Misfits {
  std::vector<std::string> missing, extra, shapes;

  bool is_empty() const { return missing.empty() && extra.empty() && shapes.empty(); }
  std::string text() const {
    std::string text;
    const auto add = [&](const char* title, const std::vector<std::string>& names) {
      if (names.empty()) return;
      text += (text.empty() ? "" : "; ") + std::to_string(names.size()) + " " + title + ": ";
      for (const std::string& name : names) text += (&name == &names.front() ? "" : ", ") + name;
    };
    add("missing", missing);
    add("left over", extra);
    add("of another shape", shapes);
    return text;
  }
};

std::map<std::string, const NamedArray*> by_path(std::span<const NamedArray> arrays, const Renames& renames,
                                                 const std::string& place) {
  std::map<std::string, const NamedArray*> found;
  for (const NamedArray& array : arrays) {
    const std::string path = renamed(array.name, renames);
    if (found.emplace(path, &array).second) continue;
    throw Error(place, "a path of its own was expected for every array; with `rename`, " + in_quotes(array.name) + " and " +
                           in_quotes(found.at(path)->name) + " both become " + in_quotes(path) + "; rename one of them.");
  }
  return found;
}

std::vector<std::string> paths_of(const ParameterStore& store) {
  std::vector<std::string> paths;
  for (const ParameterStore::Entry& entry : store.entries()) paths.push_back(entry.path);
  return paths;
}

}  // namespace

Renames parse_renames(std::string_view text) {
  Renames renames;
  while (!(text = trimmed(text)).empty()) {
    const std::string word(text.substr(0, std::min(text.find_first_of(" \t\n"), text.size())));
    text.remove_prefix(word.size());
    const std::size_t equals = word.find('=');
    if (equals == 0 || equals == std::string::npos) {
      throw Error("rename", "OLD=NEW was expected, what paths begin with there and here; " + in_quotes(word) +
                                " came; write such as rename=\"old/=new/\".");
    }
    renames.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return renames;
}

void load_parameters(ParameterStore& store, std::span<const NamedArray> arrays, const StartRules& rules,
                     const std::string& place) {
  expect_matched("from_only", rules.only.unmatched(paths_of(store)), paths_of(store));
  const std::map<std::string, const NamedArray*> found = by_path(arrays, rules.renames, place);
  for (const auto& [there, here] : rules.renames) {
    const auto begins = [&, there = there](const NamedArray& array) { return array.name.starts_with(there); };
    if (std::any_of(arrays.begin(), arrays.end(), begins)) continue;
    throw Error("rename", "what the path of an array begins with was expected; " + in_quotes(there) + " begins none in " +
                              place + "; look at the paths with fovea show.");
  }
  Misfits misfits;
  std::vector<std::pair<const ParameterStore::Entry*, const NamedArray*>> pairs;
  for (const ParameterStore::Entry& entry : store.entries()) {
    if (!rules.only.is_empty() && !rules.only.match(entry.path)) continue;
    const auto array = found.find(entry.path);
    if (array == found.end()) {
      misfits.missing.push_back(entry.path + " " + entry.shape.text());
    } else if (!has_shape(*array->second, entry.shape)) {
      misfits.shapes.push_back(entry.path + " " + shape_text(*array->second) + " there and " + entry.shape.text() + " here");
    } else {
      pairs.emplace_back(&entry, array->second);
    }
  }
  for (const auto& [path, array] : found) {
    const auto takes = [&, path = path](const ParameterStore::Entry& entry) { return entry.path == path; };
    if (!rules.only.is_empty() || std::any_of(store.entries().begin(), store.entries().end(), takes)) continue;
    misfits.extra.push_back(printable(path) + " " + shape_text(*array));
  }
  if (!misfits.is_empty()) {
    throw Error(place,
                "an array for each parameter of the model was expected, and no others; " + misfits.text() +
                    "; nothing was taken: take a part with from_only, rename what has other names, or choose a model of "
                    "the same sizes.");
  }
  for (const auto& [entry, array] : pairs) {
    std::transform(array->values.begin(), array->values.end(), store.view(entry->path).real(),
                   [](double value) { return static_cast<Real>(value); });
  }
}

std::filesystem::path start_file(const TrainSettings& settings) {
  constexpr std::string_view kSeed = "{seed}";
  std::string text = settings.from;
  for (std::size_t at = text.find(kSeed); at != std::string::npos; at = text.find(kSeed, at)) {
    text.replace(at, kSeed.size(), std::to_string(settings.seed));
  }
  const std::filesystem::path path = text;
  std::error_code none;  // what cannot be looked at is an error of reading
  if (!text.empty() && std::filesystem::status(path, none).type() == std::filesystem::file_type::not_found) {
    throw Error("from", "a run, a results file or weights was expected at " + in_quotes(text) +
                            "; nothing is there; paths are relative to where the program is started.");
  }
  return std::filesystem::is_directory(path, none) ? path / kResultsName : path;
}

Init init_from(const std::filesystem::path& file, const std::string& name, const Shape& shape) {
  std::vector<NamedArray> arrays = read_named_arrays(file);
  std::vector<std::string> known;
  for (NamedArray& array : arrays) {
    known.push_back(array.name);
    if (array.name != name) continue;
    if (has_shape(array, shape)) return Init::values(std::move(array.values));
    throw Error(file.string(), in_quotes(name) + " was expected to be " + shape.text() + ", like the parameter; it is " +
                                   shape_text(array) + "; give the parameter that shape, or the file another array.");
  }
  throw Error(file.string(), unknown_name(name, known));
}

void start_from(ParameterStore& store, const TrainSettings& settings) {
  if (settings.from.empty()) {
    if (settings.from_only.empty() && settings.rename.empty()) return;
    throw Error(
        "from_only and rename say what is taken from elsewhere; `from` is empty; name a run or weights.safetensors.");
  }
  const std::filesystem::path file = start_file(settings);
  load_parameters(store, read_named_arrays(file), {PathPatterns(settings.from_only), parse_renames(settings.rename)},
                  file.string());
}

}  // namespace fovea
