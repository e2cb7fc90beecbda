#include "framework/cli/explained.h"

#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "framework/core/error.h"
#include "framework/files/posix_file.h"
#include "framework/report/item_reads.h"
#include "framework/report/story_text.h"
#include "framework/results/record_image.h"

namespace fovea::cli {
namespace {

std::filesystem::path temporary_folder() {
  std::error_code failure;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(failure);
  return failure ? std::filesystem::path("/tmp") : folder;
}

/// A file of its own that goes with its life.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::span<const std::byte> bytes) : path_((temporary_folder() / "fovea-XXXXXX").string()) {
    const int descriptor = ::mkstemp(path_.data());
    if (descriptor < 0) throw Error(path_, "a temporary file was expected; none could be made; set TMPDIR to a directory.");
    try {
      write_all(descriptor, bytes, path_);
    } catch (...) {
      ::close(descriptor);
      ::unlink(path_.c_str());
      throw;
    }
    ::close(descriptor);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { ::unlink(path_.c_str()); }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// What is right for these items is not known: a tensor of this name holds nothing, or is the answer of the model.
void leave_out_answers(RunRecord& record) {
  for (Predictions& predictions : record.predictions) {
    std::erase_if(predictions.arrays, [](const Array& array) {
      return array.name == "targets" || array.name == "target" || array.name == "answer";
    });
  }
}

/// Without the line that says which item it is.
std::string without_title(const std::string& text) { return text.substr(std::min(text.find('\n') + 1, text.size())); }

}  // namespace

std::vector<std::string> explained_items(RunRecord record) {
  leave_out_answers(record);
  const TemporaryFile file(image_of(record));
  const RunReads reads(file.path());
  std::string notes;
  for (const std::string& note : reads.notes()) notes += "  " + note + "\n";
  std::vector<std::string> texts;
  for (Extent item = 0; item < reads.sample().items(); ++item) {
    texts.push_back(reads.sites().empty() ? notes : without_title(story_text(reads, item)));
  }
  return texts;
}

}  // namespace fovea::cli
