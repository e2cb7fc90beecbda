#include "framework/cli/explained.h"

#include <unistd.h>
#include <cstdlib>
#include <filesystem>

#include "framework/core/error.h"
#include "framework/files/posix_file.h"
#include "framework/report/item_reads.h"
#include "framework/report/story_text.h"
#include "framework/results/record_image.h"

namespace fovea::cli {
namespace {

/// A file of its own that goes with its life.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::span<const std::byte> bytes)
      : path_((std::filesystem::temp_directory_path() / "fovea-XXXXXX").string()) {
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

}  // namespace

std::vector<std::string> explained_items(const RunRecord& record) {
  const TemporaryFile file(image_of(record));
  const RunReads reads(file.path());
  std::string notes;
  for (const std::string& note : reads.notes()) notes += "  " + note + "\n";
  std::vector<std::string> texts;
  for (Extent item = 0; item < reads.sample().items(); ++item) {
    texts.push_back(reads.sites().empty() ? notes : story_text(reads, item));
  }
  return texts;
}

}  // namespace fovea::cli
