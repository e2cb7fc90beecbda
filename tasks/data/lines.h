#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/error.h"
#include "framework/task.h"

// Lines of text files, read strictly: what tasks in this folder share.
namespace fovea::data {

/// A part of a line, and the bytes of the line before it.
struct Field {
  std::string_view text;
  std::size_t begin = 0;
};

/// What is wrong with a line at a byte of it. Whoever knows where the line is adds its place: "pairs.tsv:3" + column 7.
class LineError : public Error {
 public:
  LineError(std::size_t offset, const std::string& fact)
      : Error("column " + std::to_string(offset + 1), fact), offset_(offset) {}
  std::size_t offset() const { return offset_; }

 private:
  std::size_t offset_;
};

/// What is wrong with a file as a whole, such as its header: no reader skips it.
class FileError : public Error {
 public:
  using Error::Error;
};

/// What came, for a message: "nothing" or the text in quotes.
std::string came(std::string_view text);

/// The fields of a line between separators; at least one.
std::vector<Field> fields_of(std::string_view line, char separator);
/// The words of a line: what is between blanks (and tabs).
std::vector<Field> words_of(std::string_view line, std::size_t begin = 0);

/// A finite number. Errors: LineError with "`what` was expected".
double real_of(const Field& field, const std::string& what);
/// A whole number of [low, high]. Errors: LineError.
Extent whole_of(const Field& field, const std::string& what, Extent low, Extent high);

/// Errors    LineError: nothing at all, bytes that are not UTF-8, letters in decomposed form (NFD), control characters other
///           than tabs, a carriage return, more than a mebibyte.
void check_line(std::string_view line);

/// What a lenient reader left out.
struct Skipped {
  Extent lines = 0;   // malformed ones
  Extent marks = 0;   // a byte order mark and carriage returns, which were dropped
  std::string first;  // what was wrong first; empty: nothing was
};

/// "3 malformed lines were skipped, the first for ..."; empty: nothing was.
std::string text_of(const Skipped& skipped);

/// Reads a file line by line: `take` gets each with its number, from 1, checked. Strict where `skipped` is null; otherwise
/// what is wrong with a line is counted there, and the line is left out.
///
/// Errors    those of read_input; LineErrors as Error("FILE:LINE:COLUMN", fact).
using TakeLine = std::function<void(std::string_view line, Extent number)>;
void read_lines(const std::string& path, Skipped* skipped, const TakeLine& take);

/// A reader of items of one line each, for Task::item_reader; `read` gets a line that was checked.
std::unique_ptr<ItemReader> item_lines(std::function<void(std::string_view line, Batch& batch)> read);

}  // namespace fovea::data
