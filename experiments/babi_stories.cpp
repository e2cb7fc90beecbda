#include "experiments/babi_stories.h"

#include <algorithm>

#include "framework/graph/functions.h"

namespace fovea {

void BabiStories::fields(Options& options) {
  options.add("tasks", tasks, "of bAbI, numbers in [1, 20]", {.low = 1, .high = 20});
  options.add("joint", joint, "true: one network learns all tasks together");
  options.add("questions", questions, "training questions of a task, >= 100", {.low = 100});
  options.add("source", source, "of the stories", {"generated", "released"});
  options.add("data", data, "folder of the released files");
  options.add("partial", partial, "true: a part of a training file is enough");
  options.add("generated", generated, "tasks that are generated where source is released", {.low = 1, .high = 20});
}

void BabiStories::memory_field(Options& options) {
  options.add("memory", memory, "latest statements that are remembered; 0: 70, and 130 of task 3", {.low = 0});
}

Extent BabiStories::Run::epoch(Extent batch) const {
  return std::max<Extent>(static_cast<Extent>(corpus->items(Split::kTrain).size()) / batch, 1);
}

std::vector<RunSpec> BabiStories::runs(const std::function<RunSpec(const Run&)>& made_of) const {
  if (joint) return {made_of(run_of("joint", tasks))};
  std::vector<RunSpec> all;
  for (const Extent task : tasks) all.push_back(made_of(run_of("qa" + std::to_string(task), {task})));
  return all;
}

BabiStories::Run BabiStories::run_of(const std::string& name, const std::vector<Extent>& numbers) const {
  std::string list;
  for (const Extent number : numbers) list += (list.empty() ? "" : "+") + std::to_string(number);
  const bool has_third = std::find(numbers.begin(), numbers.end(), 3) != numbers.end();
  const bool is_generated =
      numbers.size() == 1 && std::find(generated.begin(), generated.end(), numbers[0]) != generated.end();
  const Extent kept = memory > 0 ? memory : has_third ? 130 : 70;
  std::string text = "babi(task=" + list + ", source=" + (is_generated ? "generated" : source) +
                     ", memory=" + std::to_string(kept) + ", train_questions=" + std::to_string(questions) + more;
  if (!data.empty() && !is_generated) text += ", data=" + data;
  text += partial && !is_generated ? ", partial=true)" : ")";
  return {name, text, static_cast<Extent>(numbers.size()), qa::corpus_of(text)};
}

std::vector<Comparison::Row> BabiStories::rows(const std::vector<std::vector<double>>& figures,
                                               const std::vector<double>& means) const {
  std::vector<Comparison::Row> rows;
  for (const Extent task : tasks) {
    const std::string number = std::to_string(task);
    Comparison::Row row{.name = "task " + number, .runs = joint ? "joint" : "qa" + number};
    if (joint && tasks.size() > 1) row.slice = "task=" + number;
    for (const std::vector<double>& paper : figures) row.published.push_back(paper[static_cast<std::size_t>(task) - 1]);
    rows.push_back(row);
  }
  if (tasks.size() == 20) rows.push_back({.name = "mean", .runs = joint ? "joint" : "qa*", .published = means});
  return rows;
}

RunSpec babi_run(const BabiStories::Run& run, Extent batch) {
  RunSpec spec;
  spec.name = run.name;
  spec.task = run.task;
  spec.train.batch = batch;
  spec.train.shard_rows = batch / 2;
  spec.train.log_every = std::max<Extent>(run.epoch(batch) / 28, 1);
  spec.train.validation_rows = static_cast<Extent>(run.corpus->items(Split::kValidation).size());
  spec.train.test_rows = BabiStories::kTestQuestions * run.tasks;
  spec.train.evaluation_batch = std::max(spec.train.test_rows, spec.train.validation_rows);
  return spec;
}

void answer_with(Builder& b, const InputTypes& inputs, Value scores, const std::function<Value(Value)>& cost) {
  if (b.mode() == Mode::kEvaluate) return b.output("answer", argmax(scores));
  const Value right = b.input("answer", inputs.at("answer"));
  const Value plain = cross_entropy(scores, right);
  b.output("cost", cost ? cost(plain) : plain);
  b.metric("accuracy", equal(argmax(scores), right));
}

}  // namespace fovea
