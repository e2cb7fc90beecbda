// Heads of one site in tiles, forward and backward, one batch element: what a choice by data costs against softmax over all
// pairs. Every text is a separate model with the same queries, items and values; they take turns.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "bench/command_line.h"
#include "bench/graph_call.h"
#include "bench/measure.h"
#include "framework/attention/site/site.h"

namespace fovea::bench {
namespace {

struct Setting {
  Extent length = 16384;
  Extent heads = 8;
  Extent width = 64;  // of a head
};

/// A model that is one site.
std::shared_ptr<const Graph> graph_of(const std::string& text, const Setting& setting) {
  Builder b;
  const auto rows = [&](const char* name) {
    return b.parameter(name, {1, setting.length, setting.heads * setting.width}, Init::normal(1));
  };
  const Site::Heads inputs{.queries = rows("queries"),
                           .items = rows("items"),
                           .values = rows("values"),
                           .heads = setting.heads,
                           .item_heads = setting.heads};
  b.output("read", Site(b, text, setting.width, setting.width).attend_heads(inputs).read);
  return b.freeze();
}

void report(const std::vector<std::string>& texts, const Setting& setting, int rounds, bool json) {
  std::vector<Candidate> candidates;
  for (const std::string& text : texts) {
    candidates.push_back({[model = std::make_shared<GraphCall>(graph_of(text, setting), "read")] { (*model)(); }});
  }
  measure(candidates, rounds, 0.2);
  const std::string config = config_of({{"N", setting.length}, {"H", setting.heads}, {"D", setting.width}});
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
                   "  bench_head_sites                                   # softmax over all pairs and top_k(64), 16k items\n"
                   "  bench_head_sites --lengths 4096 \"scaled_dot | causal | softmax | none\" \\\n"
                   "    \"scaled_dot | causal & routed_blocks(64, 4) | softmax | none\"\n",
                   common);
  line.add_threads();
  std::vector<Extent> lengths{16384};
  CLI::App& app = line.app();
  app.add_option("sites", texts, "site texts, each as one argument; the others are compared with the first")
      ->check(taken_by([](const std::string& text) {
        Builder b;
        Site(b, text, 8, 8);
      }));
  app.add_option("--lengths", lengths, "items and queries N, each in [1, 1048576]")->check(CLI::Range(1, 1048576));
  app.add_option("--heads", setting.heads, "heads H, in [1, 256]")->check(CLI::Range(1, 256));
  app.add_option("--width", setting.width, "width D of a head, in [1, 128]")->check(CLI::Range(1, 128));
  app.add_option("--rounds", rounds, "samples, whose median is reported, in [1, 101]")->check(CLI::Range(1, 101));
  return line.run(count, arguments, [&] {
    for (const Extent length : lengths) {
      setting.length = length;
      report(texts, setting, rounds, common.json);
    }
  });
}

}  // namespace
}  // namespace fovea::bench

int main(int count, char** arguments) { return fovea::bench::run(count, arguments); }
