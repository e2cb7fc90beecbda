#include <fmt/format.h>
#include <chrono>
#include <ostream>
#include <thread>

#include "framework/cli/command.h"
#include "framework/cli/screen.h"
#include "framework/cli/watch_screen.h"
#include "framework/core/text.h"
#include "framework/results/journal.h"
#include "framework/results/run_lock.h"

namespace fovea::cli {
namespace {

namespace fs = std::filesystem;

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

/// How watching ends: the run came to its end, or no process works on it.
enum class Left : std::uint8_t { kEnded, kAlone };

bool is_end(const std::string& state) { return state == "finished" || state == "stopped" || state == "failed"; }

/// Each row as a line, for a file or another program.
class PlainWatch {
 public:
  PlainWatch(std::ostream& out, bool is_once) : out_(out), is_once_(is_once) {}

  void restart() { out_ << "the run was started again from an earlier step\n"; }
  void add(const JournalRow& row) {
    if (row.kind == JournalRow::Kind::kSite) return;  // for the file of results: too many figures to read as they come
    out_ << row_text(row) << '\n';
    if (row.kind == JournalRow::Kind::kState) state_ = row.text;
  }
  const std::string& state() const { return state_; }
  void show() { out_ << std::flush; }
  void close(Left left) {
    if (left == Left::kAlone && !is_once_) out_ << "no process works on this run; the command that started it resumes it.\n";
    out_ << std::flush;
  }

 private:
  std::ostream& out_;
  bool is_once_;
  std::string state_;
};

/// A few lines of a terminal that are drawn anew.
class ScreenWatch {
 public:
  ScreenWatch(std::ostream& out, const fs::path& directory) : out_(out), screen_(watched_run(directory)) {}

  void restart() { screen_.restart(); }
  void add(const JournalRow& row) { screen_.add(row); }
  const std::string& state() const { return screen_.state(); }
  void show() {
    CurveForm form;
    form.width = terminal_width() - 1;  // a full line would wrap
    form.characters = curve_characters();
    draw(screen_.lines(form));
  }
  void close(Left /*left*/) {
    const std::size_t width = terminal_width() - 1;
    draw(screen_.closing_lines(width));
  }

 private:
  void draw(const std::vector<std::string>& lines) {
    if (lines == drawn_) return;
    std::string text;
    if (!drawn_.empty()) text = fmt::format("\x1b[{}A\x1b[J", drawn_.size());  // up, and erase what is below
    for (const std::string& line : lines) text += line + "\n";
    out_ << text << std::flush;
    drawn_ = lines;
  }

  std::ostream& out_;
  WatchScreen screen_;
  std::vector<std::string> drawn_;
};

/// The journal is read from its start, and then every 300 ms.
template <class Watch>
int follow(const Arguments& arguments, const Console& console, Watch watch) {
  const fs::path directory = arguments.directory;
  JournalFollower follower(directory / "journal");
  for (;;) {
    const bool was_held = is_locked(directory);  // before reading: what it wrote last is then read below
    const JournalFollower::News news = follower.next();
    if (news.restarted) watch.restart();
    for (const JournalRow& row : news.rows) watch.add(row);
    const bool is_over = is_end(watch.state());
    if (is_over || !was_held) {
      watch.close(is_over ? Left::kEnded : Left::kAlone);
      return kOk;
    }
    watch.show();
    if (arguments.once || !console.out) return kOk;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
}

int watch(const Arguments& arguments, const Console& console) {
  const fs::path directory = arguments.directory;
  std::error_code failure;
  if (!fs::is_directory(directory, failure)) {
    throw Error(directory.string(), "expected a run directory; " + (failure ? failure.message() : "this is none") +
                                        "; give one such as runs/sort_by_pointing/main.");
  }
  if (is_terminal(console.out)) return follow(arguments, console, ScreenWatch(console.out, directory));
  return follow(arguments, console, PlainWatch(console.out, arguments.once));
}

}  // namespace

const Command kWatch = {"watch", "follow a run, from its journal", "  fovea watch runs/sort_by_pointing/main\n",
                        run_with<Arguments, watch>};

}  // namespace fovea::cli
