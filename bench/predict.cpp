// A trained pointer network asked for one item at a time: seconds of a whole Predictor::predict, from the item to the order,
// and what it allocates meanwhile.

#include <unistd.h>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <string>
#include <vector>

#include "bench/command_line.h"
#include "bench/measure.h"
#include "framework/core/error.h"
#include "framework/resolved.h"
#include "framework/train/trainer.h"
#include "framework/trained/predictor.h"

namespace {

std::atomic<std::size_t> allocations{0};

}  // namespace

// Counted in the whole process, the library included. Not inlined, or g++ takes new and free for a pair that does not fit.
[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace fovea::bench {
namespace {

struct Setting {
  Extent length = 20;
  Extent hidden = 128;
  std::string encoder = "lstm";
  double seconds = 1;
};

/// A folder that goes with its life.
class Folder {
 public:
  Folder() : path_((std::filesystem::temp_directory_path() / "fovea-bench-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) throw Error(path_, "a temporary folder was expected; none could be made.");
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code none;
    std::filesystem::remove_all(path_, none);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Two steps of training: what the network has learned does not change its time.
void train(const Setting& setting, const std::string& folder) {
  const std::string length = std::to_string(setting.length);
  const ResolvedExperiment experiment =
      resolve_experiment("sort_by_pointing", {{"n", length},
                                              {"lengths", length},
                                              {"encoder", setting.encoder},
                                              {"site", "additive | dense | softmax | none"},
                                              {"hidden", std::to_string(setting.hidden)},
                                              {"steps", "2"},
                                              {"test_rows", "32"},
                                              {"validation_rows", "32"}});
  RunRequest request;
  request.experiment = experiment.name;
  request.options = experiment.options;
  request.run = experiment.runs.front();
  request.directory = folder;
  train_run(request, {});
}

void measure(const Setting& setting, bool json) {
  const Folder folder;
  train(setting, folder.path());
  TrainedRun run(folder.path());
  Predictor predictor(run);
  Batch batch(1);
  const Tensor items = batch.make("items", {{1, setting.length, 1}, Kind::kReal});
  Rng rng({.seed = 1});
  rng.fill_normal({items.real(), static_cast<std::size_t>(items.size())});
  const auto ask = [&] { static_cast<void>(predictor.predict(batch)); };
  ask();
  ask();
  constexpr int kCalls = 100;
  const std::size_t before = allocations;
  for (int call = 0; call < kCalls; ++call) ask();
  const double each = static_cast<double>(allocations - before) / kCalls;
  Candidate timed = time_of(setting.seconds, ask);
  const Line line{
      "predict_one", config_of({{"n", setting.length}, {"hidden", setting.hidden}}), timed.median(), timed.best(), 1,
      "items/s"};
  if (json) return print_json(line, {{"allocations", each}});
  std::printf("%s %-20s %8.1f us an item (best %.1f), %.2f allocations\n", setting.encoder.c_str(), line.config.c_str(),
              1e6 * line.median, 1e6 * line.best, each);
}

int run(int count, char** arguments) {
  Common common;
  Setting setting;
  CommandLine line("bench_predict", "Time of one item through a trained pointer network, greedy.",
                   "  bench_predict                            # 20 numbers, an LSTM encoder of 128\n"
                   "  bench_predict --length 50 --hidden 256 --json\n",
                   common);
  line.add_threads(1);
  CLI::App& app = line.app();
  app.add_option("--length", setting.length, "numbers of an item, in [1, 10000]")->check(CLI::Range(1, 10000));
  app.add_option("--hidden", setting.hidden, "of the network, in [1, 4096]")->check(CLI::Range(1, 4096));
  app.add_option("--encoder", setting.encoder, "of the network")->check(CLI::IsMember({"lstm", "set"}));
  app.add_option("--seconds", setting.seconds, "time of the measurement")->check(CLI::Range(0.0, 3600.0));
  return line.run(count, arguments, [&] { measure(setting, common.json); });
}

}  // namespace
}  // namespace fovea::bench

int main(int count, char** arguments) { return fovea::bench::run(count, arguments); }
