// The task `pairs_file`: a text to another text, from a file of the user's own.

#include <algorithm>
#include <string>
#include <vector>

#include "tasks/data/edits.h"
#include "tasks/data/sources.h"
#include "tasks/data/units.h"

namespace fovea {
namespace {

using data::Field;

constexpr const char* kName = "pairs_file";
constexpr Index kEnd = 0;      // class of a target
constexpr Index kUnknown = 1;  // of a source and of a target

struct PairsOptions {
  data::Sources sources{};
  std::string units = "words";
  std::string target_units = "same";
  bool lower = false;
  Extent longest = 100;
  Extent min_count = 1;
  bool lenient = false;

  void fields(Options& options) {
    sources.fields(options, "of a file with a source, a tab and a target in each line");
    options.add("units", units, "what texts are made of", {"words", "characters"});
    options.add("target_units", target_units, "what targets are made of", {"same", "words", "characters"});
    options.add("lower", lower, "true: ASCII letters are read in lower case");
    options.add("longest", longest, "most units of a source or a target, >= 1", {.low = 1, .high = 1e6});
    options.add("min_count", min_count, "units that training has less often are unknown, >= 1", {.low = 1});
    options.add("lenient", lenient, "skip malformed lines, and count them");
  }

  data::UnitOptions source() const { return {data::unit_of(units), lower}; }
  data::UnitOptions target() const { return {data::unit_of(target_units == "same" ? units : target_units), lower}; }
};

/// A pair as it is written.
struct Pair {
  std::vector<std::string> source;
  std::vector<std::string> target;
};

struct Item {
  std::vector<Index> source;
  std::vector<Index> target;  // with its end
};

struct Pairs {
  data::Units source;
  data::Units target;
  data::Splits<Item> items;
  Extent longest_source = 1;
  Extent longest_target = 1;  // with its end
  Extent unknown = 0;         // units of validation and test items
  data::Skipped skipped;
};

/// `target` may be left out where an answer is asked for.
Pair pair_of(std::string_view line, const PairsOptions& options, bool needs_target) {
  const std::vector<Field> fields = data::fields_of(line, '\t');
  if (fields.size() > 2) {
    throw data::LineError(fields[2].begin - 1,
                          "the end of the line was expected after the target; a tab came; write "
                          "SOURCE, one tab, TARGET.");
  }
  Pair pair{data::units_of(fields[0].text, options.source()), {}};
  data::check_length(fields[0], pair.source.size(), options.longest, "a source");
  if (fields.size() == 2) {
    pair.target = data::units_of(fields[1].text, options.target());
    data::check_length(fields[1], pair.target.size(), options.longest, "a target");
  } else if (needs_target) {
    throw data::LineError(line.size(),
                          "a tab and a target were expected after the source; the line ends; write SOURCE, one "
                          "tab, TARGET.");
  }
  return pair;
}

Item item_of(const Pair& pair, const Pairs& pairs) {
  Item item{pairs.source.numbers_of(pair.source, kUnknown), pairs.target.numbers_of(pair.target, kUnknown)};
  item.target.push_back(kEnd);
  return item;
}

Pairs load(const PairsOptions& options) {
  Pairs pairs;
  data::Splits<Pair> written;
  for (const data::Sources::File& file : options.sources.files()) {
    data::read_lines(file.path, options.lenient ? &pairs.skipped : nullptr, [&](std::string_view line, Extent) {
      Pair pair = pair_of(line, options, true);
      const Split split = options.sources.split_of(file, line.substr(0, line.find('\t')));
      written.of(split).push_back(std::move(pair));
    });
  }
  options.sources.check_counts(kName, written.counts());
  std::map<std::string, Extent> sources;
  std::map<std::string, Extent> targets;
  for (const Pair& pair : written.of(Split::kTrain)) {
    for (const std::string& unit : pair.source) ++sources[unit];
    for (const std::string& unit : pair.target) ++targets[unit];
  }
  pairs.source = data::Units({"", "<unknown>"}, sources, options.min_count);
  pairs.target = data::Units({"<end>", "<unknown>"}, targets, options.min_count);
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    for (const Pair& pair : written.of(split)) {
      const Item item = item_of(pair, pairs);
      pairs.longest_source = std::max(pairs.longest_source, static_cast<Extent>(item.source.size()));
      pairs.longest_target = std::max(pairs.longest_target, static_cast<Extent>(item.target.size()));
      if (split != Split::kTrain) {
        pairs.unknown += std::count(item.source.begin(), item.source.end(), kUnknown);
        pairs.unknown += std::count(item.target.begin(), item.target.end(), kUnknown);
      }
      pairs.items.of(split).push_back(item);
    }
  }
  return pairs;
}

/// The numbers of a row up to an end or to nothing.
std::span<const Index> written_in(const Tensor& tensor, Extent row) {
  const Extent width = tensor.shape()[1];
  const Index* first = tensor.index() + row * width;
  const Index* last = std::find_if(first, first + width, [](Index one) { return one == kEnd || one < 0; });
  return {first, last};
}

class PairsFile final : public data::ListedTask {
 public:
  void fields(Options& options) override { options_.fields(options); }
  void check() const override {
    options_.sources.check(kName);
    pairs();
  }
  Extent count(Split split) const override { return pairs().items.count(split); }

