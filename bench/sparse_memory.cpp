// A step of a network with a large memory, forward and backward: what it costs for more and more words, when all words are
// used (a neural Turing machine) and when few are (a sparse access memory, by each index). One row, whole sequences, each of
// which begins anew.

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "bench/command_line.h"
#include "bench/graph_call.h"
#include "bench/measure.h"
#include "framework/graph/functions.h"
#include "modules/memory/large/slot_index.h"
#include "modules/memory/memory_network.h"
#include "modules/memory/ntm/ntm_memory.h"
#include "modules/memory/sparse/sam_memory.h"

namespace fovea::bench {
namespace {

struct Setting {
  std::string network = "sam";
  std::string index = "exact";
  std::string start = "zero";
  Extent words = 1024;
  Extent width = 32;
  Extent heads = 1;
  Extent hidden = 100;
  Extent steps = 100;
  int rounds = 5;
};

constexpr Extent kInputs = 10;

std::shared_ptr<const Graph> graph_of(const Setting& setting) {
  Builder b;
  const Value inputs = b.input("inputs", {{setting.steps, 1, kInputs}, Kind::kReal});
  const ControllerOptions controller{.kind = "lstm", .hidden = setting.hidden};
  std::unique_ptr<ControlledMemory> memory;
  if (setting.network == "ntm") {
    NtmOptions options;
    options.slots = setting.words;
    options.width = setting.width;
    options.reads = options.writes = setting.heads;
    memory = std::make_unique<NtmMemory>(b, options);
  } else {
    SamOptions options;
    options.slots = setting.words;
    options.width = setting.width;
    options.heads = setting.heads;
    options.index = setting.index;
    options.start = setting.start;
    memory = std::make_unique<SamMemory>(b, options);
  }
  b.output("y", memory_network(inputs, *memory, controller, kInputs));
  return b.freeze();
}

struct Result {
  Candidate forward;  // seconds a step
  Candidate both;
  double begin = 0;  // seconds of the first pass: the memory and an index are built
  double mib = 0;    // more than before
};

void measure(const Setting& setting, Result& result) {
  GraphCall network(graph_of(setting), "y");
  std::vector<Real> inputs(setting.steps * kInputs);
  Rng rng({.seed = 2});
  rng.fill_normal(inputs);
  network.execution().bind("inputs", inputs.data());
  double start = now();
  network.forward();
  result.begin = now() - start;
  for (int round = 0; round < setting.rounds; ++round) {
    rng.fill_normal(inputs);
    start = now();
    network.forward();
    result.forward.seconds.push_back((now() - start) / static_cast<double>(setting.steps));
    network.backward();
    result.both.seconds.push_back((now() - start) / static_cast<double>(setting.steps));
  }
}

void report(const Setting& setting, bool json) {
  Result result;
  result.mib = peak_growth([&] { measure(setting, result); });
  const double forward = result.forward.median();
  const double both = result.both.median();
  const double words_mb = static_cast<double>(setting.words * setting.width) * sizeof(Real) / (1 << 20);
  const std::string name = setting.network == "ntm" ? "ntm" : "sam, " + setting.index + ", " + setting.start;
  const std::string config =
      config_of({{"N", setting.words}, {"D", setting.width}, {"H", setting.heads}, {"T", setting.steps}});
  if (json) {
    print_json({name, config, both, result.both.best(), 1, "steps/s"},
               {{"forward_s", forward}, {"begin_s", result.begin}, {"mb", result.mib}, {"words_mb", words_mb}});
  } else {
    std::printf(
        "%-34s %-28s forward %9.1f us, with backward %9.1f us a step; %8.1f MB, the words %6.1f MB; made in %.2f s\n",
        name.c_str(), config.c_str(), 1e6 * forward, 1e6 * both, result.mib, words_mb, result.begin);
  }
  std::fflush(stdout);
}

int run(int count, char** arguments) {
  Common common;
  Setting setting;
  std::vector<Extent> words{1 << 10, 1 << 16, 1 << 20};
  std::vector<std::string> indexes{"exact", "lists", "hnsw"};
  Extent most_dense = 1 << 14;
  CommandLine line("bench_sparse_memory", "A step of a network with a memory of many words, forward and backward.",
                   "  bench_sparse_memory\n"
                   "  bench_sparse_memory --words 1048576 --start normal --index \"lists(probes=16)\"\n",
                   common);
  CLI::App& app = line.app();
  line.add_threads();
  app.add_option("--words", words, "words N, each in [16, 16777216]")->check(CLI::Range(16, 16777216));
  app.add_option("--index", indexes, "indexes of the sparse memory")->check(taken_by([](const std::string& text) {
    Registry<SlotIndex>::instance().parse(text);
  }));
  app.add_option("--start", setting.start, "words at first: zero or normal")->check(CLI::IsMember({"zero", "normal"}));
  app.add_option("--width", setting.width, "width of a word, in [1, 4096]")->check(CLI::Range(1, 4096));
  app.add_option("--heads", setting.heads, "heads, in [1, 64]")->check(CLI::Range(1, 64));
  app.add_option("--steps", setting.steps, "steps of a sequence, in [2, 100000]")->check(CLI::Range(2, 100000));
  app.add_option("--most-dense", most_dense, "words up to which the dense network runs, >= 0")
      ->check(CLI::Range(0, 1 << 24));
  app.add_option("--rounds", setting.rounds, "sequences of each, >= 1")->check(CLI::Range(1, 1000));
  return line.run(count, arguments, [&] {
    for (const Extent n : words) {
      setting.words = n;
      setting.network = "ntm";
      if (n <= most_dense) report(setting, common.json);
      setting.network = "sam";
      for (const std::string& index : indexes) {
        setting.index = index;
        report(setting, common.json);
      }
    }
  });
}

}  // namespace
}  // namespace fovea::bench

int main(int count, char** arguments) { return fovea::bench::run(count, arguments); }
