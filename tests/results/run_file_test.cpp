#include "framework/results/run_file.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmath>
#include <csignal>
#include <string>

#include "framework/core/error.h"
#include "framework/files/atomic_file.h"
#include "framework/results/verify.h"
#include "tests/results/sample_record.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

std::filesystem::path published(const RunRecord& record, const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  publish(record, directory);
  return directory / kResultsName;
}

[[noreturn]] void publish_for_ever(const std::filesystem::path& directory) {
  try {
    for (RunRecord record = sample_record(2);; ++record.seed) publish(record, directory);
  } catch (const Error&) {
    ::_exit(1);
  }
}

}  // namespace

TEST_CASE("a published file passes verify and leaves no temporary file") {
  const ScratchDirectory scratch;
  const auto path = published(sample_record(), scratch.path());
  const VerifyReport report = verify(path);
  CHECK(report.passed());
  CHECK(report.objects > 40);
  CHECK(report.hash == hash_of_file(path));
  CHECK(std::distance(std::filesystem::directory_iterator(scratch.path()), {}) == 2);
}

TEST_CASE("an empty record can be published") {
  const ScratchDirectory scratch;
  RunRecord record;
  record.experiment = record.run = "empty";
  CHECK(verify(published(record, scratch.path())).passed());
}

TEST_CASE("one record gives the same bytes twice") {
  const ScratchDirectory scratch;
  const auto a = published(sample_record(), scratch.path() / "a");
  const auto b = published(sample_record(), scratch.path() / "b");
  CHECK(read_file(a) == read_file(b));
}

TEST_CASE("another clock changes bytes of /clock only") {
  const ScratchDirectory scratch;
  RunRecord record = sample_record();
  const auto a = published(record, scratch.path() / "a");
  record.clock = {"2026-02-03T04:05:06Z",
                  "2026-02-04T04:05:06Z",
                  "another-host",
                  std::string(20'000, 'x'),
                  "runs/parent",
                  8,
                  3,
                  1,
                  1e9,
                  {1, 2, 3}};
  const auto b = published(record, scratch.path() / "b");
  std::string difference = "unset";
  CHECK(same_outside_clock(a, b, &difference));
  CHECK(difference.empty());
  CHECK(read_file(a) != read_file(b));
}

TEST_CASE("the last bit of a value outside /clock is a difference") {
  const ScratchDirectory scratch;
  RunRecord record = sample_record();
  const auto a = published(record, scratch.path() / "a");
  double& value = record.train.columns[0].values[3];
  value = std::nextafter(value, 2);
  const auto b = published(record, scratch.path() / "b");
  std::string difference;
  CHECK_FALSE(same_outside_clock(a, b, &difference));
  CHECK(difference.find("they first differ at byte") != std::string::npos);
}

TEST_CASE("any two records that differ in one part differ outside /clock") {
  const ScratchDirectory scratch;
  const auto a = published(sample_record(), scratch.path() / "a");
  const std::vector<void (*)(RunRecord&)> changes{
      [](RunRecord& r) { r.seed = 8; },
      [](RunRecord& r) { r.config[0].second = "other"; },
      [](RunRecord& r) { r.provenance[0].second = "other"; },
      [](RunRecord& r) { r.evaluation[0].by_slice[0].values[1] = 0.5; },
      [](RunRecord& r) { r.selection[0].kept[5] += 1; },
      [](RunRecord& r) { r.selection[0].scored_pairs += 1; },
      [](RunRecord& r) { std::get<std::vector<Index>>(r.predictions[0].arrays[1].values)[0] = 2; },
      [](RunRecord& r) { std::get<std::vector<Real>>(r.parameters[0].values)[0] = 0; },
      [](RunRecord& r) { r.graph.ops_dot += " "; },
  };
  for (const auto change : changes) {
    RunRecord record = sample_record();
    change(record);
    CHECK_FALSE(same_outside_clock(a, published(record, scratch.path() / "b")));
  }
}

TEST_CASE("while a publication is in progress both the old and the new file pass") {
  const ScratchDirectory scratch;
  RunRecord record = sample_record();
  const auto path = published(record, scratch.path());
  const auto hash_file = scratch.path() / kResultsHashName;
  const std::vector<std::byte> old_file = read_file(path);
  std::vector<std::byte> both = read_file(hash_file);
  record.seed = 8;
  publish(record, scratch.path());
  const std::vector<std::byte> new_hash = read_file(hash_file);
  CHECK(both != new_hash);
  both.insert(both.end(), new_hash.begin(), new_hash.end());
  write_atomically(hash_file, both);  // what a kill between the two renamings leaves
  CHECK(verify(path).passed());
  write_atomically(path, old_file);  // what a kill before the first of them leaves
  CHECK(verify(path).passed());
  publish(record, scratch.path());
  CHECK(verify(path).passed());
  CHECK(read_file(hash_file) == new_hash);
}

TEST_CASE("a process that is killed between the two renamings leaves a file that passes") {
  const ScratchDirectory scratch;
  const auto path = published(sample_record(), scratch.path());
  const auto one = std::filesystem::file_size(scratch.path() / kResultsHashName);
  bool caught = false;
  for (int attempt = 0; attempt < 20 && !caught; ++attempt) {
    const pid_t child = ::fork();
    if (child == 0) publish_for_ever(scratch.path());
    const auto listed = [&] { return read_file(scratch.path() / kResultsHashName).size(); };
    for (int look = 0; look < 100'000 && listed() == one; ++look) {
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    caught = listed() == 2 * one;
    CHECK(verify(path).passed());
  }
  CHECK(caught);
}

TEST_CASE("a full disk leaves the previously published file") {
  const ScratchDirectory scratch;
  const auto path = published(sample_record(), scratch.path());
  RunRecord record = sample_record();
  record.config_json = std::string(1'000'000, 'x');
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{500'000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  CHECK_THROWS_WITH_AS(publish(record, scratch.path()), doctest::Contains("expected to write the file;"), Error);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(verify(path).passed());
  CHECK(std::distance(std::filesystem::directory_iterator(scratch.path()), {}) == 2);
}

TEST_CASE("records that contradict themselves are refused by name") {
  const ScratchDirectory scratch;
  RunRecord record = sample_record();
  record.train.columns[1].values.pop_back();
  CHECK_THROWS_WITH_AS(publish(record, scratch.path()), doctest::Contains("[gradient_norm] expected"), Error);
  record = sample_record();
  record.selection[0].weights.pop_back();
  CHECK_THROWS_WITH_AS(publish(record, scratch.path()), doctest::Contains("[decoder/pointer] expected"), Error);
  record = sample_record();
  record.config.push_back(record.config[0]);
  CHECK_THROWS_WITH_AS(publish(record, scratch.path()), doctest::Contains("the attribute 'task'"), Error);
  record = sample_record();
  record.parameters[0].name = "decoder//keys";
  CHECK_THROWS_WITH_AS(publish(record, scratch.path()), doctest::Contains("has an empty part"), Error);
  CHECK(std::filesystem::is_empty(scratch.path()));
}

TEST_CASE("text that is not UTF-8 is stored as UTF-8") {
  const ScratchDirectory scratch;
  RunRecord record = sample_record();
  record.title = "bad \xFF\xC3 end \xED\xA0\x80";
  CHECK(verify(published(record, scratch.path())).passed());
}
