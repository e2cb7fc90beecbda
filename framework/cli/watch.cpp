#include <fmt/format.h>
#include <chrono>
#include <ostream>
#include <thread>

#include "framework/cli/command.h"
#include "framework/cli/screen.h"
#include "framework/core/text.h"
#include "framework/results/journal.h"
#include "framework/results/run_lock.h"

namespace fovea::cli {
namespace {

struct Arguments {
  std::string directory;
  bool once = false;

  void fields(ArgumentList& list) {
    list.word("directory", directory, "directory of a run");
    list.flag("--once", once, "print what is there, then leave");
  }
};

std::string row_text(const JournalRow& row) {
  std::string text = fmt::format("{:>8}  step {}", duration_text(row.seconds), count_text(row.step));
  switch (row.kind) {
    case JournalRow::Kind::kState: return text + "  state " + printable(row.text);
    case JournalRow::Kind::kMessage: return text + "  " + printable(row.text);
    case JournalRow::Kind::kEvaluation: text += "  evaluation " + printable(row.text); break;
    case JournalRow::Kind::kTrain: text += "  train"; break;
    case JournalRow::Kind::kSite: text += "  site " + printable(row.text); break;
  }
  for (const JournalValue& value : row.values) {
    text += fmt::format("  {}{} {}", printable(value.name), value.slice.empty() ? "" : "[" + printable(value.slice) + "]",
                        figure_text(value.value));
  }
  return text;
}

bool is_end(const std::string& state) { return state == "finished" || state == "stopped" || state == "failed"; }

int watch(const Arguments& arguments, const Console& console) {
  const std::filesystem::path directory = arguments.directory;
  std::error_code failure;
  if (!std::filesystem::is_directory(directory, failure)) {
    throw Error(directory.string(), "expected a run directory; " + (failure ? failure.message() : "this is none") +
                                        "; give one such as runs/sort_by_pointing/main.");
  }
  const std::filesystem::path journal = directory / "journal";
  JournalFollower follower(journal);
  bool is_over = false;
  for (;;) {
    const bool was_held = is_locked(directory);  // before reading: what it wrote last is then read below
    const JournalFollower::News news = follower.next();
    if (news.restarted) console.out << "the run was started again from an earlier step\n";
    for (const JournalRow& row : news.rows) {
      if (row.kind == JournalRow::Kind::kSite) continue;  // for the file of results: too many figures to read as they come
      console.out << row_text(row) << '\n';
      if (row.kind == JournalRow::Kind::kState) is_over = is_end(row.text);
    }
    console.out << std::flush;
    if (is_over || arguments.once || !console.out) return kOk;
    if (!was_held) {
      console.out << "no process works on this run; the command that started it resumes it.\n";
      return kOk;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
}

}  // namespace

const Command kWatch = {"watch", "follow a run, from its journal", "  fovea watch runs/sort_by_pointing/main\n",
                        run_with<Arguments, watch>};

}  // namespace fovea::cli
