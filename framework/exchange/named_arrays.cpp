#include "framework/exchange/named_arrays.h"

#include <algorithm>
#include <set>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/exchange/npy.h"
#include "framework/exchange/npz.h"
#include "framework/exchange/run_weights.h"
#include "framework/exchange/safetensors.h"
#include "framework/files/input.h"

namespace fovea {
namespace {

std::vector<NamedArray> read_results(const std::filesystem::path& path) {
  RunWeights weights = read_run_weights(path);
  std::error_code failure;
  const std::filesystem::path absolute = std::filesystem::weakly_canonical(path, failure);
  InputLog::note({path.string(), failure ? path : absolute, weights.hash});
  return std::move(weights.arrays);
}

std::vector<NamedArray> read_any(const std::filesystem::path& path) {
  const std::string ending = path.extension().string();
  if (ending == ".h5" || ending == ".hdf5") return read_results(path);
  const bool is_known = ending == ".safetensors" || ending == ".npz" || ending == ".npy";
  if (!is_known) {
    throw Error("the directory of a run, or a file that ends in .h5, .safetensors, .npz or .npy, was expected; " +
                in_quotes(ending) + " came; give the file its ending.");
  }
  const std::shared_ptr<const std::string> bytes = read_input(path);
  if (ending == ".safetensors") return read_safetensors(*bytes);
  if (ending == ".npz") return read_npz(*bytes);
  return {read_npy(*bytes, path_of_dotted(path.stem().string()))};
}

}  // namespace

std::string path_of_dotted(std::string name) {
  std::replace(name.begin(), name.end(), '.', '/');
  return name;
}

std::vector<NamedArray> read_named_arrays(const std::filesystem::path& path) {
  try {
    const std::filesystem::path file = results_file(path);
    std::vector<NamedArray> arrays = read_any(file);
    if (arrays.empty()) throw Error("weights were expected; there are none in it; check the path.");
    std::set<std::string> names;
    for (const NamedArray& array : arrays) {
      if (names.insert(array.name).second) continue;
      throw Error("one array with each name was expected; there are two " + in_quotes(array.name) + "; rename one.");
    }
    return arrays;
  } catch (const Error& error) {
    if (!error.where().empty() || error.fact().starts_with('[')) throw;
    throw Error(path.string(), error.fact());
  } catch (...) {
    throw Error(path.string(), caught_error("reading").fact());
  }
}

}  // namespace fovea
