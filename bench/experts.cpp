// A layer of experts, top 2 of E, forward and backward to its input, its router and its experts: the work of moe.py among
// the peers. Next to it is our own dense product of equal work: one network of two layers over as many rows.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "bench/command_line.h"
#include "bench/graph_call.h"
#include "bench/measure.h"
#include "framework/graph/functions.h"
#include "modules/routing/experts.h"

namespace fovea::bench {
namespace {

struct Setting {
  Extent experts = 8;
  Extent tokens = 4096;
  Extent width = 256;
  Extent hidden = 1024;
  Extent chosen = 2;
  std::string products = "full";
};

std::shared_ptr<const Graph> layer_of(const Setting& setting) {
  Builder b;
  ExpertsOptions options;
  options.route.experts = setting.experts;
  options.route.width = setting.width;
  options.hidden = setting.hidden;
  options.route.site = "dot | dense | top_k(" + std::to_string(setting.chosen) + ") | none";
  options.products = setting.products;
  Experts experts(b, options);
  b.output("y", experts({.x = b.parameter("x", {1, setting.tokens, setting.width}, Init::normal(1))}).y);
  return b.freeze();
}

// `rows` of the dense network of equal work.
std::shared_ptr<const Graph> dense_of(const Setting& setting, Extent rows) {
  Builder b;
  if (setting.products == "bf16") b.set_wishes({.products = cpu::Products::kBf16});
  const Value x = b.parameter("x", {1, rows, setting.width}, Init::normal(1));
  const Value hidden = relu(linear(x, b.parameter("w1", {setting.hidden, setting.width})));
  b.output("y", linear(hidden, b.parameter("w2", {setting.width, setting.hidden})));
  return b.freeze();
}

struct Work {
  std::string name;
  std::string config;
  double operations = 0;
  double mib = 0;  // without parameters and their gradients
};

class Report {
 public:
  Report(const Setting& setting, bool json) : setting_(setting), json_(json) {}

  void add(const Work& work, std::function<void()> run) {
    work_.push_back(work);
    candidates_.push_back({std::move(run)});
  }

  // The limit of all threads together is measured by turns with the work.
  void print(int rounds) {
    candidates_.push_back(limit_of_threads());
    measure(candidates_, rounds, 0.1);
    const double limit = operations_of_threads() / candidates_.back().median();
    for (std::size_t i = 0; i < work_.size(); ++i) print(work_[i], candidates_[i], limit);
  }

 private:
  void print(const Work& work, Candidate& candidate, double limit) const {
    const double seconds = candidate.median();
    if (json_) {
      print_json({work.name, work.config, seconds, candidate.best(), static_cast<double>(setting_.tokens), "tokens/s"});
      return;
    }
    std::printf("%-22s %-40s %7.2f ms  best %7.2f  %6.1f GFLOP/s, %5.1f %% of %.0f  %6.1f MiB\n", work.name.c_str(),
                work.config.c_str(), 1e3 * seconds, 1e3 * candidate.best(), 1e-9 * work.operations / seconds,
                100 * work.operations / seconds / limit, 1e-9 * limit, work.mib);
    std::fflush(stdout);
  }

  const Setting& setting_;
  bool json_;
  std::vector<Work> work_;
  std::vector<Candidate> candidates_;
};

// One shard of the rows for each thread.
class Dense {
 public:
  explicit Dense(const Setting& setting) {
    const Extent rows = setting.tokens * setting.chosen;
    const Extent shards = cpu::threads();
    for (Extent i = 0; i < shards; ++i) {
      shards_.push_back(std::make_unique<GraphCall>(dense_of(setting, (i + 1) * rows / shards - i * rows / shards), "y"));
    }
  }
  void operator()() {
    cpu::parallel_for(static_cast<Extent>(shards_.size()), [&](Extent i) { (*shards_[i])(); });
  }
  double arena_mib() const {
    double total = 0;
    for (const auto& shard : shards_) total += shard->arena_mib();
    return total;
  }

 private:
  std::vector<std::unique_ptr<GraphCall>> shards_;
};

struct Wanted {
  std::vector<Extent> experts{8, 64};
  std::vector<std::string> products{"full", "bf16"};
  int rounds = 9;
  bool json = false;
};

void report(Setting setting, const Wanted& wanted) {
  const Extent rows = setting.tokens * setting.chosen;
  const double operations = 12.0 * static_cast<double>(rows * setting.width * setting.hidden);
  const std::string sizes = ",d=" + std::to_string(setting.width) + ",h=" + std::to_string(setting.hidden);
  std::vector<std::unique_ptr<GraphCall>> layers;
  std::vector<std::unique_ptr<Dense>> networks;
  Report report(setting, wanted.json);
  for (const std::string& products : wanted.products) {
    setting.products = products;
    const std::string suffix = products == "bf16" ? "_bf16" : "";
    Dense& dense = *networks.emplace_back(std::make_unique<Dense>(setting));
    report.add({"moe_dense" + suffix, "tokens=" + std::to_string(rows) + sizes, operations, dense.arena_mib()},
               [&dense] { dense(); });
    for (const Extent experts : wanted.experts) {
      setting.experts = experts;
      GraphCall& layer = *layers.emplace_back(std::make_unique<GraphCall>(layer_of(setting), "y"));
      const std::string config = "tokens=" + std::to_string(setting.tokens) + sizes + ",E=" + std::to_string(experts) +
                                 ",top" + std::to_string(setting.chosen);
      report.add({"moe" + suffix, config, operations, layer.arena_mib()}, [&layer] { layer(); });
    }
  }
  report.print(wanted.rounds);
}

int run(int count, char** arguments) {
  Common common;
  Setting setting;
  Wanted wanted;
  CommandLine line("bench_experts", "A layer of experts and the dense product of equal work, forward and backward.",
                   "  bench_experts                          # top 2 of 8 and of 64, float32 and bfloat16\n"
                   "  bench_experts 64 --products bf16 --json\n",
                   common);
  line.add_threads();
  CLI::App& app = line.app();
  app.add_option("experts", wanted.experts, "experts E by place, each in [1, 4096]")->check(CLI::Range(1, 4096));
  app.add_option("--products", wanted.products, "rounding of products")->check(CLI::IsMember({"full", "bf16"}));
  app.add_option("--tokens", setting.tokens, "rows M, in [1, 1048576]")->check(CLI::Range(1, 1048576));
  app.add_option("--width", setting.width, "width D, in [1, 16384]")->check(CLI::Range(1, 16384));
  app.add_option("--hidden", setting.hidden, "hidden width H, in [1, 65536]")->check(CLI::Range(1, 65536));
  app.add_option("--chosen", setting.chosen, "experts K of a row, in [1, 64]")->check(CLI::Range(1, 64));
  app.add_option("--rounds", wanted.rounds, "samples, whose median is reported, in [1, 101]")->check(CLI::Range(1, 101));
  return line.run(count, arguments, [&] {
    wanted.json = common.json;
    report(setting, wanted);
  });
}

}  // namespace
}  // namespace fovea::bench

int main(int count, char** arguments) { return fovea::bench::run(count, arguments); }
