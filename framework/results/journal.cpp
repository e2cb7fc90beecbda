#include "framework/results/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>
#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "framework/core/error.h"
#include "framework/files/atomic_file.h"
#include "framework/files/posix_file.h"

// Layout: 8 bytes "FOVEAJ1\n", then rows of
//   u64 XXH3 of length and payload, seeded with the offset of the row
//   u32 length of the payload
//   payload: u8 kind, i64 step, f64 seconds, text, u32 count, count x (name, f64, slice); a text is u32 size and bytes
namespace fovea {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are stored as they are in memory");

constexpr std::string_view kMagic = "FOVEAJ1\n";
constexpr std::size_t kFrame = sizeof(std::uint64_t) + sizeof(std::uint32_t);
constexpr std::uint32_t kMaxPayload = 1U << 26;

class Packer {
 public:
  template <class T>
  void number(T value) {
    const auto bytes = std::as_bytes(std::span(&value, 1));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    const auto bytes = std::as_bytes(std::span(value));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  std::vector<std::byte>& bytes() { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

class Unpacker {
 public:
  explicit Unpacker(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <class T>
  T number() {
    T value{};
    const auto part = take(sizeof(T));
    if (!part.empty()) std::memcpy(&value, part.data(), sizeof(T));
    return value;
  }
  std::string text() {
    const auto part = take(number<std::uint32_t>());
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }
  bool failed() const { return failed_; }
  std::size_t left() const { return bytes_.size(); }

 private:
  std::span<const std::byte> take(std::size_t size) {
    if (size > bytes_.size()) failed_ = true;
    if (failed_) return {};
    const auto part = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return part;
  }

  std::span<const std::byte> bytes_;
  bool failed_ = false;
};

std::uint64_t checksum(std::span<const std::byte> bytes, std::uint64_t offset) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), offset);
}

std::vector<std::byte> pack(const JournalRow& row, std::uint64_t offset) {
  Packer packer;
  packer.number(std::uint64_t{0});
  packer.number(std::uint32_t{0});
  packer.number(static_cast<std::uint8_t>(row.kind));
  packer.number(row.step);
  packer.number(row.seconds);
  packer.text(row.text);
  packer.number(static_cast<std::uint32_t>(row.values.size()));
  for (const JournalValue& value : row.values) {
    packer.text(value.name);
    packer.number(value.value);
    packer.text(value.slice);
  }
  std::vector<std::byte>& bytes = packer.bytes();
  if (bytes.size() - kFrame > kMaxPayload) {
    throw Error("journal", fmt::format("expected a row of at most {} bytes; it has {}; record fewer values.", kMaxPayload,
                                       bytes.size() - kFrame));
  }
  const auto length = static_cast<std::uint32_t>(bytes.size() - kFrame);
  std::memcpy(bytes.data() + sizeof(std::uint64_t), &length, sizeof(length));
  const std::uint64_t sum = checksum(std::span<const std::byte>(bytes).subspan(sizeof(std::uint64_t)), offset);
  std::memcpy(bytes.data(), &sum, sizeof(sum));
  return std::move(bytes);
}

std::optional<JournalRow> unpack(std::span<const std::byte> payload) {
  Unpacker unpacker(payload);
  JournalRow row;
  row.kind = static_cast<JournalRow::Kind>(unpacker.number<std::uint8_t>());
  row.step = unpacker.number<std::int64_t>();
  row.seconds = unpacker.number<double>();
  row.text = unpacker.text();
  const auto count = unpacker.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && !unpacker.failed(); ++i) {
    JournalValue value;
    value.name = unpacker.text();
    value.value = unpacker.number<double>();
    value.slice = unpacker.text();
    row.values.push_back(std::move(value));
  }
  if (unpacker.failed() || unpacker.left() != 0) return std::nullopt;
  return row;
}

/// One whole row, where `bytes`, which are at `offset` of the file, begin with one.
struct Framed {
  JournalRow row;
  std::size_t size = 0;
  std::uint64_t checksum = 0;
};

std::optional<Framed> first_row(std::span<const std::byte> bytes, std::uint64_t offset) {
  Framed framed;
  std::uint32_t length = 0;
  if (bytes.size() < kFrame) return std::nullopt;
  std::memcpy(&framed.checksum, bytes.data(), sizeof(framed.checksum));
  std::memcpy(&length, bytes.data() + sizeof(framed.checksum), sizeof(length));
  framed.size = kFrame + length;
  if (length > kMaxPayload || bytes.size() < framed.size) return std::nullopt;
  const auto summed = bytes.subspan(sizeof(framed.checksum), sizeof(length) + length);
  if (checksum(summed, offset) != framed.checksum) return std::nullopt;
  auto row = unpack(summed.subspan(sizeof(length)));
  if (!row) return std::nullopt;
  framed.row = std::move(*row);
  return framed;
}

enum class Start { kWhole, kUnfinished };

/// kUnfinished: a kill came before the first 8 bytes were written.
Start check_magic(std::span<const std::byte> bytes, const std::filesystem::path& path) {
  const std::size_t size = std::min(bytes.size(), kMagic.size());
  if (size > 0 && std::memcmp(bytes.data(), kMagic.data(), size) != 0) {
    throw Error(path.string(),
                "expected a journal of a run; it begins with other bytes; "
                "remove the file or choose another directory with --output.");
  }
  return size == kMagic.size() ? Start::kWhole : Start::kUnfinished;
}

/// Calls visit(framed row, its offset) for each whole row; returns the offset after the last one.
template <class Visit>
std::uint64_t scan(std::span<const std::byte> bytes, Visit visit) {
  std::uint64_t offset = kMagic.size();
  while (auto framed = first_row(bytes.subspan(offset), offset)) {
    const std::size_t size = framed->size;
    visit(std::move(*framed), offset);
    offset += size;
  }
  return offset;
}

}  // namespace

