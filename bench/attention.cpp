// Attention over the pairs of a pattern in tiles, forward and backward, one batch element: the work of attention.py among
// the peers. Useful work counts the pairs that exist: 2 products forward, 5 backward.
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/command_line.h"
#include "bench/measure.h"
#include "framework/attention/attend_tiles.h"
#include "framework/core/arena.h"
#include "framework/core/error.h"
#include "framework/core/rng.h"
#include "framework/cpu/parallel.h"

namespace fovea::bench {
namespace {

struct Setting {
  std::string pattern;
  Extent length = 1024;
  Extent heads = 8;
  Extent width = 64;  // of a head
};

/// The op by itself, with memory of its own; the gradients of the inputs are cleared in every step.
class Step {
 public:
  explicit Step(const Setting& setting) {
    const PatternExpression pattern = parse_pattern(setting.pattern);
    op_ = make_tile_attention({.pairs = intervals_of(pattern.pattern),
                               .heads = setting.heads,
                               .item_heads = setting.heads,
                               .scale = 1 / std::sqrt(static_cast<double>(setting.width))});
    const std::vector<Type> inputs(3, Type{{1, setting.length, setting.heads * setting.width}});
    const std::vector<Type> outputs = op_->infer(inputs);
    in_ = tensors(inputs);
    grad_in_ = tensors(inputs);
    out_ = tensors(outputs);
    grad_out_ = tensors(outputs);
    scratch_ = tensors(op_->scratch(inputs));
    prepared_ = op_->prepare(inputs);
    multiply_adds_ = 3.5 * op_->multiply_adds(inputs);
    Rng rng({.seed = 1});
    for (const Tensor& tensor : in_) rng.fill_normal({tensor.real(), static_cast<std::size_t>(tensor.size())});
    for (const Tensor& tensor : grad_out_) rng.fill_normal({tensor.real(), static_cast<std::size_t>(tensor.size())});
  }

  void operator()() {
    OpRun call;
    call.in = in_;
    call.out = out_;
    call.scratch = scratch_;
    call.prepared = prepared_.get();
    op_->forward(call);
    call.grad_in = grad_in_;
    call.grad_out = grad_out_;
    for (const Tensor& tensor : grad_in_) std::fill_n(tensor.real(), tensor.size(), Real(0));
    op_->backward(call);
  }

  double operations() const { return 2 * multiply_adds_; }
  /// Read, gradients and what is kept in between, beside the inputs and the given cotangent.
  double mib() const {
    std::size_t bytes = out_[0].type.bytes() + scratch_[0].type.bytes();
    for (const Tensor& tensor : grad_in_) bytes += tensor.type.bytes();
    return static_cast<double>(bytes) / (1 << 20);
  }

 private:
  std::vector<Tensor> tensors(const std::vector<Type>& types) {
    std::vector<Tensor> made;
    for (const Type& type : types) {
      arenas_.emplace_back(type.bytes());
      made.push_back({arenas_.back().data(), type});
    }
    return made;
  }

  OpPointer op_;
  std::shared_ptr<const Prepared> prepared_;
  std::vector<Arena> arenas_;
  std::vector<Tensor> in_, grad_in_, out_, grad_out_, scratch_;
  double multiply_adds_ = 0;
};

// The limit of all threads together is measured in turn with the work.
void report(const Setting& setting, int rounds, bool json) {
  Step step(setting);
  double limit_work = 0;
  std::vector<double> done(static_cast<std::size_t>(cpu::threads()));
  std::vector<Candidate> candidates(2);
  candidates[0].run = [&] { step(); };
  candidates[1].run = [&] {
    cpu::parallel_for(cpu::threads(), [&](Extent i) { done[static_cast<std::size_t>(i)] = fused_multiply_adds(); });
    limit_work = 0;
    for (const double one : done) limit_work += one;
  };
  measure(candidates, rounds, 0.2);
  const double seconds = candidates[0].median();
  const double limit = limit_work / candidates[1].median();
  const std::string config =
      "N=" + std::to_string(setting.length) + ",H=" + std::to_string(setting.heads) + ",D=" + std::to_string(setting.width);
  if (json) {
    print_json({"attn_" + setting.pattern + "_fwdbwd", config, seconds, candidates[0].best(),
                static_cast<double>(setting.length), "tokens/s"});
    return;
  }
  std::printf("%-28s %-18s %9.2f ms  best %9.2f  %6.1f GFLOP/s, %4.1f %% of %.0f  %7.1f MiB\n", setting.pattern.c_str(),
              config.c_str(), 1e3 * seconds, 1e3 * candidates[0].best(), 1e-9 * step.operations() / seconds,
              100 * step.operations() / seconds / limit, 1e-9 * limit, step.mib());
  std::fflush(stdout);
}

int run(int count, char** arguments) {
  Common common;
  Setting setting;
  int rounds = 7;
  std::vector<Extent> lengths{1024, 4096, 16384};
  std::vector<std::string> patterns{"window(128) + global(16)", "dense", "causal"};
  CommandLine line("bench_attention", "Softmax attention over the pairs of a pattern, forward and backward, in tiles.",
                   "  bench_attention                                        window, dense and causal, 1k to 16k\n"
                   "  bench_attention causal --lengths 4096                  one pattern, one length\n"
                   "  bench_attention \"window(128) + global(16)\" --lengths 1024 4096 16384 65536 --json\n",
                   common);
  line.add_threads(common);
  CLI::App& app = line.app();
  app.add_option("patterns", patterns, "patterns by place, each as one word");
  app.add_option("--lengths", lengths, "items and queries N, each in [1, 1048576]")->check(CLI::Range(1, 1048576));
  app.add_option("--heads", setting.heads, "heads H, in [1, 256]")->check(CLI::Range(1, 256));
  app.add_option("--width", setting.width, "width D of a head, in [1, 128]")->check(CLI::Range(1, 128));
  app.add_option("--rounds", rounds, "samples, of which the median is told, in [1, 101]")->check(CLI::Range(1, 101));
  if (const int code = line.parse(count, arguments); code >= 0) return code;
  cpu::set_threads(common.threads);
  try {
    for (const std::string& pattern : patterns) {
      setting.pattern = pattern;
      for (const Extent length : lengths) {
        setting.length = length;
        report(setting, rounds, common.json);
      }
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
