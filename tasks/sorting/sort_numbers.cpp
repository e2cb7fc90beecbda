// The task `sort_numbers`: real numbers to positions in output order.

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "framework/core/span.h"
#include "framework/task.h"

namespace fovea {
namespace {

constexpr const char* kName = "sort_numbers";

/// What the numbers of a row are ordered by, smallest first.
double rank_key(const std::string& order, double number) {
  if (order == "descending") return -number;
  if (order == "farthest_from_half") return -std::abs(number - 0.5);
  if (order == "nearest_to_half") return std::abs(number - 0.5);
  return number;  // ascending, and the base of alternating
}

/// Positions in ascending order become smallest, largest, second smallest, second largest, ...
void alternate_ends(std::span<Index> positions) {
  const std::vector<Index> ascending(positions.begin(), positions.end());
  for (std::size_t i = 0; i < positions.size(); ++i) {
    positions[i] = ascending[i % 2 == 0 ? i / 2 : ascending.size() - 1 - i / 2];
  }
}

/// numbers [N] -> targets [N]; a stable sort, so that equal numbers keep the order of their positions.
void order_positions(const std::string& order, std::span<const Real> numbers, std::span<Index> targets) {
  std::vector<double> keys(numbers.size());
  std::transform(numbers.begin(), numbers.end(), keys.begin(),
                 [&](Real number) { return rank_key(order, static_cast<double>(number)); });
  std::iota(targets.begin(), targets.end(), Index{0});
  std::stable_sort(targets.begin(), targets.end(), [&](Index a, Index b) { return keys[a] < keys[b]; });
  if (order == "alternating") alternate_ends(targets);
}

class SortNumbers : public Task {
 public:
  void fields(Options& options) override {
    options.add("n", n_, "numbers in a row, >= 1; used where n_min and n_max are 0", {.low = 1, .high = kLongest});
    options.add("n_min", n_min_, "fewest numbers in a row, drawn anew for each batch; 0: n", {.low = 0, .high = kLongest});
    options.add("n_max", n_max_, "most numbers in a row; 0: n", {.low = 0, .high = kLongest});
    options.add("order", order_, "order of the output",
                {"ascending", "descending", "farthest_from_half", "nearest_to_half", "alternating"});
  }

  void check() const override {
    if ((n_min_ == 0) != (n_max_ == 0)) {
      throw Error(kName, "n_min and n_max must be given together; n_min is " + std::to_string(n_min_) + " and n_max is " +
                             std::to_string(n_max_) + "; set both, or neither for a fixed n.");
    }
    if (n_min_ > n_max_) {
      throw Error(kName, "n_min must not be above n_max; n_min is " + std::to_string(n_min_) + " and n_max is " +
                             std::to_string(n_max_) + "; exchange them.");
    }
  }

  std::string stream() const override { return kName; }
  void fill(Rng& rng, Split /*split*/, Batch& batch) const override {
    const Extent n = rng.between(least(), most());
    const Tensor items = batch.make("items", {Shape{batch.rows(), n, 1}, Kind::kReal});
    const Tensor targets = batch.make("targets", {Shape{batch.rows(), n}, Kind::kIndex});
    rng.fill_uniform(span_of(items.real(), items.size()));
    const auto width = static_cast<std::size_t>(n);
    for (Extent b = 0; b < batch.rows(); ++b) {
      order_positions(order_, {items.real() + b * n, width}, {targets.index() + b * n, width});
    }
  }

  Meanings meanings() const override {
    using enum TensorMeaning::What;
    return {{{"items", kNumber, {"place", "number"}},
             {"targets", kItem, {"rank"}, "", {}, "items:1"},
             {"pointers", kItem, {"rank"}, "", {}, "items:1"},
             {"log_prob", kLogProbability}},
            {}};
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    const Tensor targets = batch.at("targets");
    const EqualRows right = equal_rows(require_output(outputs, "pointers", targets.type, kName), targets);
    Judgement judgement{{{"sequence_accuracy", right.whole}, {"element_accuracy", right.share}}, {}};
    judgement.slices.assign(right.share.size(), "N=" + std::to_string(targets.shape().last()));
    return judgement;
  }

  double chance() const override {
    double total = 0;
    for (Extent n = least(); n <= most(); ++n) total += std::exp(-std::lgamma(static_cast<double>(n) + 1));
    return total / static_cast<double>(most() - least() + 1);
  }

 private:
  static constexpr double kLongest = 1e6;

  Extent least() const { return n_min_ > 0 ? n_min_ : n_; }
  Extent most() const { return n_max_ > 0 ? n_max_ : n_; }

  Extent n_ = 10;
  Extent n_min_ = 0;
  Extent n_max_ = 0;
  std::string order_ = "ascending";
};

FOVEA_TASK("sort_numbers", SortNumbers, R"doc(
Sorting: n numbers in a row, answered by their positions in output order.

Example   n=3, ascending: items 0.7, 0.1, 0.4 -> targets 1, 2, 0.
          order=farthest_from_half: 0.1, 0.7, 0.4 by distances 0.4, 0.2, 0.1 -> targets 1, 0, 2.
Inputs    items [B, N, 1], independent and uniform in (0, 1), no unit; targets Index [B, N], positions in [0, N).
          N is n, or drawn uniformly from n_min to n_max for each batch. Equal numbers come in the order of their positions.
Orders    ascending, descending, farthest_from_half, nearest_to_half, alternating (smallest, largest, second smallest, ...).
Judges    output "pointers", Index [B, N]: sequence_accuracy (every position right), element_accuracy (share of positions
          that are right). Slices "N=10" by length.
Chance    1 / n! for a sequence, 1 / n for an element.
Errors    n < 1, n_min > n_max, only one of n_min and n_max; an output of another shape.
Source    Vinyals, Bengio & Kudlur 2016, "Order Matters", arXiv:1511.06391, section 4.4.
)doc");

}  // namespace
}  // namespace fovea
