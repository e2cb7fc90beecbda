#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <map>
#include <ostream>
#include <vector>

#include "framework/cli/command.h"
#include "framework/cli/explained.h"
#include "framework/cli/plugin_library.h"
#include "framework/core/text.h"
#include "framework/cpu/parallel.h"
#include "framework/files/line_source.h"
#include "framework/results/json.h"
#include "framework/trained/item_parser.h"
#include "framework/trained/predictor.h"

namespace fovea::cli {
namespace {

struct Arguments {
  std::string run;
  std::string input = "-";
  std::string task;
  std::vector<std::string> sites;
  bool explain = false;
  bool json = false;
  bool format = false;
  Extent threads = 0;
  std::vector<std::string> plugins;

  void fields(ArgumentList& list) {
    list.word("run", run, "a trained run: its folder or results file");
    list.option("--input", input, "file of items; by default the standard input");
    list.option("--task", task, "the task whose format the items have; by default the one that the run was trained on");
    list.repeated("--site", sites, "PATTERN=SITE or PATTERN=PART: how the sites of these paths choose; may be repeated");
    list.flag("--explain", explain, "print what each site chose for each item");
    list.flag("--json", json, "print an object a line, with the answer and all outputs");
    list.flag("--format", format, "say how items are written, and stop");
    list.option("--threads", threads, "threads, >= 0; 0: one per core; changes no number", {0, 4096});
    add_plugins(list, plugins);
  }
};

Json json_of(const Tensor& tensor, Extent row) {
  const Shape shape = tensor.shape().without(0);
  const Extent size = shape.size();
  Json::Array list;
  for (Extent i = row * size; i < (row + 1) * size; ++i) {
    if (tensor.type.kind == Kind::kIndex) {
      list.emplace_back(std::int64_t{tensor.index()[i]});
    } else {
      list.emplace_back(static_cast<double>(tensor.real()[i]));
    }
  }
  if (shape.rank() == 0) return list.front();
  for (int axis = shape.rank() - 1; axis > 0; --axis) {  // the innermost lists first
    const auto length = static_cast<std::size_t>(shape[axis]);
    Json::Array outer;
    for (std::size_t i = 0; length > 0 && i < list.size(); i += length) {
      const auto begin = list.begin() + static_cast<std::ptrdiff_t>(i);
      outer.emplace_back(Json::Array(begin, begin + static_cast<std::ptrdiff_t>(length)));
    }
    list = std::move(outer);
  }
  return list;
}

/// Items that wait, their answers, and both in their order.
class Answers {
 public:
  Answers(Predictor& predictor, const Arguments& arguments, std::ostream& out)
      : predictor_(predictor), arguments_(arguments), out_(out) {}

  /// `place`: where the item was read, for an error.
  void add(std::unique_ptr<Batch> item, const std::string& place) {
    items_.push_back(std::move(item));
    places_.push_back(place);
    if (items_.size() == kMost) flush();
  }

  /// Works on what waits: items of one type at a time, as they fit one batch.
  void flush() {
    texts_.assign(items_.size(), "");
    std::vector<bool> is_done(items_.size(), false);
    for (std::size_t first = 0; first < items_.size(); ++first) {
      if (is_done[first]) continue;
      const Named<Type> types = items_[first]->types();
      std::vector<std::size_t> places;
      std::vector<std::unique_ptr<Batch>> alike;
      for (std::size_t i = first; i < items_.size(); ++i) {
        if (is_done[i] || !(items_[i]->types() == types)) continue;
        is_done[i] = true;
        places.push_back(i);
      }
      for (const std::size_t place : places) alike.push_back(std::move(items_[place]));
      try {
        answer(*joined(alike), places);
      } catch (const Error&) {
        find_failure(alike, places);
      }
    }
    const std::size_t whole = failures_.empty() ? texts_.size() : failures_.begin()->first;
    for (std::size_t i = 0; i < whole; ++i) out_ << texts_[i];
    out_ << std::flush;
    items_.clear();
    places_.clear();
    if (!failures_.empty()) throw failures_.begin()->second;
  }

 private:
  static constexpr std::size_t kMost = 1024;

