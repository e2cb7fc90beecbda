// Selectors in forward and backward, through the op of a site: rows [4096, 64] and [256, 4096] of normal scores.
//
//     bench_selectors [THREADS] [SELECTOR ...]
//
// Million scores a second, of the median and of the best of nine rounds. The rows lie as eight shards, each with its
// own memory, as in training; backward writes the gradient of the scores, as it does where scores are chosen from once.

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "bench/measure.h"
#include "bench/op_call.h"
#include "framework/attention/choose/choose_op.h"
#include "framework/attention/pattern_text.h"
#include "framework/cpu/parallel.h"

namespace fovea::bench {
namespace {

constexpr Extent kShards = 8;
constexpr int kRounds = 9;
constexpr double kSample = 0.03;  // seconds

struct Rows {
  Extent batch;    // of all shards
  Extent queries;  // of a row of the batch
  Extent items;
};

std::shared_ptr<const Op> op_of(const std::string& text) {
  ChooseParts parts;
  parts.pattern = parse_pattern("dense").pattern;
  parts.selector = Registry<Selector>::instance().parse(text).plugin;
  if (!parameters_of(*parts.selector).empty()) {
    std::fprintf(stderr, "[bench_selectors] a selector without parameters was expected; '%s' came; choose another one.\n",
                 text.c_str());
    std::exit(2);
  }
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

void report(const std::vector<std::string>& texts, const Rows& rows) {
  std::vector<Candidate> candidates;
  for (const std::string& text : texts) candidates.push_back(candidate_of(text, rows));
  measure(candidates, kRounds, kSample);
  const double elements = static_cast<double>(rows.batch * rows.queries * rows.items);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string shape = "[" + std::to_string(rows.batch * rows.queries) + ", " + std::to_string(rows.items) + "]";
    std::printf("%-28s %-12s %8.0f Mscores/s (best %.0f)\n", texts[i].c_str(), shape.c_str(),
                elements / candidates[i].median() / 1e6, elements / candidates[i].best() / 1e6);
  }
}

}  // namespace
}  // namespace fovea::bench

int main(int count, char** arguments) {
  using namespace fovea;
  cpu::set_threads(count > 1 ? std::atoi(arguments[1]) : 2);
  std::vector<std::string> texts(arguments + std::min(count, 2), arguments + count);
  if (texts.empty()) texts = Catalogue::instance().names(Selector::kKind);
  bench::report(texts, {64, 64, 64});
  bench::report(texts, {8, 32, 4096});
}
