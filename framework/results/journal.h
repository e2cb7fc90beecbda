#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

namespace fovea {

struct JournalValue {
  std::string name;
  double value = 0;
  std::string slice;  // empty: over all items
};

/// One row of a journal.
struct JournalRow {
  enum class Kind : std::uint8_t { kState = 1, kTrain = 2, kEvaluation = 3, kMessage = 4, kSite = 5 };

  Kind kind = Kind::kMessage;
  std::int64_t step = 0;
  double seconds = 0;  // since the start of the run, pauses excluded
  std::string text;    // state: its name; evaluation: the split; message: the message; site: its path
  std::vector<JournalValue> values;
};

/// The append-only record of a run. A row is visible to followers, and safe from a kill of this process, when `append`
/// returns; it is safe from a loss of power after `flush`. Rows carry an XXH3 checksum bound to their offset.
///
/// Errors    a file that is not a journal, cannot be written, or a full disk.
class Journal {
 public:
  /// Opens or creates. A torn last row, as a kill leaves it, is cut off.
  static Journal open(const std::filesystem::path& path);
  /// Opens a journal that exists and changes nothing, so that it can be looked at before its run is taken up again:
  /// `offset` is the end of its whole rows. What follows them is cut off by `truncate`, or by the first `append`.
  static Journal open_unchanged(const std::filesystem::path& path);

  Journal(Journal&& other) noexcept;
  Journal& operator=(Journal&& other) noexcept;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal();

  void append(const JournalRow& row);
  void flush();
  /// Cuts everything from `offset` on; it must be an earlier value of `offset()`.
  void truncate(std::uint64_t offset);
  /// The size in bytes: what a checkpoint stores.
  std::uint64_t offset() const { return offset_; }

 private:
  Journal(std::filesystem::path path, int descriptor, std::uint64_t offset);

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t offset_ = 0;
  bool is_torn_ = false;  // something that is not a row may follow
};

/// The whole rows of a journal, in order, up to the first torn one, and those alone that begin before `end`.
std::vector<JournalRow> read_journal(const std::filesystem::path& path,
                                     std::uint64_t end = std::numeric_limits<std::uint64_t>::max());

/// Reads the rows that were added since the last call, for `fovea watch`.
class JournalFollower {
 public:
  explicit JournalFollower(std::filesystem::path path) : path_(std::move(path)) {}

  struct News {
    bool restarted = false;  // the journal was cut back (a resume): `rows` starts again from the first
    std::vector<JournalRow> rows;
  };
  /// New whole rows; none where the file does not exist yet.
  News next();

 private:
  std::filesystem::path path_;
  std::uint64_t offset_ = 0;
  std::uint64_t last_row_ = 0;       // offset and checksum of the last row read:
  std::uint64_t last_checksum_ = 0;  // how a journal that was cut and grew again is recognised
};

}  // namespace fovea
