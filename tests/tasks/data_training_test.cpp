// The tasks of tasks/data with the experiment own_data: each trains the model that its tensors are for.

#include <cmath>

#include "framework/train/shards.h"
#include "framework/train/slope_error.h"
#include "framework/train/trainer.h"
#include "tests/support/model_run.h"
#include "tests/tasks/data_files.h"

namespace fovea {
namespace {

using test::contains;
using test::DataFolder;
using Settings = std::vector<std::pair<std::string, std::string>>;

RunSpec run_of(const std::string& task, const Settings& settings = {}) {
  const auto experiment = Registry<Experiment>::instance().make("own_data");
  Options options;
  experiment->fields(options);
  options.set("task", task);
  options.set("hidden", "8");
  for (const auto& [name, value] : settings) options.set(name, value);
  return experiment->runs()[0];
}

/// A few steps with finite losses, moving parameters, the gradient of the cost, and an evaluation.
void check_trains(const std::string& task, const Settings& settings = {}) {
  CAPTURE(task);
  RunSpec run = run_of(task, settings);
  run.train.steps = 2;
  run.train.batch = 4;
  run.train.shard_rows = 2;
  const CheckReport report = check_run(run);
  CHECK(report.losses.size() == 2);
  for (const double loss : report.losses) CHECK(std::isfinite(loss));
  CHECK(report.unmoved.empty());
  CHECK(report.gradient_error <= kLargestSlopeError);
}

/// The mean loss of the last steps of a short training over that of the first ones.
double loss_ratio(const std::string& task, Extent steps, const Settings& settings = {}) {
  RunSpec run = run_of(task, settings);
  run.train.steps = steps;
  run.train.batch = 16;
  run.train.shard_rows = 16;
  run.train.learning_rate = 0.01;
  run.train.schedule = "constant";
  Training training(run);
  std::vector<double> losses;
  for (Extent step = 0; step < steps; ++step) losses.push_back(training.step().loss);
  const auto mean = [](auto first) { return (first[0] + first[1] + first[2] + first[3]) / 4; };
  return mean(losses.end() - 4) / mean(losses.begin());
}

/// What an untrained model answers to a line of a user.
std::string answer_to(const std::string& line, const std::string& text, const Settings& settings = {}) {
  const RunSpec run = run_of(text, settings);
  const auto task = make_task(text);
  const Batch batch = test::read_item(*task, line);
  const auto graph = build_graph(run.model, batch.types(), Mode::kEvaluate, run.train);
  std::map<std::string, Type> inputs;
  for (const Node& node : graph->nodes()) {
    if (node.kind == Node::Kind::kInput) inputs[node.path] = batch.at(node.path).type;
  }
  test::ModelRun model(graph, inputs);
  for (const auto& [name, type] : inputs) model.bind(name, batch.at(name).data);
  model.context.mode = Mode::kEvaluate;
  model.run({});
  Outputs outputs;
  for (const NamedSlot& named : graph->outputs()) outputs[named.name] = model.output(named.name);
  return task->answer(batch, outputs, 0);
}

/// Files of every task, small enough to be learnt in a few steps.
struct Files {
  DataFolder folder;
  std::string pairs, texts, points, hulls, table, images, labels;

  Files() {
    std::string written[5];
    for (int i = 0; i < 40; ++i) {
      const std::string one = "w" + std::to_string(i % 3) + " w" + std::to_string(i % 5);
      written[0] += one + "\tx" + std::to_string(i % 3) + " x" + std::to_string(i % 5) + "\n";
      written[1] += one + " a" + std::to_string(i) + "\t" + (i % 3 == 0 ? "yes" : "no") + "\n";
      const std::string x = "0." + std::to_string(10 + i);
      written[2] += x + " 0 0.9 0 0.1 0.7 output " + (i < 20 ? "1 2 3" : "3 1 2") + "\n";
      written[3] += x + " 0 0.9 0 output " + (i < 20 ? "1" : "2 1") + "\n";
      written[4] += (i == 0 ? "a,b,value,kind\n" : "") + std::to_string(i % 7) + "," + std::to_string(i % 4) + "," +
                    std::to_string(i % 7 - i % 4) + "," + (i % 4 < 2 ? "low" : "high") + "\n";
    }
    pairs = folder.write("pairs.tsv", written[0]);
    texts = folder.write("texts.tsv", written[1]);
    points = folder.write("points.txt", written[2]);
    hulls = folder.write("hulls.txt", written[3]);
    table = folder.write("table.csv", written[4]);
    std::string pixels("\0\0\x08\x03\0\0\0\x28\0\0\0\x04\0\0\0\x04", 16);
    std::string numbers("\0\0\x08\x01\0\0\0\x28", 8);
    for (int i = 0; i < 40; ++i) {
      for (int p = 0; p < 16; ++p) pixels += static_cast<char>(p / 8 == i % 2 ? 200 + i : i);
      numbers += static_cast<char>(i % 2);
    }
    images = folder.write("images", pixels);
    labels = folder.write("labels", numbers);
  }

