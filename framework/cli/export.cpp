#include <fmt/format.h>
#include <algorithm>
#include <ostream>
#include <span>

#include "framework/cli/command.h"
#include "framework/cli/output_file.h"
#include "framework/cli/screen.h"
#include "framework/core/path_patterns.h"
#include "framework/core/text.h"
#include "framework/exchange/npz.h"
#include "framework/exchange/run_weights.h"
#include "framework/exchange/safetensors.h"

namespace fovea::cli {
namespace {

constexpr const char* kSafetensors = ".safetensors";
constexpr const char* kNpz = ".npz";

struct Arguments {
  std::string run;
  std::string file;
  std::string only;

  void fields(ArgumentList& list) {
    list.word("run", run, "results.h5, or the directory of its run");
    list.option("-o", file, "file to write: .safetensors, whose names have dots, or .npz, whose names are paths");
    list.option("--only", only, "paths of the parameters that are written, such as \"encoder/* embedding/?\"");
  }
};

std::string ending_of(const std::string& file) {
  if (file.empty()) {
    throw UsageError("-o", "expected the file to write; none came; give one that ends in .safetensors or .npz.");
  }
  std::string ending = std::filesystem::path(file).extension().string();
  if (ending == kSafetensors || ending == kNpz) return ending;
  throw UsageError(file, "expected a file that ends in .safetensors or .npz; " + in_quotes(ending) +
                             " came; give one of these endings after -o.");
}

/// Leaves those of which the path fits a pattern.
void keep_only(const std::string& text, std::vector<NamedArray>& arrays) {
  const PathPatterns patterns(text);
  if (patterns.is_empty()) return;
  std::vector<std::string> paths;
  paths.reserve(arrays.size());
  for (const NamedArray& array : arrays) paths.push_back(array.name);
  const std::vector<std::string> unmatched = patterns.unmatched(paths);
  if (!unmatched.empty()) {
    throw UsageError("--only",
                     fmt::format("patterns that fit a parameter were expected; {} fits none; the run has {}.",
                                 in_quotes(unmatched.front()), printable(fmt::format("{}", fmt::join(paths, ", ")))));
  }
  std::erase_if(arrays, [&](const NamedArray& array) { return !patterns.match(array.name); });
}

std::string text_in(const TextPairs& pairs, const std::string& name) {
  const auto found = std::find_if(pairs.begin(), pairs.end(), [&](const auto& pair) { return pair.first == name; });
  return found == pairs.end() ? "" : printable(found->second);
}

/// "weights.npz: 9 parameters, 1,234 numbers in float32, of sort_by_pointing/main, seed 1, finished, as they were at step
/// 200".
std::string done_text(const std::string& file, const RunWeights& weights, std::size_t bytes) {
  long long numbers = 0;
  for (const NamedArray& array : weights.arrays) numbers += static_cast<long long>(array.values.size());
  const auto about = [&](const char* name) { return text_in(weights.about, name); };
  return fmt::format("{}: {} {}, {} numbers in {}, {}; of {}/{}, seed {}, {}, as they were at step {}\n", file,
                     weights.arrays.size(), weights.arrays.size() == 1 ? "parameter" : "parameters", count_text(numbers),
                     weights.arrays.front().dtype, bytes_text(bytes), about("experiment"), about("run"), about("seed"),
                     about("state"), about("step"));
}

int export_weights(const Arguments& arguments, const Console& console) {
  const std::string ending = ending_of(arguments.file);
  check_output(arguments.file);
  const std::filesystem::path file = results_file(arguments.run);
  RunWeights weights = read_run_weights(file);
  if (weights.arrays.empty()) {
    throw Error(file.string(), "expected parameters; the run has none; nothing is written.");
  }
  keep_only(arguments.only, weights.arrays);
  const std::string bytes =
      ending == kSafetensors ? safetensors_bytes(weights.arrays, weights.about) : npz_bytes(weights.arrays, weights.about);
  write_output_file(arguments.file, std::as_bytes(std::span(bytes)));
  console.out << done_text(arguments.file, weights, bytes.size());
  return kOk;
}

}  // namespace

const Command kExport = {"export", "write the parameters of a run for other programs, as safetensors or .npz",
                         "  fovea export runs/sort_by_pointing/main -o weights.safetensors\n"
                         "  fovea export runs/sort_by_pointing/main -o encoder.npz --only \"encoder/*\"\n",
                         run_with<Arguments, export_weights>};

}  // namespace fovea::cli
