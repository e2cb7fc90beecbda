#include "framework/results/verify.h"

#include <fmt/format.h>
#include <ostream>

#include "framework/cli/command.h"
#include "framework/cli/screen.h"
#include "framework/results/run_file.h"

namespace fovea::cli {
namespace {

struct Arguments {
  std::string file;
  std::string same;

  void fields(ArgumentList& list) {
    list.word("file", file, "results.h5, or the directory of its run");
    list.option("--same", same, "another results file, or run directory: equal byte for byte outside /clock?");
  }
};

std::filesystem::path results_of(std::filesystem::path path) {
  std::error_code none;  // what cannot be looked at is an error of reading
  return std::filesystem::is_directory(path, none) ? path / kResultsName : path;
}

bool is_whole(const std::filesystem::path& path, const Console& console) {
  const VerifyReport report = fovea::verify(path);
  for (const std::string& failure : report.failures) console.err << failure << '\n';
  if (!report.passed()) return false;
  console.out << fmt::format("{}: whole; {}, {} objects read, XXH3-128 {}\n", path.string(), bytes_text(report.bytes),
                             report.objects, report.hash);
  return true;
}

int verify(const Arguments& arguments, const Console& console) {
  const std::filesystem::path path = results_of(arguments.file);
  if (!is_whole(path, console)) return kVerifyFailure;
  if (arguments.same.empty()) return kOk;
  const std::filesystem::path other = results_of(arguments.same);
  if (!is_whole(other, console)) return kVerifyFailure;
  std::string difference;
  if (!same_outside_clock(path, other, &difference)) {
    console.err << fmt::format(
        "[{}] the same bytes as {} outside /clock were expected; {}; compare the configurations with "
        "fovea show.\n",
        path.string(), other.string(), difference);
    return kVerifyFailure;
  }
  console.out << "the same byte for byte, outside /clock\n";
  return kOk;
}

}  // namespace

const Command kVerify = {"verify", "check the hash, the structure and every data set of a results file",
                         "  fovea verify runs/sort_by_pointing/main/results.h5\n"
                         "  fovea verify runs/sort_by_pointing/main --same elsewhere/sort_by_pointing/main\n",
                         run_with<Arguments, verify>};

}  // namespace fovea::cli
