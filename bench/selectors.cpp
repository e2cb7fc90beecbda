// Selectors in forward and backward, through the op of a site: rows [4096, 64] and [256, 4096] of normal scores.
//
//     bench_selectors [THREADS] [SELECTOR ...]
//
// Million scores a second, of the median and of the best of nine rounds. The rows lie as eight shards, each with memory of
// its own, as in training; backward writes the gradient of the scores, as it does where scores are chosen from once.

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "bench/measure.h"
#include "framework/attention/choose/choose_op.h"
#include "framework/attention/pattern_text.h"
#include "framework/cpu/parallel.h"

namespace {

using namespace fovea;

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
    std::fprintf(stderr, "[bench_selectors] a selector that learns nothing was expected; '%s' came; choose another one.\n",
                 text.c_str());
    std::exit(2);
  }
  const char* estimator = half_of<DifferentiableChoice>(*parts.selector) != nullptr ? "none" : "reinforce";
  parts.estimator = Registry<Estimator>::instance().parse(estimator).plugin;
  return std::make_shared<ChooseOp>(parts);
}

/// The memory of one call, as a plan would give it.
class Shard {
 public:
  Shard(std::shared_ptr<const Op> op, const Rows& rows, Extent number) : op_(std::move(op)) {
    const Type scores{{rows.batch / kShards, rows.queries, rows.items}, Kind::kReal};
    in_ = tensors({scores});
    grad_in_ = tensors({scores});
    const std::vector<Type> outputs = op_->infer(std::vector<Type>{scores});
    out_ = tensors(outputs);
    grad_out_ = tensors(outputs);
    workspace_ = tensors(op_->workspace(std::vector<Type>{scores}));
    prepared_ = op_->prepare(std::vector<Type>{scores});
    Rng rng({.seed = 1, .row = static_cast<std::uint32_t>(number)});
    for (const Tensor& tensor : {in_[0], grad_out_[ChooseOp::kWeights], grad_out_[ChooseOp::kLogProb]}) {
      rng.fill_normal({tensor.real(), static_cast<std::size_t>(tensor.size())});
    }
    context_.seed = 7;
    context_.first_row = static_cast<std::uint32_t>(number * rows.batch / kShards);
  }

  void run() {
    OpRun call;
    call.in = in_;
    call.out = out_;
    call.workspace = workspace_;
    call.prepared = prepared_.get();
    call.context = &context_;
    op_->forward(call);
    call.grad_in = grad_in_;
    call.grad_out = grad_out_;
    call.assign = 1;
    op_->backward(call);
  }

 private:
  std::vector<Tensor> tensors(const std::vector<Type>& types) {
    std::vector<Tensor> made;
    for (const Type& type : types) {
      memory_.emplace_back(type.bytes() / sizeof(Line) + 1);
      made.push_back({memory_.back().data(), type});
    }
    return made;
  }

  struct alignas(64) Line {
    std::byte bytes[64];
  };
  std::shared_ptr<const Op> op_;
  std::vector<std::vector<Line>> memory_;
  std::vector<Tensor> in_, grad_in_, out_, grad_out_, workspace_;
  std::shared_ptr<const Prepared> prepared_;
  OpContext context_;
};

bench::Candidate candidate_of(const std::string& text, const Rows& rows) {
  const auto op = op_of(text);
  auto shards = std::make_shared<std::vector<std::unique_ptr<Shard>>>();
  for (Extent number = 0; number < kShards; ++number) shards->push_back(std::make_unique<Shard>(op, rows, number));
  return {
      [shards] { cpu::parallel_for(kShards, [&](Extent number) { (*shards)[static_cast<std::size_t>(number)]->run(); }); }};
}

void report(const std::vector<std::string>& texts, const Rows& rows) {
  std::vector<bench::Candidate> candidates;
  for (const std::string& text : texts) candidates.push_back(candidate_of(text, rows));
  bench::measure(candidates, kRounds, kSample);
  const double elements = static_cast<double>(rows.batch * rows.queries * rows.items);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string shape = "[" + std::to_string(rows.batch * rows.queries) + ", " + std::to_string(rows.items) + "]";
    std::printf("%-28s %-12s %8.0f Mscores/s (best %.0f)\n", texts[i].c_str(), shape.c_str(),
                elements / candidates[i].median() / 1e6, elements / candidates[i].best() / 1e6);
  }
}

}  // namespace

int main(int count, char** arguments) {
  cpu::set_threads(count > 1 ? std::atoi(arguments[1]) : 2);
  std::vector<std::string> texts(arguments + std::min(count, 2), arguments + count);
  if (texts.empty()) texts = Catalogue::instance().names(Selector::kKind);
  report(texts, {64, 64, 64});
  report(texts, {8, 32, 4096});
}
