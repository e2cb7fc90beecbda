#include <fmt/format.h>
#include <ostream>
#include <span>

#include "framework/cli/command.h"
#include "framework/cli/output_file.h"
#include "framework/cli/report_request.h"
#include "framework/cli/screen.h"
#include "framework/core/text.h"
#include "framework/report/report.h"
#include "framework/runs/listing.h"

namespace fovea::cli {
namespace {

struct Arguments {
  std::vector<std::string> places;
  std::string file = "report.html";

  void fields(ArgumentList& list) {
    list.words("places", places, "results files, or folders with some below; by default runs/");
    list.option("-o", file, "the file to write");
  }
};

/// As it is typed, without the path of the program.
std::string command_of(const std::vector<std::string>& places, const std::string& file) {
  std::string command = "fovea report";
  for (const std::string& place : places) command += " " + shell_word(place);
  return command + " -o " + shell_word(file);
}

int report(const Arguments& arguments, const Console& console) {
  check_output(arguments.file);
  const std::vector<std::string> places = arguments.places.empty() ? std::vector<std::string>{"runs"} : arguments.places;
  const RunGroups runs = runs_in(places);
  const Json model = report_model(runs, report_request(runs, command_of(places, arguments.file)));
  const std::string page = report_page(&model);
  write_output_file(arguments.file, std::as_bytes(std::span(page)));
  std::size_t count = 0;
  for (const RunGroup& group : runs.groups) count += group.runs.size() + group.repeats.size();
  console.out << fmt::format("{}: {} {}, {}; open it in a browser\n", arguments.file, count, count == 1 ? "run" : "runs",
                             bytes_text(page.size()));
  for (const FoundRun& run : runs.unread) console.err << path_text(run) << "  " << problem_text(run) << '\n';
  return kOk;
}

}  // namespace

const Command kReport = {"report", "write a page with all that there is to see of runs, in one file",
                         "  fovea report\n  fovea report runs/sort_by_pointing -o sorting.html\n",
                         run_with<Arguments, report>};

}  // namespace fovea::cli
