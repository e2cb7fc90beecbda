#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/at.h"
#include "framework/core/named.h"
#include "framework/core/registry.h"
#include "framework/core/rng.h"
#include "framework/core/tensor.h"

namespace fovea {

enum class Split : std::uint8_t { kTrain, kValidation, kTest };

class Task;
struct BatchKey;

/// Named tensors of one batch, each with the batch as its first axis. Owns its memory and keeps it from batch to batch.
class Batch {
 public:
  explicit Batch(Extent rows = 0) : rows_(rows) {}
  // The tensors of a copy would point into the memory of the original.
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  Batch(Batch&&) = default;
  Batch& operator=(Batch&&) = default;

  Extent rows() const { return rows_; }
  /// How many rows of the same evaluation came in the batches before; 0 in training.
  Extent first_row() const { return first_row_; }
  void start_at(Extent first_row) { first_row_ = first_row; }
  /// A tensor of this name and type, made or resized; its content is undefined. The first axis must be rows(). While a task
  /// fills the batch, a name has one type: a second one would take the memory of the first away.
  Tensor make(const std::string& name, const Type& type);
  Tensor at(const std::string& name,  // Error with the nearest name where there is none
            At asked = At::here()) const;
  bool has(const std::string& name) const;
  Named<Type> types() const;
  /// Rows [begin, begin + count) of a tensor: a view.
  static Tensor rows_of(const Tensor& tensor, Extent begin, Extent count);

 private:
  friend void fill_batch(const Task& task, Split split, const BatchKey& key, Batch& batch);
  struct Entry {
    Tensor tensor;
    std::vector<std::byte> memory;
    bool is_made = false;  // since the batch was last begun
  };
  void begin();
  Extent rows_;
  Extent first_row_ = 0;
  bool is_being_filled_ = false;
  std::map<std::string, Entry> entries_;
};

/// An output as a task reads it: its numbers under the kind that it has.
///
/// Errors    real() of an Index output, index() of a Real one: with the name, and the line that asked for it.
class Output : public Tensor {
 public:
  Output(const Tensor& tensor, std::string_view name, At asked) : Tensor(tensor), name_(name), asked_(asked) {}
  Real* real() const;
  Index* index() const;

 private:
  void expect(Kind kind, const char* function) const;

  std::string_view name_;
  At asked_;
};

/// Outputs of the evaluation graph for a whole batch, by name; each has the batch as its first axis.
class Outputs : public std::map<std::string, Tensor> {
 public:
  using std::map<std::string, Tensor>::map;

  /// Errors    no output of this name, with those that there are and the line that asked for it.
  Output at(const std::string& name, At asked = At::here()) const;
};

/// What a task says about the outputs of a batch, row by row; the trainer averages over rows, and over the rows of a slice.
struct Judgement {
  struct Metric {
    std::string name;          // "sequence_accuracy"
    std::vector<double> rows;  // [B]
  };
  std::vector<Metric> metrics;      // the first one is the main metric, higher is better
  std::vector<std::string> slices;  // [B], such as "N=10"; empty: no slices
};

/// What the numbers of a tensor of the batch, or of an output, are: for those who read the results.
struct TensorMeaning {
  enum class What : std::uint8_t {
    kNumber,          // a real value
    kToken,           // the number of a word or symbol
    kClass,           // the number of a class
    kItem,            // the position of an item in the tensor `of`
    kCount,           // how many
    kMask,            // 1: it is there, or counts
    kScores,          // a score of each class along the last axis
    kLogProbability,  // in nats
    kIndex            // any other whole number
  };
  std::string name;  // of the tensor or the output
  What what = What::kNumber;
  std::vector<std::string> axes{};  // after that of the batch: {"fact", "word"}
  std::string labels{};             // the list of Meanings::labels that has a text for each number
  std::optional<Index> padding{};   // the number that stands for nothing
  std::string of{};                 // "numbers:1", for kItem: a tensor and its axis, counted from the batch as 0
};

struct Meanings {
  std::vector<TensorMeaning> tensors;
  std::map<std::string, std::vector<std::string>> labels;  // "word" -> the text of number 0, 1, ...
};

/// Reads items that a user has written, line by line: a sentence is one line, a story takes several.
class ItemReader {
 public:
  virtual ~ItemReader() = default;
  /// Takes the next line, without its end. True: an item is complete, and `batch`, which has one row, holds it: every tensor
  /// that `fill` makes. Where the answer was not given, anything that `fill` could make stands for it.
  ///
  /// Errors    Error with the fact: a line that cannot be part of an item.
  virtual bool read(std::string_view line, Batch& batch) = 0;
};

/// A reader of items that are one line each. `read` fills a batch of one row.
std::unique_ptr<ItemReader> line_reader(std::function<void(std::string_view line, Batch& batch)> read);

/// Makes seeded batches and judges outputs.
///
/// A plugin: one file in tasks/GROUP, ended by FOVEA_TASK("name", Class, R"doc(docstring)doc");
class Task {
 public:
  static constexpr const char* kKind = "task";

