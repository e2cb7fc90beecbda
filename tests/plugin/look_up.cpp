// The task `look_up`: pairs of a key and a value, and a question for one of them.

#include <numeric>
#include <string>

#include "framework/task.h"

namespace fovea {
namespace {

class LookUp final : public Task {
 public:
  void fields(Options& options) override {
    options.add("pairs", pairs_, "pairs N in a row, >= 1", {.low = 1});
    options.add("words", words_, "different keys and values V, >= pairs", {.low = 1});
  }

  void check() const override {
    if (words_ >= pairs_) return;
    throw Error("look_up", "words must not be below pairs, because the keys of a row differ; words is " +
                               std::to_string(words_) + " and pairs is " + std::to_string(pairs_) +
                               "; set words=" + std::to_string(pairs_) + ".");
  }

  void fill(Rng& rng, Split /*split*/, Batch& batch) const override {
    const Extent rows = batch.rows();
    const Tensor keys = batch.make("keys", {Shape{rows, pairs_}, Kind::kIndex});
    const Tensor values = batch.make("values", {Shape{rows, pairs_}, Kind::kIndex});
    const Tensor query = batch.make("query", {Shape{rows}, Kind::kIndex});
    const Tensor targets = batch.make("targets", {Shape{rows}, Kind::kIndex});
    std::vector<Index> words(static_cast<std::size_t>(words_));
    std::iota(words.begin(), words.end(), Index{0});
    for (Extent b = 0; b < rows; ++b) {
      rng.shuffle(std::span<Index>(words));
      for (Extent n = 0; n < pairs_; ++n) {
        keys.index()[b * pairs_ + n] = words[n];
        values.index()[b * pairs_ + n] = static_cast<Index>(rng.below(words_));
      }
      const Extent asked = rng.below(pairs_);
      query.index()[b] = keys.index()[b * pairs_ + asked];
      targets.index()[b] = values.index()[b * pairs_ + asked];
    }
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    const Tensor targets = batch.at("targets");
    const Tensor answers = require_output(outputs, "answers", targets.type, "look_up");
    return {{{"accuracy", equal_rows(answers, targets).share}}, {}};
  }

  double chance() const override { return 1 / static_cast<double>(words_); }

 private:
  Extent pairs_ = 8;
  Extent words_ = 32;
};

FOVEA_TASK("look_up", LookUp, R"doc(Looking up: which value stands beside the key that is asked for?

Example   keys 4, 0, 7, values 1, 6, 1, query 0 -> target 6.
Inputs    keys Index [B, N], all different within a row; values Index [B, N]; query Index [B], one of the keys; targets
          Index [B], its value. Everything is uniform in [0, V).
Judges    output "answers", Index [B]: accuracy, the share of rows whose answer is the target.
Chance    1 / V.
Errors    words < pairs; an output of another shape.
Source    in the manner of Graves, Wayne & Danihelka 2014, arXiv:1410.5401, section 4.3, with one item asked for.)doc");

}  // namespace
}  // namespace fovea
