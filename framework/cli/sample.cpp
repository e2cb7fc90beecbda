#include <fmt/format.h>
#include <algorithm>
#include <ostream>

#include "framework/cli/command.h"
#include "framework/cli/plugin_library.h"
#include "framework/train/training.h"

namespace fovea::cli {
namespace {

struct Arguments {
  std::string task;
  Extent count = 3;
  Extent seed = 1;
  std::string split = "train";
  std::vector<std::string> plugins;

  void fields(ArgumentList& list) {
    list.word("task", task, "a task, as in \"babi(task=3)\" (fovea list task)");
    list.option("--count", count, "items, >= 1", {1, 100000});
    list.option("--seed", seed, "seed of the draw of items, >= 0", {});
    list.option("--split", split, "train, validation or test");
    add_plugins(list, plugins);
  }
};

Split split_of(const std::string& name) {
  static const std::vector<std::string> kNames{"train", "validation", "test"};
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) throw UsageError("split", unknown_name(name, kNames));
  return static_cast<Split>(found - kNames.begin());
}

std::unique_ptr<Task> task_of(const std::string& text) {
  try {
    return make_task(text);
  } catch (const Error& error) {
    throw UsageError(error);
  }
}

int sample(const Arguments& arguments, const Console& console) {
  load_plugins(arguments.plugins);
  const Split split = split_of(arguments.split);
  const std::unique_ptr<Task> task = task_of(arguments.task);
  Batch batch(arguments.count);
  fill_batch(*task, split, {.seed = static_cast<std::uint64_t>(arguments.seed)}, batch);
  console.out << Registry<Task>::instance().parse(arguments.task).text << '\n';
  for (Extent row = 0; row < batch.rows(); ++row) {
    console.out << fmt::format("\n{} {} of {}\n{}", arguments.split, row + 1, batch.rows(), task->text(batch, row));
  }
  return kOk;
}

}  // namespace

const Command kSample = {"sample", "print items of a task",
                         "  fovea sample sort_numbers\n  fovea sample \"babi(task=3)\" --count 1 --seed 7\n"
                         "  fovea sample \"babi(task=all)\" --split test\n",
                         run_with<Arguments, sample>};

}  // namespace fovea::cli
