// The twenty bAbI tasks by end-to-end memory networks, as they were published: single tasks or all jointly.

#include <algorithm>
#include <array>

#include "framework/core/error.h"
#include "framework/experiment.h"
#include "modules/memory/stories/memn2n.h"
#include "tasks/qa/corpus.h"

namespace fovea {
namespace {

constexpr Extent kBatch = 32;
constexpr Extent kTestQuestions = 1000;  // of each task
constexpr std::size_t kTasks = 20;

/// Per cent of wrong answers of the twenty tasks, and their mean.
struct PublishedColumn {
  const char* source;
  std::array<double, kTasks> wrong;
  double mean;
};

// Sukhbaatar et al. 2015, table 1: three hops, position encoding, linear start, random noise; the best of 10 seeds by the
// training error.
constexpr PublishedColumn kAlone{
    "Sukhbaatar et al. 2015",
    {0.0, 8.3, 40.3, 2.8, 13.1, 7.6, 17.3, 10.0, 13.2, 15.1, 0.9, 0.2, 0.4, 1.7, 0.0, 1.3, 51.0, 11.1, 82.8, 0.0},
    13.9};
constexpr PublishedColumn kJoint{
    "Sukhbaatar et al. 2015",
    {0.0, 11.4, 21.9, 13.4, 14.4, 2.8, 18.3, 9.3, 1.9, 6.5, 0.3, 0.1, 0.2, 6.9, 0.0, 2.7, 40.4, 9.4, 88.0, 0.0},
    12.4};
// 10,000 questions of each task: Henaff et al. 2017, arXiv:1612.03969, table 2.
constexpr PublishedColumn kMany{
    "MemN2N", {0.0, 0.3, 2.1, 0.0, 0.8, 0.1, 2.0, 0.9, 0.3, 0.0, 0.0, 0.0, 0.0, 0.2, 0.0, 51.8, 18.6, 5.3, 2.3, 0.0}, 4.2};
constexpr PublishedColumn kEntNet{
    "EntNet", {0.0, 0.1, 4.1, 0.0, 0.3, 0.2, 0.0, 0.5, 0.1, 0.6, 0.3, 0.0, 1.3, 0.0, 0.0, 0.2, 0.5, 0.3, 2.3, 0.0}, 0.5};

std::vector<PublishedColumn> columns_for(Extent questions, bool is_joint) {
  if (questions == 10000 && !is_joint) return {kMany, kEntNet};
  if (questions == 1000) return {is_joint ? kJoint : kAlone};
  return {};
}

void build(Builder& b, const InputTypes& inputs, const MemN2NOptions& options) {
  MemN2N network(b, options);
  const Value story = b.input("story", inputs.at("story"));
  const MemN2N::Answer answer = network(story, b.input("question", inputs.at("question")));
  if (b.mode() == Mode::kTrain) {
    const Value right = b.input("answer", inputs.at("answer"));
    b.output("cost", cross_entropy(answer.scores, right));
    b.metric("accuracy", equal(argmax(answer.scores), right));
    return;
  }
  b.output("answer", argmax(answer.scores));
  std::vector<Value> chosen;
  for (const Attended& read : answer.reads) {
    chosen.push_back(squeeze(argmax(scatter_items(read.weights, read.kept, story)), 1));
  }
  b.output("chosen", stack(chosen, 1));
}

class BabiMemN2N final : public Experiment {
 public:
  BabiMemN2N() {
    model_.time = "age";
    model_.time_noise = 0.1;
    model_.encoding = "centred_position";
    model_.null_word = true;
  }

  void fields(Options& options) override {
    options.add("tasks", tasks_, "of bAbI, numbers in [1, 20]", {.low = 1, .high = 20});
    options.add("joint", joint_, "true: one network learns all tasks together");
    options.add("questions", questions_, "training questions of a task, >= 100", {.low = 100});
    options.add("source", source_, "of the stories", {"generated", "released"});
    options.add("test", test_, "source of the test stories: that of the others, or one of its own",
                {"same", "generated", "released"});
    options.add("data", data_, "folder of the released files");
    options.add("partial", partial_, "true: a training file of which there is a part alone will do");
    options.add("generate_missing", generate_missing_, "true: stories are generated where there is no training file");
    options.add("linear_epochs", linear_epochs_, "epochs without softmax at the start, >= 0", {.low = 0});
    options.add("epochs", epochs_, "epochs after them, >= 1", {.low = 1});
    model_.fields(options);
  }

  std::vector<RunSpec> runs() const override {
    if (joint_) return {run_of("joint", tasks_)};
    std::vector<RunSpec> all;
    for (const Extent task : tasks_) all.push_back(run_of("qa" + std::to_string(task), {task}));
    return all;
  }