  virtual ~Task() = default;
  virtual void fields(Options& options);
  /// Checks the options together, after parsing. Errors: Error with the fact.
  virtual void check() const {}
  /// Fills a batch of batch.rows() items. `rng` already belongs to the split (see `fill_batch`): the same key gives the same
  /// batch, and the splits draw from different streams. Shapes may differ from batch to batch (a length drawn from `rng`),
  /// not within one. A task with a list of items evaluates those from batch.first_row() on, so that each comes once, however
  /// large the batches are.
  virtual void fill(Rng& rng, Split split, Batch& batch) const = 0;
  /// A name that keys `rng` too, so that tasks of other names draw other numbers; empty: seed, split and number alone do.
  virtual std::string stream() const { return ""; }
  virtual Judgement judge(const Batch& batch, const Outputs& outputs) const = 0;
  /// The accuracy of a random guess for the main metric, where it is known; negative: not known.
  virtual double chance() const { return -1; }
  /// An item in readable form, for `fovea sample`: by default its tensors, one after the other.
  virtual std::string text(const Batch& batch, Extent row) const;
  /// How a user writes an item, in a line such as "whole numbers, separated by spaces"; empty: only as JSON.
  virtual std::string item_format() const { return ""; }
  /// A reader of what `item_format` says; null where that is empty.
  virtual std::unique_ptr<ItemReader> item_reader() const { return nullptr; }
  /// What the outputs say of an item, as a user would write the answer; by default the outputs, one after the other.
  virtual std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const;
  /// What the tensors and outputs are, for those who read the results; where nothing is said, Reals are numbers, Indexes are
  /// whole numbers, and axes have no names.
  virtual Meanings meanings() const { return {}; }
  /// One line that a run prints when it starts, such as what is wrong with its data; empty: none.
  virtual std::string note() const { return ""; }
};

/// Which batch: the number-th of a seed, from a stream separate from those of the splits where `stream` is not 0.
struct BatchKey {
  std::uint64_t seed = 0;
  std::uint32_t stream = 0;  // stream_of("gradient_check"), ...
  Extent number = 0;
};

/// Fills a batch with the items of a split that a key stands for. What the task does not make this time is no longer there.
///
/// Errors    those of the task; another exception, and a batch without tensors, with its name.
void fill_batch(const Task& task, Split split, const BatchKey& key, Batch& batch);

/// Which of `count` listed items is in a row: drawn anew in training; in an evaluation each once, from first_row() on.
Extent listed_item(Rng& rng, Split split, const Batch& batch, Extent row, Extent count);

/// What a task says about the outputs of a batch of `rows` items, checked.
///
/// Errors    those of the task; another exception, no metric, or not one value for each item, with its name.
Judgement judge_batch(const Task& task, const Batch& batch, const Outputs& outputs, Extent rows);

/// The output that a task judges. Errors: none of this name and type, with the name of the task.
Tensor require_output(const Outputs& outputs, const std::string& name, const Type& type, const std::string& task);

/// How well the rows of an Index tensor match what is wanted.
struct EqualRows {
  std::vector<double> share;  // [B], of a row's entries; 1 where nothing is wanted
  std::vector<double> whole;  // [B], 1 where all of them are, else 0
};

/// Compares tensors of one type, row by row. An entry of `wanted` below 0 is skipped.
EqualRows equal_rows(const Tensor& given, const Tensor& wanted);

template <>
Registry<Task>& Registry<Task>::instance();

}  // namespace fovea

#define FOVEA_TASK(name, Class, doc) FOVEA_REGISTER(::fovea::Task, name, Class, doc)
