// The task `labelled_text`: the label of a text, from a file of the user's own.

#include <algorithm>
#include <string>
#include <vector>

#include "framework/core/text.h"
#include "tasks/data/sources.h"
#include "tasks/data/units.h"
#include "tasks/recall/tokens.h"

namespace fovea {
namespace {

using data::Field;

constexpr const char* kName = "labelled_text";
constexpr Index kUnknown = 1;
constexpr Index kEnd = 2;    // of a text, where its label is asked for
constexpr Index kLabel = 3;  // the first label

struct TextOptions {
  data::Sources sources{};
  std::string label = "last";
  std::string units = "words";
  bool lower = false;
  Extent longest = 256;
  Extent min_count = 1;
  bool lenient = false;

  void fields(Options& options) {
    sources.fields(options, "of a file with a text and its label in each line");
    options.add("label", label, "where it stands: after the last tab, or before the first tab or blank", {"last", "first"});
    options.add("units", units, "what texts are made of", {"words", "characters"});
    options.add("lower", lower, "true: ASCII letters of texts are read in lower case");
    options.add("longest", longest, "most units of a text, >= 1", {.low = 1, .high = 1e6});
    options.add("min_count", min_count, "units that training has less often are unknown, >= 1", {.low = 1});
    options.add("lenient", lenient, "skip malformed lines, and count them");
  }

  data::UnitOptions text() const { return {data::unit_of(units), lower}; }
};

/// An item as it is written, with its place for errors that are found later.
struct Labelled {
  std::vector<std::string> text;
  std::string label;
  std::string file;
  Extent line = 0;
};

struct Item {
  std::vector<Index> tokens;
  Index label = -1;
};

struct Texts {
  data::Units units;  // with the labels
  Extent labels = 0;
  data::Splits<Item> items;
  Extent longest = 1;  // with its end
  Extent unknown = 0;  // units of validation and test items
  data::Skipped skipped;
  double chance = -1;
};

Field part_of(std::string_view line, std::size_t begin, std::size_t end) { return {line.substr(begin, end - begin), begin}; }

/// The text and the label of a line.
std::pair<Field, Field> split_line(std::string_view line, bool is_label_first) {
  if (is_label_first) {
    const std::size_t end = line.find_first_of(" \t");
    if (end != std::string_view::npos) return {part_of(line, end + 1, line.size()), part_of(line, 0, end)};
    throw data::LineError(line.size(),
                          "a tab or a blank and a text were expected after the label; the line ends; write "
                          "LABEL, one tab, TEXT, or set label=last.");
  }
  const std::size_t tab = line.rfind('\t');
  if (tab != std::string_view::npos) return {part_of(line, 0, tab), part_of(line, tab + 1, line.size())};
  throw data::LineError(line.size(),
                        "a tab and a label were expected after the text; the line ends; write TEXT, one tab, "
                        "LABEL, or set label=first.");
}

std::vector<std::string> units_in(const Field& text, const TextOptions& options) {
  std::vector<std::string> units = data::units_of(text.text, options.text());
  data::check_length(text, units.size(), options.longest, "a text");
  return units;
}

Labelled labelled_of(std::string_view line, const TextOptions& options) {
  const auto [text, label] = split_line(line, options.label == "first");
  const std::string_view name = trimmed(label.text);
  if (name.empty()) throw data::LineError(label.begin, "a label was expected; nothing came; write one.");
  return {units_in(text, options), std::string(name), {}, 0};
}

/// The numbers of the units, and of the labels before them: those that training has.
void collect(const std::vector<Labelled>& train, const TextOptions& options, Texts& texts) {
  std::map<std::string, Extent> units;
  std::map<std::string, Extent> labels;
  for (const Labelled& one : train) {
    for (const std::string& unit : one.text) ++units[unit];
    ++labels[one.label];
  }
  std::vector<std::string> first{"", "<unknown>", "<end>"};
  for (const auto& [label, count] : labels) first.push_back(label);
  texts.labels = static_cast<Extent>(labels.size());
  texts.units = data::Units(std::move(first), units, options.min_count);
  if (texts.labels > 1) return;
  throw Error(kName, "at least two labels were expected; the training items have only " + data::came(labels.begin()->first) +
                         "; give items with other labels.");
}

class Loader {
 public:
  explicit Loader(const TextOptions& options) : options_(options) {}

  Texts load() {
    data::Splits<Labelled> written;
    for (const data::Sources::File& file : options_.sources.files()) {
      data::read_lines(file.path, options_.lenient ? &texts_.skipped : nullptr, [&](std::string_view line, Extent number) {
        Labelled one = labelled_of(line, options_);
        one.file = file.path;
        one.line = number;
        const Split split = options_.sources.split_of(file, data::joined(one.text, data::Unit::kWord));
        written.of(split).push_back(std::move(one));
      });
    }
    options_.sources.check_counts(kName, written.counts());
    collect(written.of(Split::kTrain), options_, texts_);
    for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
      for (const Labelled& one : written.of(split)) add(one, split);
    }
    texts_.chance = data::most_frequent_share(labels_of(Split::kTrain), labels_of(Split::kTest));
    return std::move(texts_);
  }

 private:
  void add(const Labelled& one, Split split) {
    const std::vector<std::string>& names = texts_.units.texts();
    const auto first = names.begin() + kLabel;
    const auto found = std::lower_bound(first, first + texts_.labels, one.label);
    if (found == first + texts_.labels || *found != one.label) return skip(one);
    Item item{texts_.units.numbers_of(one.text, kUnknown), static_cast<Index>(found - names.begin())};
    if (split != Split::kTrain) texts_.unknown += std::count(item.tokens.begin(), item.tokens.end(), kUnknown);
    item.tokens.push_back(kEnd);
    texts_.longest = std::max(texts_.longest, static_cast<Extent>(item.tokens.size()));
    texts_.items.of(split).push_back(std::move(item));
  }

