#include "framework/exchange/run_weights.h"

#include <algorithm>

#include "framework/core/error.h"
#include "framework/files/atomic_file.h"
#include "framework/results/parcel.h"
#include "framework/results/run_file.h"
#include "framework/results/summary.h"
#include "framework/results/verify.h"

namespace fovea {
namespace {

constexpr const char* kParameters = "/parameters";
constexpr const char* kAnnealed = "annealed ";

/// Axes without coordinates are data sets as well.
bool is_axis(const TextPairs& attributes) {
  return std::any_of(attributes.begin(), attributes.end(),
                     [](const auto& pair) { return pair.first == "CLASS" && pair.second == "DIMENSION_SCALE"; });
}

std::string last_step(const hdf5::Reader& reader) {
  const std::vector<std::int64_t> steps =
      reader.has("/train/step") ? reader.integers("/train/step") : std::vector<std::int64_t>{};
  return std::to_string(steps.empty() ? 0 : steps.back());
}

void put_about(const hdf5::Reader& reader, Parcel& out) {
  const TextPairs root = reader.attributes("/");
  expect_schema(root);
  TextPairs about;
  for (const auto& [name, text] : root) {
    if (name == "experiment" || name == "run" || name == "seed" || name == "state") about.emplace_back(name, text);
  }
  TextPairs annealed;
  std::string step;
  for (const auto& [name, text] : reader.has(kParameters) ? reader.attributes(kParameters) : TextPairs{}) {
    if (name == "step") step = text;
    if (name.starts_with(kAnnealed)) annealed.emplace_back(name, text);
  }
  about.emplace_back("step", step.empty() ? last_step(reader) : step);  // older files have it only there
  about.insert(about.end(), annealed.begin(), annealed.end());
  out.put(static_cast<std::int64_t>(about.size()));
  for (const auto& [name, text] : about) {
    out.put_text(name);
    out.put_text(text);
  }
}

void put_parameters(const hdf5::Reader& reader, Parcel& out) {
  const std::string prefix = std::string(kParameters) + "/";
  for (const TreeLine& line : reader.tree()) {
    const bool is_real = line.type == "float32" || line.type == "float64";
    if (!is_real || !line.path.starts_with(prefix) || is_axis(reader.attributes(line.path))) continue;
    out.put_text(line.path.substr(prefix.size()));
    out.put_shape(line.shape);
    out.put_text(line.type);
    const std::vector<double> values = reader.reals(line.path);
    out.put(static_cast<std::int64_t>(values.size()));
    for (const double value : values) out.put(value);
  }
}

RunWeights read_once(const std::filesystem::path& file) {
  Parcel parcel = parcel_apart(file, [](const hdf5::Reader& reader, Parcel& out) {
    put_about(reader, out);
    put_parameters(reader, out);
  });
  RunWeights weights;
  for (auto left = parcel.take<std::int64_t>(); left > 0; --left) {
    std::string name = parcel.take_text();
    weights.about.emplace_back(std::move(name), parcel.take_text());
  }
  while (!parcel.is_at_end()) {
    NamedArray& array = weights.arrays.emplace_back();
    array.name = parcel.take_text();
    array.shape = parcel.take_shape();
    array.dtype = parcel.take_text();
    array.values.resize(static_cast<std::size_t>(parcel.take<std::int64_t>()));
    for (double& value : array.values) value = parcel.take<double>();
  }
  return weights;
}

}  // namespace

std::filesystem::path results_file(const std::filesystem::path& run) {
  std::error_code none;  // what cannot be looked at is an error of reading
  if (!std::filesystem::is_directory(run, none)) return run;
  if (std::filesystem::exists(run / kResultsName, none)) return run / kResultsName;
  throw Error(run.string(), "expected the directory of one run; there is no results.h5 in it; give one such as " +
                                (run / "RUN").string() + ", or wait until the run has published its first results.");
}

RunWeights read_run_weights(const std::filesystem::path& file) {
  for (int attempt = 0; attempt < 3; ++attempt) {
    const std::string damage = hash_failure(file);
    if (!damage.empty()) throw Error(damage);
    const std::string hash = hash_of_file(file);
    RunWeights weights = read_once(file);
    if (hash_of_file(file) != hash) continue;  // a publication has replaced it
    weights.hash = hash;
    weights.about.emplace_back("results_xxh3_128", hash);
    return weights;
  }
  throw Error(file.string(), "a file that stays as it is was expected; it is replaced again and again; wait for its run.");
}

}  // namespace fovea
