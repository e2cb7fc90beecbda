#include "framework/results/journal.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <cmath>
#include <fstream>

#include "framework/core/error.h"
#include "framework/files/atomic_file.h"
#include "tests/results/sample_record.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

using Kind = JournalRow::Kind;

std::vector<std::int64_t> steps(const std::vector<JournalRow>& rows) {
  std::vector<std::int64_t> result;
  for (const JournalRow& row : rows) result.push_back(row.step);
  return result;
}

void write_rows(const std::filesystem::path& path, std::int64_t rows) {
  Journal journal = Journal::open(path);
  for (std::int64_t i = 1; i <= rows; ++i) journal.append(train_row(i, 0.5));
}

}  // namespace

TEST_CASE("rows of every kind come back to the bit") {
  const ScratchDirectory scratch;
  Journal journal = Journal::open(scratch.path() / "journal");
  journal.append({Kind::kState, 0, 0.25, "running", {}});
  journal.append({Kind::kTrain, 7, 1e-300, "", {{"loss", -0.0, ""}, {"norm", std::nan(""), ""}}});
  journal.append({Kind::kEvaluation, 8, 2, "test", {{"accuracy", 0.1, "N=5"}}});
  journal.append({Kind::kMessage, 9, 3, "text with \n and \xC3\xA4", {}});
  journal.flush();
  const auto rows = read_journal(scratch.path() / "journal");
  REQUIRE(rows.size() == 4);
  CHECK(rows[0].text == "running");
  CHECK(rows[1].seconds == 1e-300);
  CHECK(std::signbit(rows[1].values[0].value));
  CHECK(std::isnan(rows[1].values[1].value));
  CHECK(rows[2].values[0].slice == "N=5");
  CHECK(rows[2].kind == Kind::kEvaluation);
  CHECK(rows[3].text == "text with \n and \xC3\xA4");
}

TEST_CASE("a journal that is cut anywhere gives its complete rows and grows on from there") {
  const ScratchDirectory scratch;
  const auto path = scratch.path() / "journal";
  write_rows(path, 3);
  const std::vector<std::byte> whole = read_file(path);
  const std::size_t row_bytes = (whole.size() - 8) / 3;
  for (std::size_t size = 0; size < whole.size(); size += 3) {
    overwrite(path, std::span(whole).first(size));
    const std::size_t left = size < 8 ? 0 : (size - 8) / row_bytes;
    CHECK(read_journal(path).size() == left);
    Journal::open(path).append(train_row(99, 1));
    const auto rows = read_journal(path);
    CHECK(rows.size() == left + 1);
    CHECK(rows.back().step == 99);
  }
}

TEST_CASE("reading stops at the first damaged row, whichever bit is flipped") {
  const ScratchDirectory scratch;
  const auto path = scratch.path() / "journal";
  write_rows(path, 3);
  const std::vector<std::byte> whole = read_file(path);
  const std::size_t row_bytes = (whole.size() - 8) / 3;
  for (std::size_t bit = 0; bit < 8 * row_bytes; bit += 7) {
    std::vector<std::byte> damaged = whole;
    damaged[8 + row_bytes + bit / 8] ^= std::byte{1} << (bit % 8);
    overwrite(path, damaged);
    CHECK(steps(read_journal(path)) == std::vector<std::int64_t>{1});
  }
}

TEST_CASE("truncation goes back to a row and refuses every other place") {
  const ScratchDirectory scratch;
  const auto path = scratch.path() / "journal";
  Journal journal = Journal::open(path);
  journal.append(train_row(1, 1));
  const std::uint64_t kept = journal.offset();
  journal.append(train_row(2, 2));
  CHECK_THROWS_WITH_AS(journal.truncate(kept + 1), doctest::Contains("expected a row to begin at byte"), Error);
  CHECK_THROWS_AS(journal.truncate(journal.offset() + 100), Error);
  journal.truncate(kept);
  journal.append(train_row(3, 3));
  CHECK(steps(read_journal(path)) == std::vector<std::int64_t>{1, 3});
}