  static std::string call(const std::string& name, const std::string& path, const std::string& more = "") {
    return name + "(path=" + path + ", validation=0.2, test=0.2" + more + ")";
  }
};

}  // namespace

TEST_CASE("every task of a user's own trains the model that its tensors are for") {
  const Files files;
  check_trains(Files::call("pairs_file", files.pairs));
  check_trains(Files::call("pairs_file", files.pairs, ", units=characters"),
               {{"site", "bilinear | dense | top_k(2) | none"}});
  check_trains(Files::call("labelled_text", files.texts), {{"layers", "1"}});
  check_trains(Files::call("points_file", files.points, ", judge=tour"));
  check_trains(Files::call("points_file", files.hulls, ", end=true"), {{"encoder", "lstm"}});
  check_trains(Files::call("table_file", files.table, ", ignore=value"));
  check_trains(Files::call("table_file", files.table, ", kind=real, target=value, ignore=kind"), {{"hops", "1"}});
  check_trains(Files::call("images", files.images, ", labels=" + files.labels), {{"patch", "2"}});
  const std::string arrays = std::string(FOVEA_SOURCE_DIR) + "/tests/data/sorting";
  check_trains("dataset(path=" + arrays + ".h5)");
  check_trains("dataset(path=" + arrays + ".npz)");
}

TEST_CASE("a few steps lower the loss on files of a user") {
  const Files files;
  CHECK(loss_ratio(Files::call("pairs_file", files.pairs), 40) < 0.7);
  CHECK(loss_ratio(Files::call("labelled_text", files.texts), 40) < 0.7);
  CHECK(loss_ratio(Files::call("points_file", files.points), 40) < 0.8);
  CHECK(loss_ratio(Files::call("table_file", files.table, ", ignore=value"), 40) < 0.7);
  CHECK(loss_ratio(Files::call("table_file", files.table, ", kind=real, target=value, ignore=kind"), 40) < 0.7);
  CHECK(loss_ratio(Files::call("images", files.images, ", labels=" + files.labels), 40, {{"patch", "2"}}) < 0.7);
}

TEST_CASE("a line of a user is an item for the model, and is answered as the file has it") {
  const Files files;
  const std::string texts = answer_to("w1 w2 a new one", Files::call("labelled_text", files.texts), {{"layers", "1"}});
  CHECK(texts.size() > 1);
  std::string order = answer_to("0.5 0 0.9 0 0.1 0.7 0 0", Files::call("points_file", files.points));
  std::sort(order.begin(), order.end());
  CHECK(order == "\n   1234");  // any order of four points
  const std::string name = answer_to("3,4", Files::call("table_file", files.table, ", ignore=value"));
  CHECK((name == "low\n" || name == "high\n"));
  const std::string number =
      answer_to("3,4", Files::call("table_file", files.table, ", kind=real, target=value, ignore=kind"));
  CHECK(std::isfinite(std::stod(number)));
  const std::string image = files.folder.write("one.pgm", "P2 4 4 9 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6\n");
  const std::string label =
      answer_to(image, Files::call("images", files.images, ", labels=" + files.labels), {{"patch", "2"}});
  CHECK((label == "0\n" || label == "1\n"));
  const std::string pairs = answer_to("w1 w2 w3 w4 w0", Files::call("pairs_file", files.pairs));
  CHECK(pairs.back() == '\n');
  CHECK(std::count(pairs.begin(), pairs.end(), '\n') == 1);
}

TEST_CASE("own_data evaluates each listed item once, and knows the sizes from the task") {
  const Files files;
  const RunSpec run = run_of(Files::call("pairs_file", files.pairs));
  CHECK(run.train.validation_rows + run.train.test_rows < 30);
  CHECK(run.train.validation_rows > 0);
  CHECK(run.train.test_rows > 0);
}

TEST_CASE("own_data says which tensors a model needs, and which words it does not know") {
  const auto refused = [](const std::string& task, const Settings& settings) {
    try {
      Training training(run_of(task, settings));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(contains(refused("copy", {}), "[own_data] a task with the tensors of a model was expected: seq2seq with source"));
  CHECK(contains(refused("sort_numbers", {{"model", "glimpse"}}),
                 "glimpse with image, targets; this one makes items, targets"));
  CHECK(contains(refused("induction_heads", {}), "lists what the numbers of 'tokens' mean was expected"));
  CHECK(refused("induction_heads", {{"words", "30"}}).empty());
  CHECK(contains(refused("glimpse", {{"patch", "5"}}), "a patch that divides the sides of an image was expected, 32 x 32"));
}

}  // namespace fovea
