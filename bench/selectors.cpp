// Selectors in forward and backward, through the op of a site: rows [4096, 64] and [256, 4096] of normal scores.
//
// Million scores a second, of the median and of the best of nine rounds. The rows lie as eight shards, each with its
// own memory, as in training; backward writes the gradient of the scores, as it does where scores are chosen from once.

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "bench/command_line.h"
#include "bench/measure.h"
#include "bench/op_call.h"
#include "framework/attention/choose/choose_op.h"
#include "framework/attention/pattern_text.h"
#include "framework/core/error.h"
#include "framework/cpu/parallel.h"

namespace fovea::bench {
namespace {

constexpr Extent kShards = 8;
constexpr double kSample = 0.03;  // seconds

struct Rows {
  Extent batch;    // of all shards
  Extent queries;  // of a row of the batch
  Extent items;
};

void expect_selector(const std::string& text) {
  if (parameters_of(*Registry<Selector>::instance().parse(text).plugin).empty()) return;
  throw Error(text, "a selector without parameters was expected; this one learns; choose another one.");
}

std::shared_ptr<const Op> op_of(const std::string& text) {
  ChooseParts parts;
  parts.pattern = parse_pattern("dense").pattern;
  parts.selector = Registry<Selector>::instance().parse(text).plugin;
  const char* estimator = half_of<DifferentiableChoice>(*parts.selector) != nullptr ? "none" : "reinforce";
  parts.estimator = Registry<Estimator>::instance().parse(estimator).plugin;
  return std::make_shared<ChooseOp>(parts);
}

Candidate candidate_of(const std::string& text, const Rows& rows) {
  const auto op = op_of(text);
  auto shards = std::make_shared<std::vector<OpCall>>();
  for (Extent number = 0; number < kShards; ++number) {
    const std::vector<Type> scores{{{rows.batch / kShards, rows.queries, rows.items}, Kind::kReal}};
    OpCall& shard = shards->emplace_back(op, scores, OpCall::Data{.row = static_cast<std::uint32_t>(number)});
    shard.want(0);
    shard.context().seed = 7;
    shard.context().first_row = static_cast<std::uint32_t>(number * rows.batch / kShards);
  }
  return {[shards] {
    cpu::parallel_for(kShards, [&](Extent number) {
      (*shards)[number].forward();
      (*shards)[number].backward();
    });
  }};
}

void report(const std::vector<std::string>& texts, const Rows& rows, int rounds, bool json) {
  std::vector<Candidate> candidates;
  for (const std::string& text : texts) candidates.push_back(candidate_of(text, rows));
  measure(candidates, rounds, kSample);
  const double elements = static_cast<double>(rows.batch * rows.queries * rows.items);
  const std::string config = config_of({{"rows", rows.batch * rows.queries}, {"N", rows.items}});
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const double median = candidates[i].median();
    const double best = candidates[i].best();
    if (json) {
      print_json({texts[i] + " fwdbwd", config, median, best, elements, "scores/s"});
      continue;
    }
    std::printf("%-28s %-16s %8.0f Mscores/s (best %.0f)\n", texts[i].c_str(), config.c_str(), elements / median / 1e6,
                elements / best / 1e6);
  }
}

int run(int count, char** arguments) {
  Common common;
  int rounds = 9;
  std::vector<std::string> texts;
  CommandLine line("bench_selectors", "Selectors in forward and backward, through the op of a site.",
                   "  bench_selectors                        # all of them\n"
                   "  bench_selectors softmax \"top_k(8)\"     # two of them\n"
                   "  bench_selectors sparsemax --rounds 3 --json\n",
                   common);
  line.add_threads(2);
  line.app()
      .add_option("selectors", texts, "selectors by place, each as one argument; none: all")
      ->check(taken_by(expect_selector));
  line.app().add_option("--rounds", rounds, "samples, whose median is reported, in [1, 101]")->check(CLI::Range(1, 101));
  return line.run(count, arguments, [&] {
    if (texts.empty()) texts = Catalogue::instance().names(Selector::kKind);
    report(texts, {64, 64, 64}, rounds, common.json);
    report(texts, {8, 32, 4096}, rounds, common.json);
  });
}

}  // namespace
}  // namespace fovea::bench

int main(int count, char** arguments) { return fovea::bench::run(count, arguments); }
