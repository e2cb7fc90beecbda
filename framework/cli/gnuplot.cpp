#include "framework/cli/gnuplot.h"

#include <fmt/format.h>
#include <unistd.h>
#include <span>
#include <string>
#include <vector>

#include "framework/cli/process.h"
#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/files/atomic_file.h"

namespace fovea::cli {
namespace {

namespace fs = std::filesystem;

/// A directory of this process alone, with what is in it.
class WorkDirectory {
 public:
  WorkDirectory() {
    std::string pattern = (fs::temp_directory_path() / "fovea_figure_XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw Error(pattern,
                  "expected to make a directory for gnuplot here; it cannot be made; set TMPDIR to a directory that "
                  "can be written.");
    }
    path_ = pattern;
  }
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;
  ~WorkDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string in_single_quotes(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("''") : std::string(1, c);
  return word + "'";
}

void expect_success(const ProcessResult& result) {
  if (!result.found) {
    throw Error(
        "figure",
        "expected the program gnuplot, which draws .svg, .pdf and .tex; it is not installed; install it (apt-get install "
        "gnuplot-nox), or give a name after -o that ends in .csv or .vg.json.");
  }
  if (result.exit_code == 0) return;
  std::string message(trimmed(result.errors));
  constexpr std::size_t kMost = 400;
  if (message.size() > kMost) message = message.substr(message.size() - kMost);
  throw Error("figure",
              fmt::format("expected gnuplot to draw the figure; it ended with code {}: {}; give a name after -o that ends "
                          "in .gp and try gnuplot on it.",
                          result.exit_code, message));
}

}  // namespace

std::map<std::string, std::string> run_gnuplot(const GnuplotFigure& figure, const std::string& name) {
  const WorkDirectory directory;
  write_output(directory.path() / (name + ".gp"), std::as_bytes(std::span(figure.script)));
  write_output(directory.path() / (name + ".dat"), std::as_bytes(std::span(figure.data)));
  // Without the settings of the user, which could change the figure.
  expect_success(
      run_filter({"gnuplot", "--default-settings"},
                 fmt::format("cd {}\nload {}\n", in_single_quotes(directory.path()), in_single_quotes(name + ".gp"))));
  std::map<std::string, std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory.path())) {
    const std::vector<std::byte> bytes = read_file(entry.path());
    files[entry.path().filename()] = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  return files;
}

}  // namespace fovea::cli