  std::vector<Comparison> published() const override {
    Comparison table;
    table.title = std::to_string(questions_) + " training questions of each task" + (joint_ ? ", learnt jointly" : "");
    table.metric = "accuracy";
    table.form = Comparison::Form::kPercentWrong;
    const std::vector<PublishedColumn> columns = columns_for(questions_, joint_);
    for (const PublishedColumn& column : columns) table.sources.emplace_back(column.source);
    for (const Extent task : tasks_) {
      const std::string number = std::to_string(task);
      Comparison::Row row{"task " + number, joint_ ? "joint" : "qa" + number, "test", joint_ ? "task=" + number : "", {}};
      if (joint_ && tasks_.size() == 1) row.slice = "";
      for (const PublishedColumn& column : columns)
        row.published.push_back(column.wrong[static_cast<std::size_t>(task - 1)]);
      table.rows.push_back(std::move(row));
    }
    if (tasks_.size() < kTasks) return {table};
    Comparison::Row mean{"mean", joint_ ? "joint" : "qa*", "test", "", {}};
    for (const PublishedColumn& column : columns) mean.published.push_back(column.mean);
    table.rows.push_back(std::move(mean));
    return {table};
  }

 private:
  std::string task_text(const std::vector<Extent>& tasks) const {
    std::string numbers;
    for (const Extent task : tasks) numbers += (numbers.empty() ? "" : "+") + std::to_string(task);
    std::string text = "babi(task=" + numbers + ", source=" + source_ + ", memory=" + std::to_string(model_.slots) +
                       ", train_questions=" + std::to_string(questions_);
    if (test_ != "same") text += ", test=" + test_;
    if (!data_.empty()) text += ", data=" + data_;
    if (generate_missing_) text += ", generate_missing=true";
    return text + (partial_ ? ", partial=true)" : ")");
  }

  RunSpec run_of(const std::string& name, const std::vector<Extent>& tasks) const {
    RunSpec run;
    run.name = name;
    run.task = task_text(tasks);
    const auto corpus = qa::corpus_of(run.task);
    const auto questions = static_cast<Extent>(corpus->items(Split::kTrain).size());
    const Extent epoch = std::max<Extent>(questions / kBatch, 1);  // steps
    MemN2NOptions model = model_;
    model.words = corpus->words();
    model.slots = corpus->slots();
    if (linear_epochs_ > 0 && model.linear_start == "0") {
      model.linear_start = "linear(from=1, to=0, steps=1, begin=" + std::to_string(linear_epochs_ * epoch - 1) + ")";
    }
    run.model = [model](Builder& b, const InputTypes& inputs) { build(b, inputs, model); };
    TrainSettings& train = run.train;
    train.steps = (linear_epochs_ + epochs_) * epoch;
    train.batch = kBatch;
    train.shard_rows = kBatch / 2;
    train.optimizer = "sgd";
    // The paper's 0.01 and 40 are for a cost that is summed over the batch; ours is its mean.
    train.learning_rate = 0.01 * kBatch;
    train.clip_norm = 40.0 / kBatch;
    train.schedule = "step(every=" + std::to_string(std::max<Extent>(train.steps / 4, 1)) + ", factor=0.5)";
    train.log_every = std::max<Extent>(epoch / 28, 1);  // the mean of the last rows tells the training error
    train.validation_rows = static_cast<Extent>(corpus->items(Split::kValidation).size());
    train.test_rows = kTestQuestions * static_cast<Extent>(tasks.size());
    return run;
  }

  std::vector<Extent> tasks_{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
  bool joint_ = false;
  Extent questions_ = 1000;
  std::string source_ = "generated";
  std::string test_ = "same";
  std::string data_;
  bool partial_ = false;
  bool generate_missing_ = false;
  Extent linear_epochs_ = 20;
  Extent epochs_ = 130;
  MemN2NOptions model_;
};

FOVEA_EXPERIMENT("babi_memn2n", BabiMemN2N, R"doc(
How many questions of the twenty bAbI tasks does an end-to-end memory network answer wrongly?

Question  A story is read three times, softly, to answer a question about it; a network learns each task, or one learns all.
          Published, in per cent of wrong answers with 1,000 training questions a task, best of 10 seeds by the training
          error: 13.9 on average over the tasks, 12.4 where one network learns all (three hops, position encoding, linear
          start, random noise in time).
Command   fovea run babi_memn2n source=released data=FOLDER/en-valid --seeds 10
          fovea run babi_memn2n source=released data=FOLDER/en-valid joint=true width=50 linear_epochs=30 epochs=60
            --seeds 10
          fovea run babi_memn2n source=released data=FOLDER/en-valid-10k generate_missing=true questions=10000 width=50
            epochs=100 nonlinear=true state_map=hop gate=hop optimizer=adam learning_rate=3e-3
            "schedule=cosine(to=0.01)" --seeds 5
          fovea run babi_memn2n test=released data=FOLDER/en --seeds 10
Expect    per cent of wrong answers, mean of all seeds, and of the seeds of lowest training cost: 15.2 and 13.4 (first
          command), 13.2 and 12.1 (jointly), 2.0 and 0.7 (10,000 questions; the training stories of task 3 are generated),
          15.1 and 13.6 (last command: trained on generated stories). Tasks 3, 17 and 19 need 10,000 questions.
Options   tasks=3,16 for some tasks; site="dot | dense | top_k(2) | none" to read few statements; linear_epochs=0 to start
          with the softmax; time_noise=0 without noise; encoding, tying, state_map, gate and nonlinear for variants of the network.
Source    Sukhbaatar et al. 2015, arXiv:1503.08895, table 1, with rates and clipping for a mean cost in the place of a sum.
          As in the authors' program: centred positions, 20 epochs without softmax. Their 100 epochs after these are 130
          here, which the validation stories preferred.
)doc");

}  // namespace
}  // namespace fovea