  /// Of items that fail together, the first that fails alone; what comes before it is answered.
  void find_failure(const std::vector<std::unique_ptr<Batch>>& items, const std::vector<std::size_t>& places) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      try {
        answer(*joined({&items[i], 1}), {places[i]});
      } catch (const Error& error) {
        failures_.emplace(places[i], error.at(places_[places[i]]));
        return;
      }
    }
  }

  void answer(const Batch& batch, const std::vector<std::size_t>& places) {
    const Outputs& outputs = predictor_.predict(batch);
    for (std::size_t row = 0; row < places.size(); ++row) {
      texts_[places[row]] = answer_text(batch, outputs, static_cast<Extent>(row));
    }
    if (!arguments_.explain) return;
    const std::vector<std::string> explained = explained_items(predictor_.record("predict"));
    for (std::size_t row = 0; row < places.size(); ++row) texts_[places[row]] += explained.at(row) + "\n";
  }

  std::string answer_text(const Batch& batch, const Outputs& outputs, Extent row) const {
    std::string answer = predictor_.task().answer(batch, outputs, row);
    while (!answer.empty() && answer.back() == '\n') answer.pop_back();
    if (!arguments_.json) return answer + "\n";
    Json::Object all;
    for (const auto& [name, tensor] : outputs) all.emplace_back(name, json_of(tensor, row));
    return json_line(Json::Object{{"answer", answer}, {"outputs", std::move(all)}}) + "\n";
  }

  Predictor& predictor_;
  const Arguments& arguments_;
  std::ostream& out_;
  std::vector<std::unique_ptr<Batch>> items_;
  std::vector<std::string> places_;
  std::vector<std::string> texts_;
  std::map<std::size_t, Error> failures_;  // by the number of the item among those that wait
};

std::vector<SiteChange> changes_of(const Arguments& arguments) {
  std::vector<SiteChange> changes;
  try {
    for (const std::string& site : arguments.sites) changes.push_back(SiteChange::parse(site));
  } catch (const Error& error) {
    throw UsageError(error);
  }
  return changes;
}

/// Every item of the input, in order; an item that is wrong ends it, after the answers to those before.
void answer_all(LineSource& lines, ItemParser& parser, Answers& answers) {
  bool is_open = false;  // an item has begun
  while (auto line = lines.next()) {
    std::unique_ptr<Batch> item;
    try {
      item = parser.take(*line);
    } catch (const Error& error) {
      answers.flush();
      throw error.at(lines.place());
    }
    if (!trimmed(*line).empty()) is_open = item == nullptr;
    if (item) answers.add(std::move(item), lines.place());
    if (lines.would_wait()) answers.flush();
  }
  answers.flush();
  if (!is_open) return;
  throw Error(lines.place(),
              "the end of an item was expected; the input ended within one; items are " + parser.format() + ".");
}

int predict(const Arguments& arguments, const Console& console) {
  if (arguments.explain && arguments.json) {
    throw UsageError("fovea predict",
                     "expected --explain, for people, or --json, for programs; both came; give one of them.");
  }
  cpu::set_threads(static_cast<int>(arguments.threads));
  load_plugins(arguments.plugins);
  TrainedRun trained(arguments.run, loaded_libraries());
  for (const std::string& note : trained.notes()) console.err << trained.file().string() << ": " << note << '\n';
  Predictor predictor(trained, changes_of(arguments), arguments.task);
  ItemParser parser(predictor.task());
  if (arguments.format) {
    console.out << "items are " << parser.format() << '\n';
    return kOk;
  }
  LineSource lines(arguments.input);
  Answers answers(predictor, arguments, console.out);
  if (arguments.input == "-" && ::isatty(STDIN_FILENO) == 1) console.err << "items are " << parser.format() << '\n';
  answer_all(lines, parser, answers);
  return kOk;
}

}  // namespace

const Command kPredict = {"predict", "answer items of your own with a trained run",
                          "  echo \"3 1 2\" | fovea predict runs/sort_by_pointing/main\n"
                          "  fovea predict runs/babi_memn2n/qa1 --input stories.txt --explain\n"
                          "  fovea predict runs/date_translation/main --format     # how items are written\n",
                          run_with<Arguments, predict>};

}  // namespace fovea::cli