  void skip(const Labelled& one) {
    const Error error(one.file + ":" + std::to_string(one.line),
                      "a label of the training items was expected; " + data::came(one.label) +
                          " came; add training items with it, or set lenient=true to skip such lines.");
    if (!options_.lenient) throw error;
    ++texts_.skipped.lines;
    if (texts_.skipped.first.empty()) texts_.skipped.first = error.what();
  }

  std::vector<Index> labels_of(Split split) const {
    std::vector<Index> labels;
    for (const Item& item : texts_.items.of(split)) labels.push_back(item.label);
    return labels;
  }

  const TextOptions& options_;
  Texts texts_;
};

class LabelledText final : public data::ListedTask {
 public:
  void fields(Options& options) override { options_.fields(options); }
  void check() const override {
    options_.sources.check(kName);
    texts();
  }
  Extent count(Split split) const override { return texts().items.count(split); }

  void fill(Rng& rng, Split split, Batch& batch) const override {
    const std::vector<Item>& items = texts().items.asked(split, options_.sources, kName);
    const Rows rows(batch, texts().longest);
    for (Extent b = 0; b < batch.rows(); ++b) {
      rows.write(items[listed_item(rng, split, batch, b, static_cast<Extent>(items.size()))], b);
    }
  }

  Meanings meanings() const override {
    Meanings meanings = tokens::meanings(texts().units.texts());
    meanings.tensors.push_back({"mask", TensorMeaning::What::kMask, {"place"}});
    meanings.tensors.front().padding = 0;
    return meanings;
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    Judgement judgement = tokens::judged(batch, outputs, kName);
    judgement.metrics.resize(1);  // there is one label: exact is the same
    for (Extent b = 0; b < batch.rows(); ++b) judgement.slices.push_back("label=" + name_of(batch.at("targets").index()[b]));
    return judgement;
  }

  double chance() const override { return texts().chance; }

  std::string text(const Batch& batch, Extent row) const override {
    const Tensor tokens = batch.at("tokens");
    std::vector<std::string> units;
    const Index* first = tokens.index() + row * tokens.shape()[1];
    for (const Index* one = first; *one != kEnd; ++one) units.push_back(name_of(*one));
    return data::joined(units, options_.text().unit) + " -> " + name_of(batch.at("targets").index()[row]) + "\n";
  }

  std::string item_format() const override {
    return "a text of at most " + std::to_string(options_.longest) + " " + options_.units + ", without its label";
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    return data::item_lines([this](std::string_view line, Batch& batch) {
      Item item{texts().units.numbers_of(units_in({line, 0}, options_), kUnknown), kLabel};
      item.tokens.push_back(kEnd);
      Rows(batch, std::max(texts().longest, static_cast<Extent>(item.tokens.size()))).write(item, 0);
    });
  }

  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    const Type type{Shape{batch.rows(), 1}, Kind::kIndex};
    return name_of(require_output(outputs, "answers", type, kName).index()[row]) + "\n";
  }

  std::string note() const override {
    std::string text = data::text_of(texts().skipped);
    if (texts().unknown > 0) {
      text += (text.empty() ? "" : "; ") + std::to_string(texts().unknown) +
              " units of validation and test items are not among those of training";
    }
    return text.empty() ? "" : std::string(kName) + ": " + text;
  }

 private:
  struct Rows {
    tokens::Labelled made;
    Tensor mask;

    Rows(Batch& batch, Extent length)
        : made(batch, length, 1), mask(batch.make("mask", {Shape{batch.rows(), length}, Kind::kIndex})) {}
    void write(const Item& item, Extent b) const {
      const auto length = static_cast<Extent>(item.tokens.size());
      std::copy(item.tokens.begin(), item.tokens.end(), made.row(b));
      Index* there = mask.index() + b * made.length();
      std::fill_n(there, length, Index{1});
      std::fill(there + length, there + made.length(), Index{0});
      made.ask(b, 0, length - 1, item.label);
    }
  };

  const Texts& texts() const {
    return shared_.of(kName, options_, [this] { return Loader(options_).load(); });
  }

  std::string name_of(Index number) const {
    const std::vector<std::string>& names = texts().units.texts();
    return number >= 0 && number < static_cast<Index>(names.size()) ? names[number] : std::to_string(number);
  }

  TextOptions options_;
  data::Shared<Texts> shared_;
};

FOVEA_TASK("labelled_text", LabelledText, R"doc(
Labelled text: which label a text has, from a file of the user's own.

Example   a line "the pump leaks again", a tab, "fault" -> the label fault.
Inputs    tokens Index [B, T]: 0 past the end, 1 a unit that training does not have, 2 the end of a text, then the labels and
          the units of training, each in the order of their bytes; mask Index [B, T], 1 where there is a token; places Index
          [B, 1], the end of the text; targets Index [B, 1], the token of the label. T is that of the longest text and its
          end. A model needs as many tokens as there are labels and units, and 3; a label and a word of the same text are two
          tokens.
Units     words between blanks, or characters, blanks included. Texts are UTF-8 in composed form (NFC); letters differ by
          their case unless lower=true.
Splits    files, or shares of one: a hash of the text decides, so that equal texts are in one split, and lines that are added
          move no other.
Judges    output "answers", Index [B, 1]: accuracy. Slices by label. Chance: the share of test items with the most frequent
          label of training.
Errors    lines without a label or a text, texts above `longest`, labels that training does not have, and what is no UTF-8
          text: with the place in the file. With lenient=true such lines are skipped and counted.
Source    none; the file is the user's.
)doc");

}  // namespace
}  // namespace fovea
