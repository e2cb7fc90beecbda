#include "framework/results/verify.h"

#include <fmt/format.h>
#include <ostream>

#include "framework/cli/command.h"
#include "framework/cli/screen.h"
#include "framework/results/run_file.h"

namespace fovea::cli {

int verify(const Arguments& arguments, Streams streams) {
  std::filesystem::path path = arguments.name;
  if (std::filesystem::is_directory(path)) path /= kResultsName;
  const VerifyReport report = fovea::verify(path);
  if (!report.passed()) {
    for (const std::string& failure : report.failures) streams.err << failure << '\n';
    return kVerifyFailure;
  }
  streams.out << fmt::format("{}: whole; {}, {} objects read, XXH3-128 {}\n", path.string(), bytes_text(report.bytes),
                             report.objects, report.hash);
  return kOk;
}

}  // namespace fovea::cli
