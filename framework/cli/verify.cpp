#include "framework/results/verify.h"

#include <fmt/format.h>
#include <ostream>

#include "framework/cli/command.h"
#include "framework/cli/screen.h"
#include "framework/results/run_file.h"

namespace fovea::cli {

namespace {

std::filesystem::path results_of(std::filesystem::path path) {
  return std::filesystem::is_directory(path) ? path / kResultsName : path;
}

bool is_whole(const std::filesystem::path& path, Streams streams) {
  const VerifyReport report = fovea::verify(path);
  for (const std::string& failure : report.failures) streams.err << failure << '\n';
  if (!report.passed()) return false;
  streams.out << fmt::format("{}: whole; {}, {} objects read, XXH3-128 {}\n", path.string(), bytes_text(report.bytes),
                             report.objects, report.hash);
  return true;
}

}  // namespace

int verify(const Arguments& arguments, Streams streams) {
  const std::filesystem::path path = results_of(arguments.name);
  if (!is_whole(path, streams)) return kVerifyFailure;
  if (arguments.same.empty()) return kOk;
  const std::filesystem::path other = results_of(arguments.same);
  if (!is_whole(other, streams)) return kVerifyFailure;
  std::string difference;
  if (!same_outside_clock(path, other, &difference)) {
    streams.err << fmt::format(
        "[{}] the same bytes as {} outside /clock were expected; {}; compare the configurations with "
        "fovea show.\n",
        path.string(), other.string(), difference);
    return kVerifyFailure;
  }
  streams.out << "the same byte for byte, outside /clock\n";
  return kOk;
}

}  // namespace fovea::cli
