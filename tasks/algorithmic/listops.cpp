// The task `listops`: the value of nested operations on lists of digits.

#include <algorithm>
#include <array>
#include <mutex>
#include <string>
#include <vector>

#include "framework/files/input.h"
#include "tasks/algorithmic/listops_expression.h"
#include "tasks/recall/tokens.h"

namespace fovea {
namespace {

using listops::Expression;

constexpr const char* kName = "listops";

class ListOps final : public Task {
 public:
  void fields(Options& options) override {
    options.add("max_depth", limits_.depth, "of nested operations, >= 2", {.low = 2, .high = 1000});
    options.add("max_args", limits_.arguments, "of an operation, >= 2", {.low = 2, .high = 1000});
    options.add("min_length", limits_.above, "an expression has more tokens, >= 0", {.low = 0, .high = 1e6});
    options.add("max_length", limits_.below, "an expression has fewer tokens, >= min_length + 2", {.low = 2, .high = 1e6});
    options.add("train_file", files_[0], "released expressions; empty: generated ones");
    options.add("validation_file", files_[1], "released expressions; empty: generated ones");
    options.add("test_file", files_[2], "released expressions; empty: generated ones");
  }

  void check() const override {
    if (limits_.above + 2 > limits_.below) {
      throw Error(kName, "a max_length of at least min_length + 2 was expected; min_length is " +
                             std::to_string(limits_.above) + " and max_length is " + std::to_string(limits_.below) +
                             "; raise it.");
    }
    load();
    // A later check still tells the log that the files are in use.
    for (const InputFile& file : inputs_) InputLog::note(file);
  }

  std::string stream() const override { return kName; }
  void fill(Rng& rng, Split split, Batch& batch) const override {
    load();
    const Tensors made(batch, longest_);
    const std::vector<Expression>& released = released_[static_cast<std::size_t>(split)];
    const auto count = static_cast<Extent>(released.size());
    for (Extent b = 0; b < batch.rows(); ++b) {
      const Extent number = count == 0 ? 0 : listed_item(rng, split, batch, b, count);
      const Expression one = count == 0 ? listops::drawn(rng, limits_) : released[number];
      write(one, made, b);
    }
  }

  Meanings meanings() const override {
    using enum TensorMeaning::What;
    Meanings meanings = tokens::meanings(listops::words());
    meanings.tensors.push_back({"mask", kMask, {"place"}});
    meanings.tensors.front().padding = 0;
    return meanings;
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    Judgement judgement = tokens::judged(batch, outputs, kName);
    judgement.metrics.resize(1);  // there is one token: exact is the same
    return judgement;
  }

  std::string item_format() const override {
    return "expressions of MIN, MAX, MED and SM of digits, such as '[MAX 2 9 [MIN 4 7 ] 0 ]'";
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    load();
    return data::item_lines([this](std::string_view line, Batch& batch) { read(line, batch); });
  }

  std::string answer(const Batch& /*batch*/, const Outputs& outputs, Extent row) const override {
    return tokens::answer(outputs, row, listops::words());
  }

  double chance() const override { return 0.1; }
  std::string text(const Batch& batch, Extent row) const override { return tokens::text(batch, row, listops::words()); }

 private:
  struct Tensors {
    Tensors(Batch& batch, Extent longest)
        : labelled(batch, longest, 1), mask(batch.make("mask", {Shape{batch.rows(), longest}, Kind::kIndex})) {}
    tokens::Labelled labelled;
    Tensor mask;  // [B, T]
  };

  void write(const Expression& one, const Tensors& made, Extent b) const {
    const auto length = static_cast<Extent>(one.tokens.size());
    std::copy(one.tokens.begin(), one.tokens.end(), made.labelled.row(b));
    std::fill_n(made.mask.index() + b * longest_, length, Index{1});
    std::fill_n(made.mask.index() + b * longest_ + length, longest_ - length, Index{0});
    made.labelled.ask(b, 0, length - 1, one.value + 1);
  }

  void read(std::string_view line, Batch& batch) const {
    const Expression one = listops::written(line);
    const auto length = static_cast<Extent>(one.tokens.size());
    if (length > longest_) {
      throw Error(kName, "an expression of at most " + std::to_string(longest_) + " tokens was expected; it has " +
                             std::to_string(length) + "; shorten it, or train with a larger max_length.");
    }
    write(one, Tensors(batch, longest_), 0);
  }

  void load() const {
    std::call_once(loaded_, [this] {
      const InputLog log;
      for (std::size_t i = 0; i < files_.size(); ++i) {
        if (!files_[i].empty()) released_[i] = listops::read(files_[i]);
        if (files_[i].empty()) longest_ = std::max(longest_, limits_.below - 1);
        for (const Expression& one : released_[i]) longest_ = std::max(longest_, static_cast<Extent>(one.tokens.size()));
      }
      inputs_ = log.files();
    });
  }

  listops::Limits limits_;
  std::array<std::string, 3> files_;
  mutable std::once_flag loaded_;
  mutable std::array<std::vector<Expression>, 3> released_;
  mutable std::vector<InputFile> inputs_;
  mutable Extent longest_ = 1;
};

FOVEA_TASK("listops", ListOps, R"doc(
ListOps: the value of nested operations on lists of digits.

Example   [MAX 2 9 [MIN 4 7 ] 0 ] -> 9; [MED 1 8 ] -> 4; [SM 9 3 ] -> 2.
Inputs    tokens Index [B, T] of 16: 0 past the end, 1 .. 10 the digits 0 .. 9, 11 [MIN, 12 [MAX, 13 [MED (the median; of
          an even number the mean of the two in the middle, rounded down), 14 [SM (the sum modulo 10), 15 ]; mask Index
          [B, T], 1 where there is a token; places Index [B, 1], the last token; targets Index [B, 1], the token of the value.
Drawn     generated: with probability 0.75, or at the greatest depth, a digit, else an operation of 2 to max_args arguments,
          all uniform; of more than min_length and less than max_length tokens. Or released files, one for each split; their
          labels are compared with the value.
Outputs   "answers" Index [B, 1].
Metrics   accuracy. Chance: 0.1; the most frequent value has 11 to 19 % of the expressions.
Splits    independent streams of random numbers, or files, which an evaluation reads from the first line on.
Errors    a range of lengths that no expression has; malformed files and wrong labels, with their line.
Source    Nangia & Bowman 2018, arXiv:1804.06028; Tay et al. 2020, arXiv:2011.04006, section 2.2.1: depth 10, 10 arguments,
          lengths between 500 and 2000.
)doc");

}  // namespace
}  // namespace fovea