TEST_CASE("to look at a journal changes no byte of it, whatever follows its whole rows") {
  const ScratchDirectory scratch;
  const auto path = scratch.path() / "journal";
  write_rows(path, 3);
  const std::vector<std::byte> whole = read_file(path);
  const std::size_t row_bytes = (whole.size() - 8) / 3;
  for (std::size_t size = 8; size < whole.size(); size += 3) {
    overwrite(path, std::span(whole).first(size));
    const Journal journal = Journal::open_unchanged(path);
    CHECK(journal.offset() == 8 + (size - 8) / row_bytes * row_bytes);
    CHECK(read_file(path).size() == size);
  }
  for (std::size_t size = 0; size < 8; ++size) {
    overwrite(path, std::span(whole).first(size));
    CHECK_THROWS_WITH_AS(Journal::open_unchanged(path), doctest::Contains("which begins with 8 bytes"), Error);
    CHECK(read_file(path).size() == size);
  }
  CHECK_THROWS_AS(Journal::open_unchanged(scratch.path() / "none"), Error);
  CHECK_FALSE(std::filesystem::exists(scratch.path() / "none"));
}

TEST_CASE("a journal that was looked at is cut when it is taken up again") {
  const ScratchDirectory scratch;
  const auto path = scratch.path() / "journal";
  write_rows(path, 3);
  const std::vector<std::byte> whole = read_file(path);
  for (const bool is_cut_first : {true, false}) {
    overwrite(path, std::span(whole).first(whole.size() - 5));
    Journal journal = Journal::open_unchanged(path);
    if (is_cut_first) journal.truncate(journal.offset());
    journal.append(train_row(99, 1));
    CHECK(steps(read_journal(path)) == std::vector<std::int64_t>{1, 2, 99});
    CHECK(steps(read_journal(path, journal.offset())) == std::vector<std::int64_t>{1, 2, 99});
    CHECK(steps(read_journal(path, 9)) == std::vector<std::int64_t>{1});
  }
}

TEST_CASE("a link in place of a journal is not written through") {
  const ScratchDirectory scratch;
  std::filesystem::create_symlink(scratch.path() / "target", scratch.path() / "journal");
  CHECK_THROWS_WITH_AS(Journal::open(scratch.path() / "journal"), doctest::Contains("it is a link; remove it"), Error);
  CHECK_FALSE(std::filesystem::exists(scratch.path() / "target"));
}

TEST_CASE("a row that was moved within the file does not count") {
  const ScratchDirectory scratch;
  const auto path = scratch.path() / "journal";
  write_rows(path, 2);
  std::vector<std::byte> bytes = read_file(path);
  const std::size_t row_bytes = (bytes.size() - 8) / 2;
  std::copy_n(bytes.begin() + 8, row_bytes, bytes.begin() + 8 + static_cast<std::ptrdiff_t>(row_bytes));
  overwrite(path, bytes);
  CHECK(steps(read_journal(path)) == std::vector<std::int64_t>{1});
}

TEST_CASE("a file that is not a journal is refused and left as it is") {
  const ScratchDirectory scratch;
  const auto path = scratch.path() / "journal";
  std::ofstream(path) << "precious text";
  CHECK_THROWS_WITH_AS(Journal::open(path), doctest::Contains("expected a journal of a run;"), Error);
  CHECK_THROWS_AS(read_journal(path), Error);
  CHECK(read_file(path).size() == 13);
}

TEST_CASE("a follower sees each row once, and starts again after a truncation") {
  const ScratchDirectory scratch;
  const auto path = scratch.path() / "journal";
  JournalFollower follower(path);
  CHECK(follower.next().rows.empty());
  Journal journal = Journal::open(path);
  CHECK(follower.next().rows.empty());
  journal.append(train_row(1, 1));
  const std::uint64_t kept = journal.offset();
  CHECK(steps(follower.next().rows) == std::vector<std::int64_t>{1});
  CHECK_FALSE(follower.next().restarted);
  journal.append(train_row(2, 2));
  CHECK(steps(follower.next().rows) == std::vector<std::int64_t>{2});
  // Cut and grown to the same size: only the checksum shows it.
  journal.truncate(kept);
  journal.append(train_row(3, 3));
  const auto news = follower.next();
  CHECK(news.restarted);
  CHECK(steps(news.rows) == std::vector<std::int64_t>{1, 3});
  CHECK(follower.next().rows.empty());
}
