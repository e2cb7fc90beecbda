// Heads of one site in tiles, forward and backward, one batch element: what a choice by data costs against softmax over all
// pairs. Every text is a model of its own with the same queries, items and values; they take turns.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/command_line.h"
#include "bench/measure.h"
#include "framework/attention/site/site.h"
#include "framework/core/arena.h"
#include "framework/core/error.h"
#include "framework/core/rng.h"
#include "framework/cpu/parallel.h"
#include "framework/graph/plan.h"

namespace fovea::bench {
namespace {

struct Setting {
  Extent length = 16384;
  Extent heads = 8;
  Extent width = 64;  // of a head
};

/// A model that is one site, with memory of its own.
class Model {
 public:
  Model(const std::string& text, const Setting& setting) {
    Builder b;
    const Shape shape{1, setting.length, setting.heads * setting.width};
    const char* const names[] = {"queries", "items", "values"};
    std::vector<Value> x;
    for (const char* name : names) x.push_back(b.parameter(name, shape));
    Site site(b, text, setting.width, setting.width);
    b.output("read",
             site.attend_heads(
                     {.queries = x[0], .items = x[1], .values = x[2], .heads = setting.heads, .item_heads = setting.heads})
                 .read);
    size_ = static_cast<std::size_t>(shape.size());
    Rng rng({.seed = 1});
    for (const char* name : names) {
      memory_[name] = drawn(rng);
      gradients_[name] = Arena(size_ * sizeof(Real));
    }
    cotangent_ = drawn(rng);
    execution_ =
        std::make_unique<Execution>(Plan::compile(b.freeze(), {}, Plan::Passes::kBackward), [this](const std::string& path) {
          return ParameterMemory{reals(memory_.at(path)), reals(gradients_.at(path))};
        });
  }

  void operator()() {
    for (auto& [name, gradient] : gradients_) std::fill_n(reals(gradient), size_, Real{0});
    execution_->forward(context_);
    execution_->clear_output_gradients();
    std::copy_n(reals(cotangent_), size_, execution_->output_gradient("read").real());
    execution_->backward(context_);
  }

 private:
  static Real* reals(const Arena& arena) { return reinterpret_cast<Real*>(arena.data()); }
  Arena drawn(Rng& rng) const {
    Arena made(size_ * sizeof(Real));
    rng.fill_normal({reals(made), size_});
    return made;
  }

  std::size_t size_ = 0;
  OpContext context_;
  std::map<std::string, Arena> memory_, gradients_;  // as those of a trainer, in huge pages
  Arena cotangent_;
  std::unique_ptr<Execution> execution_;
};

void report(const std::vector<std::string>& texts, const Setting& setting, int rounds, bool json) {
  std::vector<Candidate> candidates;
  for (const std::string& text : texts) {
    candidates.push_back({[model = std::make_shared<Model>(text, setting)] { (*model)(); }});
  }
  measure(candidates, rounds, 0.2);
  const std::string config =
      "N=" + std::to_string(setting.length) + ",H=" + std::to_string(setting.heads) + ",D=" + std::to_string(setting.width);
  const double first = candidates[0].median();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const double seconds = candidates[i].median();
    if (json) {
      print_json(
          {texts[i] + " fwdbwd", config, seconds, candidates[i].best(), static_cast<double>(setting.length), "tokens/s"});
      continue;
    }
    std::printf("%-64s %-18s %10.2f ms  best %10.2f  %6.2f x the first\n", texts[i].c_str(), config.c_str(), 1e3 * seconds,
                1e3 * candidates[i].best(), first / seconds);
    std::fflush(stdout);
  }
}

int run(int count, char** arguments) {
  Common common;
  Setting setting;
  int rounds = 3;
  std::vector<std::string> texts{"scaled_dot | dense | softmax | none", "scaled_dot | dense | top_k(64) | none"};
  CommandLine line("bench_head_sites", "Several heads of one site in tiles, forward and backward: what choices cost.",
                   "  bench_head_sites                                   softmax over all pairs and top_k(64), 16k items\n"
                   "  bench_head_sites --lengths 4096 \"scaled_dot | causal | softmax | none\" \\\n"
                   "    \"scaled_dot | causal & routed_blocks(64, 4) | softmax | none\"\n",
                   common);
  line.add_threads(common);
  std::vector<Extent> lengths{16384};
  CLI::App& app = line.app();
  app.add_option("sites", texts, "site texts, each as one word; the others are compared with the first");
  app.add_option("--lengths", lengths, "items and queries N, each in [1, 1048576]")->check(CLI::Range(1, 1048576));
  app.add_option("--heads", setting.heads, "heads H, in [1, 256]")->check(CLI::Range(1, 256));
  app.add_option("--width", setting.width, "width D of a head, in [1, 128]")->check(CLI::Range(1, 128));
  app.add_option("--rounds", rounds, "samples, of which the median is told, in [1, 101]")->check(CLI::Range(1, 101));
  if (const int code = line.parse(count, arguments); code >= 0) return code;
  cpu::set_threads(common.threads);
  try {
    for (const Extent length : lengths) {
      setting.length = length;
      report(texts, setting, rounds, common.json);
    }
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace fovea::bench

int main(int count, char** arguments) { return fovea::bench::run(count, arguments); }
