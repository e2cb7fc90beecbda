// The task `text_file`: the next byte of a text of the user's own.

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>

#include "framework/core/error.h"
#include "framework/files/input.h"
#include "tasks/language/characters.h"

namespace fovea {
namespace {

constexpr const char* kName = "text_file";
constexpr Extent kBytes = 256;

class TextFile final : public Task {
 public:
  void fields(Options& options) override {
    options.add("path", path_, "of a file, read as bytes");
    options.add("length", length_, "bytes T of an item, >= 1", {.low = 1, .high = 1e6});
  }

  void check() const override {
    if (path_.empty()) throw Error(kName, "the path of a file was expected; none came; set path=FILE.");
    // Whoever asks first keeps the bytes; a later check still tells the log that they are in use.
    const std::shared_ptr<const std::string> content = read_input(path_);
    std::call_once(read_, [&] { content_ = content; });
    for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) range_of(split);
  }

  void fill(Rng& rng, Split split, Batch& batch) const override {
    const Range range = range_of(split);
    const characters::Texts made(batch, length_);
    for (Extent row = 0; row < batch.rows(); ++row) {
      const auto* from = reinterpret_cast<const unsigned char*>(bytes().data()) + range.begin +
                         rng.below(range.end - range.begin - length_);
      std::copy_n(from, length_, made.text.index() + row * length_);
      std::copy_n(from + 1, length_, made.target.index() + row * length_);
    }
  }

  Meanings meanings() const override { return characters::meanings(texts()); }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    const std::vector<double> told = characters::bits(batch, outputs, kBytes, kName);
    Judgement judgement{{{"likelihood", {}}, {"bits_per_character", told}, {"accuracy", {}}}, {}};
    for (const double bits : told) judgement.metrics[0].rows.push_back(std::exp2(-bits));
    judgement.metrics[2].rows = characters::accuracy(batch, outputs);
    return judgement;
  }

  std::string text(const Batch& batch, Extent row) const override {
    const Index* target = batch.at("text").index() + row * length_;
    return std::string(target, target + length_) + "\n";
  }

  std::string item_format() const override { return "texts, one a line; the next byte is asked for"; }

  std::unique_ptr<ItemReader> item_reader() const override {
    return line_reader([](std::string_view line, Batch& batch) {
      std::vector<Index> bytes;
      for (const char byte : line) bytes.push_back(static_cast<unsigned char>(byte));
      characters::write(bytes, batch);
    });
  }

  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    return characters::answer(batch, outputs, row, texts(), kName);
  }

 private:
  static std::vector<std::string> texts() {
    std::vector<std::string> texts;
    for (Extent byte = 0; byte < kBytes; ++byte) {
      const bool is_printable = byte >= ' ' && byte < 127;
      texts.push_back(is_printable ? std::string(1, static_cast<char>(byte)) : "byte " + std::to_string(byte));
    }
    return texts;
  }

  struct Range {
    Extent begin;
    Extent end;
  };

  const std::string& bytes() const {
    std::call_once(read_, [this] { content_ = read_input(path_); });
    return *content_;
  }

  /// The first nine tenths, the next twentieth, the last.
  Range range_of(Split split) const {
    const auto size = static_cast<Extent>(bytes().size());
    const Extent validation = size * 18 / 20;
    const Extent test = size * 19 / 20;
    const Range range = split == Split::kTrain        ? Range{0, validation}
                        : split == Split::kValidation ? Range{validation, test}
                                                      : Range{test, size};
    if (range.end - range.begin > length_) return range;
    throw Error(path_, "a file of more than " + std::to_string(20 * (length_ + 1)) + " bytes was expected for length=" +
                           std::to_string(length_) + "; it has " + std::to_string(size) + "; set a smaller length.");
  }

  std::string path_;
  Extent length_ = 128;
  mutable std::once_flag read_;
  mutable std::shared_ptr<const std::string> content_;
};

FOVEA_TASK("text_file", TextFile, R"doc(
Text file: the next byte of a text of the user's own.

Example   from "to be, or not" the items "to be," with the targets "o be, ", and all others of that length.
Inputs    text Index [B, T], bytes in [0, 256); target Index [B, T], the next ones. Items begin anywhere.
Outputs   "scores" [B, T, 256]: probabilities are softmax(scores).
Metrics   likelihood, 2^-bits_per_character; bits_per_character, -log2 of the probability of the item per byte; accuracy of
          the most probable byte.
Splits    the first nine tenths of the file, the next twentieth and the last one; items may overlap within a split.
Errors    a file that cannot be read, or is too short for an item in each split.
Source    none; the file is the user's.
)doc");

}  // namespace
}  // namespace fovea