  void fill(Rng& rng, Split split, Batch& batch) const override {
    const std::vector<Item>& items = pairs().items.asked(split, options_.sources, kName);
    make(batch, pairs().longest_source, pairs().longest_target);
    for (Extent b = 0; b < batch.rows(); ++b) {
      write(items[listed_item(rng, split, batch, b, static_cast<Extent>(items.size()))], batch, b);
    }
  }

  Meanings meanings() const override {
    using enum TensorMeaning::What;
    return {{{"source", kToken, {"place"}, "source", 0},
             {"targets", kClass, {"unit"}, "target", -1},
             {"answers", kClass, {"unit"}, "target"},
             {"looked", kItem, {"unit"}, "", -1, "source:1"},
             {"log_prob", kLogProbability}},
            {{"source", pairs().source.texts()}, {"target", pairs().target.texts()}}};
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    const Tensor targets = batch.at("targets");
    const Tensor answers = require_output(outputs, "answers", targets.type, kName);
    const EqualRows right = equal_rows(answers, targets);
    Judgement judgement{{{"exact_match", right.whole}, {"unit_accuracy", right.share}, {"error_rate", {}}}, {}};
    for (Extent b = 0; b < batch.rows(); ++b) {
      const std::span<const Index> wanted = written_in(targets, b);
      // What training does not have can only be right by chance.
      if (std::find(wanted.begin(), wanted.end(), kUnknown) != wanted.end()) judgement.metrics[0].rows[b] = 0;
      judgement.metrics[2].rows.push_back(static_cast<double>(data::edit_distance(written_in(answers, b), wanted)) /
                                          static_cast<double>(std::max<std::size_t>(wanted.size(), 1)));
    }
    return judgement;
  }

  std::string text(const Batch& batch, Extent row) const override {
    const std::string source = text_of(written_in(batch.at("source"), row), pairs().source, options_.source());
    return source + " -> " + text_of(written_in(batch.at("targets"), row), pairs().target, options_.target()) + "\n";
  }

  std::string item_format() const override {
    return "a source of at most " + std::to_string(options_.longest) + " " + options_.units +
           "; a tab and a target may follow";
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    return data::item_lines([this](std::string_view line, Batch& batch) {
      const Item item = item_of(pair_of(line, options_, false), pairs());
      make(batch, std::max(pairs().longest_source, static_cast<Extent>(item.source.size())),
           std::max(pairs().longest_target, static_cast<Extent>(item.target.size())));
      write(item, batch, 0);
    });
  }

  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    const auto found = outputs.find("answers");
    const Extent width = found == outputs.end() ? pairs().longest_target : found->second.shape().last();
    const Tensor answers = require_output(outputs, "answers", {Shape{batch.rows(), width}, Kind::kIndex}, kName);
    return text_of(written_in(answers, row), pairs().target, options_.target()) + "\n";
  }

  std::string note() const override {
    std::string text = data::text_of(pairs().skipped);
    if (pairs().unknown > 0) {
      text += (text.empty() ? "" : "; ") + std::to_string(pairs().unknown) +
              " units of validation and test items are not among those of training";
    }
    return text.empty() ? "" : std::string(kName) + ": " + text;
  }

 private:
  const Pairs& pairs() const {
    return shared_.of(kName, options_, [this] { return load(options_); });
  }

  static void make(Batch& batch, Extent sources, Extent targets) {
    batch.make("source", {Shape{batch.rows(), sources}, Kind::kIndex});
    batch.make("targets", {Shape{batch.rows(), targets}, Kind::kIndex});
  }

  static void write(const Item& item, const Batch& batch, Extent b) {
    write_row(item.source, 0, batch.at("source"), b);
    write_row(item.target, -1, batch.at("targets"), b);
  }

  static void write_row(const std::vector<Index>& from, Index padding, const Tensor& to, Extent b) {
    const Extent width = to.shape()[1];
    Index* row = to.index() + b * width;
    std::fill(std::copy(from.begin(), from.end(), row), row + width, padding);
  }

  static std::string text_of(std::span<const Index> numbers, const data::Units& units, const data::UnitOptions& options) {
    std::vector<std::string> texts;
    for (const Index number : numbers) {
      const bool is_known = number >= 0 && number < static_cast<Index>(units.size());
      texts.push_back(is_known ? units.texts()[number] : std::to_string(number));
    }
    return data::joined(texts, options.unit);
  }

  PairsOptions options_;
  data::Shared<Pairs> shared_;
};

FOVEA_TASK("pairs_file", PairsFile, R"doc(
Pairs: a text is answered by another text, from a file of the user's own.

Example   a line "three cats", a tab, "trois chats": source "three cats" -> targets "trois", "chats", the end.
Inputs    source Index [B, S]: 0 past the end, 1 a unit that training does not have, then the units of the training sources
          in the order of their bytes; targets Index [B, M]: 0 the end, 1 an unknown unit, then those of the training
          targets; -1 past the end, which costs nothing. S and M are those of the longest item, with its end.
Units     words between blanks, or characters, blanks included. Texts are UTF-8 in composed form (NFC); letters differ by
          their case unless lower=true.
Splits    files, or shares of one: a hash of the source decides, so that equal sources are in one split, and lines that are
          added move no other.
Judges    output "answers", Index [B, M]: exact_match, up to the end; unit_accuracy; error_rate, the edits that make the
          answer right for each unit of the target. An item with an unknown unit in its target is never exact.
Errors    lines without or with several tabs, an empty side, texts above `longest`, and what is no UTF-8 text: with the place
          in the file. With lenient=true such lines are skipped and counted.
Source    none; the file is the user's.
)doc");

}  // namespace
}  // namespace fovea
