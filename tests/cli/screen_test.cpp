#include <doctest/doctest.h>

#include <csignal>
#include <sstream>

#include "framework/cli/process.h"
#include "framework/cli/progress.h"
#include "framework/cli/screen.h"
#include "framework/core/text.h"

using namespace fovea;

namespace {

Progress training(Extent step) {
  return {.run = "main",
          .phase = "train",
          .step = step,
          .steps = 1000,
          .loss = 0.73124,
          .metrics = {{"accuracy", 0.5}},
          .sequences_per_second = 4812.4,
          .seconds_left = 72};
}

}  // namespace

TEST_CASE("counts, durations and bytes are written for people") {
  CHECK(cli::count_text(0) == "0");
  CHECK(cli::count_text(999) == "999");
  CHECK(cli::count_text(1234567) == "1,234,567");
  CHECK(cli::count_text(-123456) == "-123,456");
  CHECK(cli::duration_text(7.4) == "0:07");
  CHECK(cli::duration_text(3661) == "1:01:01");
  CHECK(cli::duration_text(-1) == "?");
  CHECK(cli::bytes_text(1023) == "1023 bytes");
  CHECK(cli::bytes_text(1536) == "1.5 KiB");
}

TEST_CASE("a line of progress has step, loss, metric, speed and time left") {
  CHECK(cli::progress_text(training(340), 80) ==
        "main  step 340/1,000  loss 0.7312  accuracy 0.5  4,812 items/s  1:12 left");
}

TEST_CASE("a line of progress fits, and always has the time left") {
  CHECK(cli::progress_text(training(340), 73) ==
        "main  step 340/1,000  loss 0.7312  accuracy 0.5  4,812 items/s  1:12 left");
  CHECK(cli::progress_text(training(340), 72) == "main  step 340/1,000  loss 0.7312  accuracy 0.5  1:12 left");
  CHECK(cli::progress_text(training(340), 50) == "main  step 340/1,000  accuracy 0.5  1:12 left");
  CHECK(cli::progress_text(training(340), 31) == "main  step 340/1,000  1:12 left");
  CHECK(cli::progress_text(training(340), 25) == "main  step ...  1:12 left");
  for (const std::string phase : {"train", "evaluate N=100"}) {
    for (std::size_t width = 20; width < 100; ++width) {
      Progress progress = training(340);
      progress.run = "a_run_with_a_name_that_is_longer_than_any_terminal_would_like-seed1000000";
      progress.phase = phase;
      const std::string text = cli::progress_text(progress, width);
      CHECK(text.size() <= width);
      CHECK(text.ends_with(phase == "train" ? "1:12 left" : phase));
    }
  }
}

TEST_CASE("of a long list of metrics one line is shown, of a warning all") {
  const std::string metrics = "main: step 20: validation accuracy 0.83, unknown_words 0, recall 0.5";
  CHECK(cli::message_text(metrics, 80) == metrics);
  CHECK(cli::message_text(metrics, 61) == "main: step 20: validation accuracy 0.83, unknown_words 0, ...");
  CHECK(cli::message_text(metrics, 50) == "main: step 20: validation accuracy 0.83, ...");
  CHECK(cli::message_text("main: a sentence that has no list", 20) == "main: a sentence\n  that has no list");
  CHECK(cli::message_text("main: warning: one, two, three", 20) == "main: warning: one,\n  two, three");
}

TEST_CASE("plain progress writes a first line, then waits; messages come at once") {
  std::ostringstream out;
  {
    cli::ProgressLine line(out, cli::ProgressLine::Style::kPlain);
    line.show(training(1));
    line.show(training(2));
    line.message("saved");
  }
  CHECK(out.str() == cli::progress_text(training(1), 80) + "\nsaved\n");
}

TEST_CASE("progress on a terminal is erased at the end and redrawn below a message") {
  std::ostringstream out;
  {
    cli::ProgressLine line(out, cli::ProgressLine::Style::kTerminal);
    line.show(training(1));
    line.message("saved");
  }
  const std::string text = cli::progress_text(training(1), cli::terminal_width() - 1);
  CHECK(out.str() == text + "\r\x1b[Ksaved\n" + text + "\r\x1b[K");
}

TEST_CASE("silent progress writes nothing") {
  std::ostringstream out;
  cli::ProgressLine line(out, cli::ProgressLine::Style::kSilent);
  line.show(training(1));
  line.message("saved");
  CHECK(out.str().empty());
}

TEST_CASE("a process gets its input and gives its output and exit code") {
  const std::string input(200000, 'x');  // more than a pipe holds
  const cli::ProcessResult echo = cli::run_process({"cat"}, input);
  CHECK(echo.exit_code == 0);
  CHECK(echo.output == input);
  CHECK(cli::run_process({"sh", "-c", "echo bad >&2; exit 3"}).output == "bad\n");
  CHECK(cli::run_process({"sh", "-c", "exit 3"}).exit_code == 3);
  CHECK(cli::run_process({"sh", "-c", "kill -9 $$"}).exit_code == 137);
  CHECK_FALSE(cli::run_process({"no-such-program-of-fovea"}).found);
}

TEST_CASE("a filter keeps what it prints apart from what it complains of") {
  const std::string input(200000, 'x');
  const cli::ProcessResult result = cli::run_filter({"sh", "-c", "cat; echo bad >&2; exit 4"}, input);
  CHECK(result.output == input);
  CHECK(result.errors == "bad\n");
  CHECK(result.exit_code == 4);
  CHECK_FALSE(cli::run_filter({"no-such-program-of-fovea"}, "").found);
}

TEST_CASE("a process starts with the signals of any other") {
  auto* const before = std::signal(SIGPIPE, SIG_IGN);
  CHECK(cli::run_process({"sh", "-c", "kill -PIPE $$"}).exit_code == 128 + SIGPIPE);
  std::signal(SIGPIPE, before);
}

TEST_CASE("a quoted word is one word of a shell, whatever it holds") {
  for (const std::string word : {"plain", "two words", "it's", "$HOME", "a\"b", "", "*"}) {
    CHECK(cli::run_process({"sh", "-c", "printf %s " + fovea::shell_word(word)}).output == word);
  }
}