Journal::Journal(std::filesystem::path path, int descriptor, std::uint64_t offset)
    : path_(std::move(path)), descriptor_(descriptor), offset_(offset) {}

Journal::Journal(Journal&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      offset_(other.offset_),
      is_torn_(other.is_torn_) {}

Journal& Journal::operator=(Journal&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(offset_, other.offset_);
  std::swap(is_torn_, other.is_torn_);
  return *this;
}

Journal::~Journal() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Journal Journal::open(const std::filesystem::path& path) {
  PosixFile file = open_own(path, O_RDWR | O_CREAT | O_APPEND);
  const std::vector<std::byte> bytes = read_file(path);
  std::uint64_t whole = kMagic.size();
  if (check_magic(bytes, path) == Start::kWhole) {
    whole = scan(bytes, [](Framed&&, std::uint64_t) {});
    if (whole != bytes.size()) cut_file(file.descriptor(), whole, path);
  } else {
    cut_file(file.descriptor(), 0, path);
    file.write(std::as_bytes(std::span(kMagic)));
  }
  return {path, file.release(), whole};
}

Journal Journal::open_unchanged(const std::filesystem::path& path) {
  PosixFile file = open_own(path, O_RDWR | O_APPEND);
  const std::vector<std::byte> bytes = read_file(path);
  if (check_magic(bytes, path) == Start::kUnfinished) {
    throw Error(path.string(), fmt::format("expected a journal of a run, which begins with {} bytes; it has {}; start the "
                                           "run again with --restart.",
                                           kMagic.size(), bytes.size()));
  }
  const std::uint64_t whole = scan(bytes, [](Framed&&, std::uint64_t) {});
  Journal journal(path, file.release(), whole);
  journal.is_torn_ = whole != bytes.size();
  return journal;
}

void Journal::append(const JournalRow& row) {
  const std::vector<std::byte> bytes = pack(row, offset_);
  if (is_torn_) truncate(offset_);
  try {
    write_all(descriptor_, bytes, path_);
  } catch (const Error&) {
    cut_file(descriptor_, offset_, path_);  // no row may follow a torn one
    throw;
  }
  offset_ += bytes.size();
}

void Journal::flush() { sync_file(descriptor_, path_); }

void Journal::truncate(std::uint64_t offset) {
  bool boundary = offset == offset_ || offset == kMagic.size();
  const std::vector<std::byte> bytes = read_file(path_);
  if (!boundary) scan(bytes, [&](Framed&&, std::uint64_t start) { boundary = boundary || start == offset; });
  if (!boundary) {
    throw Error(path_.string(), fmt::format("expected a row to begin at byte {}; the journal has {} bytes and none "
                                            "begins there; start the run again with --restart.",
                                            offset, offset_));
  }
  cut_file(descriptor_, offset, path_);
  offset_ = offset;
  is_torn_ = false;
}

std::vector<JournalRow> read_journal(const std::filesystem::path& path, std::uint64_t end) {
  const std::vector<std::byte> bytes = read_file(path);
  std::vector<JournalRow> rows;
  if (check_magic(bytes, path) == Start::kUnfinished) return rows;
  scan(bytes, [&](Framed&& framed, std::uint64_t offset) {
    if (offset < end) rows.push_back(std::move(framed.row));
  });
  return rows;
}

JournalFollower::News JournalFollower::next() {
  News news;
  std::error_code error;
  if (!std::filesystem::exists(path_, error)) return news;
  std::vector<std::byte> bytes = read_file(path_, last_row_);
  if (last_row_ != 0) {
    const auto last = first_row(bytes, last_row_);
    news.restarted = !last || last->checksum != last_checksum_;
    if (news.restarted) bytes = read_file(path_);
  }
  // Where the reading begins: after the last row, or at the start of the file.
  const std::uint64_t base = news.restarted ? 0 : last_row_;
  if (base == 0 && check_magic(bytes, path_) == Start::kUnfinished) return news;
  if (base == 0) offset_ = kMagic.size();
  const std::span<const std::byte> all(bytes);
  while (auto framed = first_row(all.subspan(offset_ - base), offset_)) {
    last_row_ = offset_;
    last_checksum_ = framed->checksum;
    offset_ += framed->size;
    news.rows.push_back(std::move(framed->row));
  }
  return news;
}

}  // namespace fovea
