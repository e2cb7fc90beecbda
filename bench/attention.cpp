// Attention over the pairs of a pattern in tiles, forward and backward, one batch element: the work of attention.py among
// the peers. Useful work counts the pairs that exist: 2 products forward, 5 backward; its share is that of the limit of
// float32. Memory is what a step takes at its peak beside the inputs and the cotangent.
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/command_line.h"
#include "bench/measure.h"
#include "framework/attention/pattern_text.h"
#include "framework/attention/tiles/attend_tiles.h"
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
  std::vector<std::string> products{"full"};
};

/// The op by itself, with memory of its own; the gradients of the inputs are written anew in every step.
class Step {
 public:
  explicit Step(const Setting& setting, cpu::Products products) {
    const PatternExpression pattern = parse_pattern(setting.pattern);
    op_ = make_tile_attention({.pairs = intervals_of(pattern.pattern),
                               .heads = setting.heads,
                               .item_heads = setting.heads,
                               .scale = 1 / std::sqrt(static_cast<double>(setting.width)),
                               .products = products});
    inputs_.assign(3, Type{{1, setting.length, setting.heads * setting.width}});
    in_ = tensors(inputs_);
    grad_out_ = tensors(op_->infer(inputs_));
    Rng rng({.seed = 1});
    for (const Tensor& tensor : in_) rng.fill_normal({tensor.real(), static_cast<std::size_t>(tensor.size())});
    for (const Tensor& tensor : grad_out_) rng.fill_normal({tensor.real(), static_cast<std::size_t>(tensor.size())});
  }

  /// Takes what is needed beside the inputs and the cotangent.
  void prepare() {
    grad_in_ = tensors(inputs_);
    out_ = tensors(op_->infer(inputs_));
    scratch_ = tensors(op_->scratch(inputs_));
    workspace_ = tensors(op_->workspace(inputs_));
    prepared_ = op_->prepare(inputs_);
  }

  void operator()() {
    OpRun call;
    call.in = in_;
    call.out = out_;
    call.scratch = scratch_;
    call.workspace = workspace_;
    call.prepared = prepared_.get();
    op_->forward(call);
    call.grad_in = grad_in_;
    call.grad_out = grad_out_;
    for (std::size_t i = 0; i < grad_in_.size(); ++i) {
      if (op_->can_assign(i)) {
        call.assign |= 1U << i;
      } else {
        std::fill_n(grad_in_[i].real(), grad_in_[i].size(), Real(0));
      }
    }
    op_->backward(call);
  }

  double operations() const { return 7 * op_->multiply_adds(inputs_); }

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
  std::vector<Type> inputs_;
  std::vector<Arena> arenas_;
  std::vector<Tensor> in_, grad_in_, out_, grad_out_, scratch_, workspace_;
};

void print(const Setting& setting, bool rounds_factors, Candidate& work, const std::string& rest, bool json) {
  const std::string config =
      "N=" + std::to_string(setting.length) + ",H=" + std::to_string(setting.heads) + ",D=" + std::to_string(setting.width);
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

// The limit of all threads together is measured in turn with the work.
void report(const Setting& setting, int rounds, bool json) {
  std::vector<Candidate> candidates(setting.products.size() + 1);
  std::vector<Step> steps;
  std::vector<double> mib;
  for (const std::string& products : setting.products) {
    steps.emplace_back(setting, products == "bf16" ? cpu::Products::kBf16 : cpu::Products::kFull);
    mib.push_back(peak_growth([&] {
      steps.back().prepare();
      steps.back()();
    }));
  }
  for (std::size_t i = 0; i < steps.size(); ++i) candidates[i].run = [&, i] { steps[i](); };
  double limit_work = 0;
  std::vector<double> done(static_cast<std::size_t>(cpu::threads()));
  candidates.back().run = [&] {
    cpu::parallel_for(cpu::threads(), [&](Extent i) { done[static_cast<std::size_t>(i)] = fused_multiply_adds(); });
    limit_work = 0;
    for (const double one : done) limit_work += one;
  };
  measure(candidates, rounds, 0.2);
  const double limit = limit_work / candidates.back().median();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const double rate = steps[i].operations() / candidates[i].median();
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
                   "  bench_attention                                        window, dense and causal, 1k to 16k\n"
                   "  bench_attention causal --lengths 4096                  one pattern, one length\n"
                   "  bench_attention \"window(128) + global(16)\" --lengths 1024 4096 16384 65536 --json\n"
                   "  bench_attention dense --products full bf16             both kinds of products in turn\n",
                   common);
  line.add_threads(common);
  CLI::App& app = line.app();
  app.add_option("patterns", patterns, "patterns by place, each as one word");
  app.add_option("--lengths", lengths, "items and queries N, each in [1, 1048576]")->check(CLI::Range(1, 1048576));
  app.add_option("--heads", setting.heads, "heads H, in [1, 256]")->check(CLI::Range(1, 256));
  app.add_option("--width", setting.width, "width D of a head, in [1, 128]")->check(CLI::Range(1, 128));
  app.add_option("--products", setting.products, "rounding of products: full, bf16")->check(CLI::IsMember({"full", "bf16"}));
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
