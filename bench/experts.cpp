// A layer of experts, top 2 of E, forward and backward to its input, its router and its experts: the work of moe.py among
// the peers. Beside it stands our own dense product of equal work: one network of two layers over as many rows.
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "bench/command_line.h"
#include "bench/measure.h"
#include "framework/core/arena.h"
#include "framework/core/error.h"
#include "framework/core/rng.h"
#include "framework/cpu/parallel.h"
#include "framework/graph/functions.h"
#include "framework/graph/plan.h"
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

/// A graph with parameters of its own. A step runs forward and pulls a random cotangent back, as in training.
class Model {
 public:
  explicit Model(const std::shared_ptr<const Graph>& graph) {
    for (const int id : graph->parameters()) {
      const Node& node = graph->node(id);
      Parameter& parameter = parameters_[node.path];
      parameter.size = static_cast<std::size_t>(node.outputs[0].shape.size());
      parameter.values = Arena(parameter.size * sizeof(Real));
      parameter.gradient = Arena(parameter.size * sizeof(Real));
      fill(parameter.values, parameter.size, node.path == "x" ? 1 : 0.05);
    }
    plan_ = Plan::compile(graph, {}, Plan::Passes::kBackward);
    execution_ = std::make_unique<Execution>(plan_, [this](const std::string& path) {
      const Parameter& parameter = parameters_.at(path);
      return ParameterMemory{reals(parameter.values), reals(parameter.gradient), ParameterMemory::Backward::kWrites};
    });
    const auto size = static_cast<std::size_t>(execution_->output("y").size());
    cotangent_ = Arena(size * sizeof(Real));
    fill(cotangent_, size, 1);
  }

  void operator()() {
    execution_->forward(context_);
    const Tensor gradient = execution_->output_gradient("y");
    constexpr Extent kTile = 1 << 16;
    cpu::parallel_tiles(gradient.size(), kTile, [&](Extent begin, Extent end, Extent /*number*/) {
      std::copy(reals(cotangent_) + begin, reals(cotangent_) + end, gradient.real() + begin);
    });
    execution_->backward(context_);
  }

  /// Values and gradients between the nodes; parameters and their gradients.
  double arena_mib() const { return static_cast<double>(plan_->arena_bytes()) / (1 << 20); }
  double parameter_mib() const {
    std::size_t bytes = 0;
    for (const auto& [path, parameter] : parameters_) bytes += 2 * parameter.size * sizeof(Real);
    return static_cast<double>(bytes) / (1 << 20);
  }

 private:
  struct Parameter {
    std::size_t size = 0;
    Arena values;
    Arena gradient;
  };

  static Real* reals(const Arena& arena) { return reinterpret_cast<Real*>(arena.data()); }
  void fill(const Arena& arena, std::size_t size, double scale) {
    Rng rng({.seed = 1, .stream = streams_++});
    rng.fill_normal({reals(arena), size});
    for (std::size_t i = 0; i < size; ++i) reals(arena)[i] *= static_cast<Real>(scale);
  }

  std::uint32_t streams_ = 0;
  std::map<std::string, Parameter> parameters_;
  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<Execution> execution_;
  Arena cotangent_;
  OpContext context_;
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
  b.output("y", experts({.x = b.parameter("x", {1, setting.tokens, setting.width})}).y);
  return b.freeze();
}

// `rows` of the dense network of equal work.
std::shared_ptr<const Graph> dense_of(const Setting& setting, Extent rows) {
  Builder b;
  if (setting.products == "bf16") b.set_products(cpu::Products::kBf16);
  const Value x = b.parameter("x", {1, rows, setting.width});
  const Value hidden = relu(linear(x, b.parameter("w1", {setting.hidden, setting.width})));
  b.output("y", linear(hidden, b.parameter("w2", {setting.width, setting.hidden})));
  return b.freeze();
}

struct Work {
  std::string name;
  std::string config;
  double operations = 0;
  double mib = 0;  // beside parameters and their gradients
};

class Report {
 public:
  Report(const Setting& setting, bool json) : setting_(setting), json_(json) {}

  void add(const Work& work, std::function<void()> run) {
    work_.push_back(work);
    candidates_.push_back({std::move(run)});
  }

  // The limit of all threads together is measured in turn with the work.
  void print(int rounds) {
    double limit_work = 0;
    std::vector<double> done(static_cast<std::size_t>(cpu::threads()));
    candidates_.push_back({[&] {
      cpu::parallel_for(cpu::threads(), [&](Extent i) { done[static_cast<std::size_t>(i)] = fused_multiply_adds(); });
      limit_work = 0;
      for (const double one : done) limit_work += one;
    }});
    measure(candidates_, rounds, 0.1);
    const double limit = limit_work / candidates_.back().median();
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
      shards_.push_back(std::make_unique<Model>(dense_of(setting, (i + 1) * rows / shards - i * rows / shards)));
    }
  }
  void operator()() {
    cpu::parallel_for(static_cast<Extent>(shards_.size()), [&](Extent i) { (*shards_[static_cast<std::size_t>(i)])(); });
  }
  double arena_mib() const {
    double total = 0;
    for (const auto& shard : shards_) total += shard->arena_mib();
    return total;
  }

 private:
  std::vector<std::unique_ptr<Model>> shards_;
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
  std::vector<std::unique_ptr<Model>> layers;
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
      Model& layer = *layers.emplace_back(std::make_unique<Model>(layer_of(setting)));
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
                   "  bench_experts                          top 2 of 8 and of 64, float32 and bfloat16\n"
                   "  bench_experts 64 --products bf16 --json\n",
                   common);
  line.add_threads(common);
  CLI::App& app = line.app();
  app.add_option("experts", wanted.experts, "experts E by place, each in [1, 4096]")->check(CLI::Range(1, 4096));
  app.add_option("--products", wanted.products, "rounding of products")->check(CLI::IsMember({"full", "bf16"}));
  app.add_option("--tokens", setting.tokens, "rows M, in [1, 1048576]")->check(CLI::Range(1, 1048576));
  app.add_option("--width", setting.width, "width D, in [1, 16384]")->check(CLI::Range(1, 16384));
  app.add_option("--hidden", setting.hidden, "hidden width H, in [1, 65536]")->check(CLI::Range(1, 65536));
  app.add_option("--chosen", setting.chosen, "experts K of a row, in [1, 64]")->check(CLI::Range(1, 64));
  app.add_option("--rounds", wanted.rounds, "samples, of which the median is told, in [1, 101]")->check(CLI::Range(1, 101));
  if (const int code = line.parse(count, arguments); code >= 0) return code;
  wanted.json = common.json;
  cpu::set_threads(common.threads);
  try {
    report(setting, wanted);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace fovea::bench

int main(int count, char** arguments) { return fovea::bench::run(count, arguments); }
