#include "framework/cli/last_look.h"

#include <fmt/format.h>
#include <algorithm>
#include <exception>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "framework/cli/output_file.h"
#include "framework/cli/report_request.h"
#include "framework/cli/screen.h"
#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/report/item_reads.h"
#include "framework/report/report.h"
#include "framework/report/story_text.h"
#include "framework/results/run_file.h"
#include "framework/runs/listing.h"

namespace fovea::cli {
namespace {

constexpr std::size_t kMostRuns = 8;  // that are looked at,
constexpr Extent kMostItems = 64;     // and items of each
constexpr std::size_t kWidest = 100;  // columns of a line

/// An item as text. The more statements an answer needs, the better it shows what was read; of equal ones the shortest.
struct Story {
  std::string text;
  std::size_t needed = 0;  // items that were right to read
  std::size_t lines = 0;
  std::size_t widest = 0;

  /// There is something to choose from, and it fits on the screen.
  bool is_told(std::size_t width) const { return lines >= 12 && lines <= 24 && widest <= width; }
  bool is_better_than(const Story& other) const {
    return needed != other.needed ? needed > other.needed : lines < other.lines;
  }
};

Story story_of(const RunReads& reads, Extent item) {
  std::set<std::int64_t> needed;
  for (const SampleSite& site : reads.sites()) {
    for (const std::size_t row : site.rows[static_cast<std::size_t>(item)]) {
      for (const std::int64_t right : reads.right_of(site, row, item)) needed.insert(right);
    }
  }
  Story story{story_text(reads, item), needed.size(), 0, 0};
  for (std::size_t begin = 0; begin < story.text.size(); ++story.lines) {
    const std::size_t end = std::min(story.text.find('\n', begin), story.text.size());
    story.widest = std::max(story.widest, end - begin);
    begin = end + 1;
  }
  return story;
}

/// Whether an item is answered right plays no part.
std::optional<Story> story_of(const DoneRun& run, std::size_t width) {
  const RunReads reads(run.directory / kResultsName);
  std::optional<Story> best;
  const Extent items = reads.sites().empty() ? 0 : std::min(reads.sample().items(), kMostItems);
  for (Extent item = 0; item < items; ++item) {
    Story story = story_of(reads, item);
    if (story.is_told(width) && (!best || story.is_better_than(*best))) best = std::move(story);
  }
  if (best) best->text = run.run + ", " + best->text;
  return best;
}

void write_report(const std::filesystem::path& file, const std::string& place) {
  const RunGroups runs = runs_in(std::vector<std::string>{place});
  const std::string command = fmt::format("fovea report {} -o {}", shell_word(place), shell_word(file.string()));
  const Json model = report_model(runs, report_request(runs, command));
  const std::string page = report_page(&model);
  write_output_file(file.string(), std::as_bytes(std::span(page)));
}

}  // namespace

std::string story_of(const std::vector<DoneRun>& runs, std::size_t width) {
  std::optional<Story> best;
  for (std::size_t i = 0; i < std::min(runs.size(), kMostRuns); ++i) {
    try {
      std::optional<Story> story = story_of(runs[i], std::min(width, kWidest));
      if (story && (!best || story->is_better_than(*best))) best = std::move(story);
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch)
      // A picture less; the commands that read the file say what is wrong.
    }
  }
  return best ? best->text + "\n" : "";
}

std::string report_of(const std::filesystem::path& folder, const std::vector<DoneRun>& runs) {
  const std::filesystem::path place = runs.size() == 1 ? runs.front().directory : folder;
  const std::filesystem::path file = place / "report.html";
  try {
    write_report(file, place.string());
    return fmt::format("report    {}, to be opened in a browser\n", file.string());
  } catch (const Error& error) {
    return fmt::format("report    none was written: {}\n", error.what());
  } catch (const std::exception& error) {
    return fmt::format("report    none was written: {}\n", error.what());
  }
}

}  // namespace fovea::cli
