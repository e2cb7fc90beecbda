#include <fmt/format.h>
#include <algorithm>
#include <ostream>

#include "framework/cli/command.h"
#include "framework/cli/plugin_library.h"
#include "framework/train/training.h"

namespace fovea::cli {
namespace {

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

}  // namespace

int sample(const Arguments& arguments, Streams streams) {
  load_plugins(arguments.plugins);
  const Split split = split_of(arguments.split);
  const std::unique_ptr<Task> task = task_of(arguments.name);
  Batch batch(arguments.count);
  fill_batch(*task, split, {static_cast<std::uint64_t>(arguments.seed), stream_of(arguments.split), 0}, batch);
  streams.out << Registry<Task>::instance().parse(arguments.name).text << '\n';
  for (Extent row = 0; row < batch.rows(); ++row) {
    streams.out << fmt::format("\n{} {} of {}\n{}", arguments.split, row + 1, batch.rows(), task->text(batch, row));
  }
  return kOk;
}

}  // namespace fovea::cli
