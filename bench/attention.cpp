// Attention over the pairs of a pattern in tiles, forward and backward, one batch element: the work of attention.py among
// the peers. Useful work counts the pairs that exist: 2 products forward, 5 backward; its share is of the limit of
// float32. Memory is what a step takes at its peak besides the inputs and the cotangent.
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/command_line.h"
#include "bench/measure.h"
#include "bench/op_call.h"
#include "framework/attention/pattern_text.h"
#include "framework/attention/tiles/attend_tiles.h"

namespace fovea::bench {
namespace {

struct Setting {
  std::string pattern;
  Extent length = 1024;
  Extent heads = 8;
  Extent width = 64;  // of a head
  std::vector<std::string> products{"full"};
};

/// Only the op; the gradients of the inputs are written anew in every step.
OpCall op_of(const Setting& setting, cpu::Products products) {
  const PatternExpression pattern = parse_pattern(setting.pattern);
  return {make_tile_attention({.pairs = intervals_of(pattern.pattern),
                               .heads = setting.heads,
                               .item_heads = setting.heads,
                               .scale = 1 / std::sqrt(static_cast<double>(setting.width)),
                               .products = products}),
          std::vector<Type>(3, Type{{1, setting.length, setting.heads * setting.width}})};
}

void step(OpCall& op) {
  op.forward();
  op.backward();
}

void print(const Setting& setting, bool rounds_factors, Candidate& work, const std::string& rest, bool json) {
  const std::string config = config_of({{"N", setting.length}, {"H", setting.heads}, {"D", setting.width}});
  const std::string name = setting.pattern + (rounds_factors ? "_bf16" : "");
  if (json) {
    print_json(
        {"attn_" + name + "_fwdbwd", config, work.median(), work.best(), static_cast<double>(setting.length), "tokens/s"});
    return;
  }
  std::printf("%-28s %-18s %9.2f ms  best %9.2f  %s\n", name.c_str(), config.c_str(), 1e3 * work.median(), 1e3 * work.best(),
              rest.c_str());
  std::fflush(stdout);
}

// The limit of all threads together is measured by turns with the work.
void report(const Setting& setting, int rounds, bool json) {
  std::vector<Candidate> candidates;
  std::vector<OpCall> ops;
  ops.reserve(setting.products.size());
  std::vector<double> mib;
  for (const std::string& products : setting.products) {
    OpCall& op = ops.emplace_back(op_of(setting, products == "bf16" ? cpu::Products::kBf16 : cpu::Products::kFull));
    mib.push_back(peak_growth([&] {
      op.want_all();
      step(op);
    }));
    candidates.push_back({[&op] { step(op); }});
  }
  candidates.push_back(limit_of_threads());
  measure(candidates, rounds, 0.2);
  const double limit = operations_of_threads() / candidates.back().median();
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const double rate = 7 * ops[i].multiply_adds() / candidates[i].median();
    char rest[100];
    std::snprintf(rest, sizeof(rest), "%6.1f GFLOP/s, %5.1f %% of %.0f  %7.1f MiB", 1e-9 * rate, 100 * rate / limit,
                  1e-9 * limit, mib[i]);
    print(setting, setting.products[i] == "bf16", candidates[i], rest, json);
  }
}

int run(int count, char** arguments) {
  Common common;
  Setting setting;
  int rounds = 7;
  std::vector<Extent> lengths{1024, 4096, 16384};
  std::vector<std::string> patterns{"window(128) + global(16)", "dense", "causal"};
  CommandLine line("bench_attention", "Softmax attention over the pairs of a pattern, forward and backward, in tiles.",
                   "  bench_attention                                        # window, dense and causal, 1k to 16k\n"
                   "  bench_attention causal --lengths 4096                  # one pattern, one length\n"
                   "  bench_attention \"window(128) + global(16)\" --lengths 1024 4096 16384 65536 --json\n"
                   "  bench_attention dense --products full bf16             # both kinds of products in turn\n",
                   common);
  line.add_threads();
  CLI::App& app = line.app();
  app.add_option("patterns", patterns, "patterns by place, each as one argument")->check(taken_by(parse_pattern));
  app.add_option("--lengths", lengths, "items and queries N, each in [1, 1048576]")->check(CLI::Range(1, 1048576));
  app.add_option("--heads", setting.heads, "heads H, in [1, 256]")->check(CLI::Range(1, 256));
  app.add_option("--width", setting.width, "width D of a head, in [1, 128]")->check(CLI::Range(1, 128));
  app.add_option("--products", setting.products, "rounding of products: full, bf16")->check(CLI::IsMember({"full", "bf16"}));
  app.add_option("--rounds", rounds, "samples, whose median is reported, in [1, 101]")->check(CLI::Range(1, 101));
  return line.run(count, arguments, [&] {
    for (const std::string& pattern : patterns) {
      setting.pattern = pattern;
      for (const Extent length : lengths) {
        setting.length = length;
        report(setting, rounds, common.json);
      }
    }
  });
}

}  // namespace
}  // namespace fovea::bench

int main(int count, char** arguments) { return fovea::bench::run(count, arguments); }
