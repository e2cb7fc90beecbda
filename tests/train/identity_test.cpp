// What a run is: its configuration, the files it reads, the plugins, the build of the program.

#include <doctest/doctest.h>

#include <fstream>
#include <functional>
#include <map>
#include <string>

#include "framework/files/atomic_file.h"
#include "framework/files/input.h"
#include "framework/results/run_file.h"
#include "framework/results/summary.h"
#include "framework/train/checkpoint.h"
#include "framework/train/trainer.h"
#include "tests/support/line_run.h"

namespace {

namespace fs = std::filesystem;
using fovea::InputLog;
using fovea::RunRequest;
using fovea::RunState;
using fovea::test::contains;
using fovea::test::failure_of;
using fovea::test::line_run;
using fovea::test::Scratch;
using fovea::test::StopAfter;

/// A task that reads a file and does nothing with it.
class ReadsFile final : public fovea::Task {
 public:
  void fields(fovea::Options& options) override { options.add("path", path_, "of a file"); }
  void check() const override { content_ = fovea::read_input(path_); }
  void fill(fovea::Rng& rng, fovea::Split split, fovea::Batch& batch) const override { line_->fill(rng, split, batch); }
  fovea::Judgement judge(const fovea::Batch& batch, const fovea::Outputs& outputs) const override {
    return line_->judge(batch, outputs);
  }

 private:
  std::string path_;
  mutable std::shared_ptr<const std::string> content_;
  std::unique_ptr<fovea::Task> line_ = fovea::make_task("test_line");
};
FOVEA_TASK("test_reads_file", ReadsFile, "A line, and a file that is read.");

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

RunRequest reading_run(const Scratch& scratch, const std::string& run) {
  RunRequest request = line_run(scratch / run);
  request.run.task = "test_reads_file(path=\"" + (scratch / "data,1.txt").string() + "\")";
  request.run.evaluations.clear();
  return request;
}

std::map<std::string, std::vector<std::byte>> files_in(const fs::path& directory) {
  std::map<std::string, std::vector<std::byte>> files;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().filename() != "lock") files[entry.path().filename()] = fovea::read_file(entry.path());
  }
  return files;
}

std::string provenance(const fs::path& directory, const std::string& name) {
  for (const auto& [key, text] : fovea::read_summary(directory / "results.h5").provenance) {
    if (key == name) return text;
  }
  return "absent";
}

/// Puts another build into the checkpoint of a run.
void change_build(const fs::path& directory) {
  fovea::Checkpoint checkpoint = *fovea::Checkpoint::read(directory);
  checkpoint.builds.back() = "an older one";
  checkpoint.write(directory);
}

RunRequest stopped_run(const Scratch& scratch, const std::string& name) {
  RunRequest request = reading_run(scratch, name);
  StopAfter stop(9);
  fovea::TrainerHooks hooks;
  hooks.stop_signal = &stop.signal;
  CHECK(fovea::train_run(request, hooks).state == RunState::kStopped);
  return request;
}

}  // namespace

TEST_CASE("a run whose input has changed is refused, finished or not, and its files stay as they are") {
  const Scratch scratch;
  const std::string path = (scratch / "data,1.txt").string();
  write(path, "one");
  const RunRequest finished = reading_run(scratch, "finished");
  fovea::train_run(finished, {});
  CHECK(provenance(finished.directory, "input " + path) == fovea::hash_of_file(path));
  CHECK(provenance(finished.directory, "place of input " + path) == fs::canonical(path).string());
  const RunRequest stopped = stopped_run(scratch, "stopped");
  write(path, "two");
  for (const RunRequest& request : {finished, stopped}) {
    const auto before = files_in(request.directory);
    const std::string failure = failure_of(request);
    CHECK(contains(failure, "the same inputs as those of the run in this directory were expected"));
    CHECK(contains(failure, "--restart, or use another --output"));
    CHECK(files_in(request.directory) == before);
  }
  write(path, "one");
  CHECK(fovea::train_run(finished, {}).state == RunState::kAlreadyFinished);
  CHECK(fovea::train_run(stopped, {}).state == RunState::kFinished);
}

TEST_CASE("a run with another plugin library is refused") {
  const Scratch scratch;
  write(scratch / "data,1.txt", "one");
  RunRequest request = reading_run(scratch, "run");
  request.libraries = {{"./ideas.so", "/there/ideas.so", "0123"}};
  fovea::train_run(request, {});
  CHECK(provenance(request.directory, "plugin ./ideas.so") == "0123");
  CHECK(contains(provenance(request.directory, "command"), " --plugin ./ideas.so"));
  request.libraries = {{"./ideas.so", "/there/ideas.so", "4567"}};
  CHECK(contains(failure_of(request), "plugin ./ideas.so is '0123' there and '4567' here"));
  request.libraries.clear();
  CHECK(contains(failure_of(request), "plugin ./ideas.so is '0123' there and absent here"));
}

TEST_CASE("another build may tell what is finished, and goes on only where it is asked to") {
  const Scratch scratch;
  write(scratch / "data,1.txt", "one");
  const RunRequest finished = reading_run(scratch, "finished");
  CHECK(fovea::train_run(finished, {}).note.empty());
  CHECK(fovea::train_run(finished, {}).note.empty());
  change_build(finished.directory);
  const fovea::RunOutcome outcome = fovea::train_run(finished, {});
  CHECK(outcome.state == RunState::kAlreadyFinished);
  CHECK(contains(outcome.note, "by another build of the program, an older one"));

  RunRequest stopped = stopped_run(scratch, "stopped");
  change_build(stopped.directory);
  const auto before = files_in(stopped.directory);
  CHECK(contains(failure_of(stopped), "go on all the same with --any-build"));
  CHECK(files_in(stopped.directory) == before);
  stopped.any_build = true;
  CHECK(fovea::train_run(stopped, {}).state == RunState::kFinished);
  CHECK(contains(provenance(stopped.directory, "build"), "an older one, "));
}

TEST_CASE("inputs are known once each, with the names that were given, also from what is read already") {
  const Scratch scratch;
  write(scratch / "b", "content");
  write(scratch / "a", "content");
  const auto kept = fovea::read_input(scratch / "b");
  const InputLog outer;
  {
    const InputLog inner;
    CHECK(*fovea::read_input(scratch / "b") == "content");
    fovea::read_input(scratch / "b");
    fovea::read_input(scratch / "a");
    REQUIRE(inner.files().size() == 2);
    CHECK(inner.files()[0].name == (scratch / "a").string());
    CHECK(inner.files()[0].hash == inner.files()[1].hash);
  }
  CHECK(outer.files().size() == 2);
}

TEST_CASE("what is no file with content is one line") {
  const Scratch scratch;
  write(scratch / "empty", "");
  fs::create_directory(scratch / "folder");
  fs::create_symlink("loop", scratch / "loop");
  const auto message = [&](const std::string& name) {
    try {
      fovea::read_input(scratch / name);
    } catch (const fovea::Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(contains(message("empty"), "it is empty"));
  CHECK(contains(message("folder"), "it is a directory"));
  CHECK(contains(message("loop"), "Too many levels of symbolic links"));
  CHECK(contains(message("none"), "No such file"));
  CHECK(contains(message(std::string(300, 'x')), "File name too long"));
}
