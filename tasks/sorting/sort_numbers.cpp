// The task `sort_numbers`: real numbers to positions in output order.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "framework/core/span.h"
#include "framework/task.h"
#include "tasks/data/lines.h"

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

/// What a user has written as the model is used to it, as numbers in (0, 1): where one is outside of [0, 1], the smallest
/// becomes 1 / (n + 1) and the largest n / (n + 1), as they are on average in training.
std::vector<double> scaled(std::vector<double> numbers) {
  const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
  const double low = *least / 2;
  const double range = *most / 2 - low;  // halves: the difference of the largest numbers is none
  if (low >= 0 && *most <= 1) return numbers;
  const auto count = static_cast<double>(numbers.size());
  for (double& number : numbers) {
    number = range > 0 ? (1 + (number / 2 - low) / range * (count - 1)) / (count + 1) : 0.5;
  }
  return numbers;
}

/// With at most 14 digits, so that a number comes back as it was written.
std::string written_text(double number) {
  std::array<char, 32> buffer{};
  char* const begin = buffer.data();
  return {begin, std::to_chars(begin, begin + buffer.size(), number, std::chars_format::general, 14).ptr};
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
    const Tensor items = made(batch, rng.between(least(), most()));
    rng.fill_uniform(span_of(items.real(), items.size()));
    write_targets(batch);
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

  std::string item_format() const override {
    const std::string format = "numbers, separated by spaces, such as '0.7 0.1 0.4'";
    if (is_by_half()) return format + ", each in [0, 1]";
    return format + " or '3 1 2'; where one is outside of [0, 1], all are moved into it";
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    return data::item_lines([this](std::string_view line, Batch& batch) { read(line, batch); });
  }

  /// The numbers in the order in which the model points at them.
  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    const Tensor items = batch.at("items");
    const Extent n = items.shape()[1];
    const Tensor pointers = require_output(outputs, "pointers", {Shape{batch.rows(), n}, Kind::kIndex}, kName);
    std::string text;
    for (Extent rank = row * n; rank < (row + 1) * n; ++rank) {
      const Index place = pointers.index()[rank];
      if (place < 0 || place >= n) {
        throw Error(kName, "pointers in [0, " + std::to_string(n) + ") were expected; " + std::to_string(place) +
                               " came; let the model point at items.");
      }
      text += (rank == row * n ? "" : " ") + number_at(batch, row * n + place);
    }
    return text + "\n";
  }

  double chance() const override {
    double total = 0;
    for (Extent n = least(); n <= most(); ++n) total += std::exp(-std::lgamma(static_cast<double>(n) + 1));
    return total / static_cast<double>(most() - least() + 1);
  }

 private:
  static constexpr double kLongest = 1e6;

  bool is_by_half() const { return order_ == "farthest_from_half" || order_ == "nearest_to_half"; }

  /// The items of a batch, which are not filled yet.
  static Tensor made(Batch& batch, Extent n) {
    batch.make("targets", {Shape{batch.rows(), n}, Kind::kIndex});
    return batch.make("items", {Shape{batch.rows(), n, 1}, Kind::kReal});
  }

  void write_targets(const Batch& batch) const {
    const Tensor items = batch.at("items");
    const Tensor targets = batch.at("targets");
    const Extent n = targets.shape()[1];
    for (Extent b = 0; b < batch.rows(); ++b) {
      order_positions(order_, span_of(items.real() + b * n, n), span_of(targets.index() + b * n, n));
    }
  }

  void read(std::string_view line, Batch& batch) const {
    std::vector<double> numbers;
    for (const data::Field& word : data::words_of(line)) {
      numbers.push_back(data::real_of(word, "a number"));
      if (!is_by_half() || (numbers.back() >= 0 && numbers.back() <= 1)) continue;
      throw data::LineError(word.begin,
                            "a number in [0, 1] was expected, because the order is that of distances from 0.5; " +
                                data::came(word.text) + " came; divide all by the largest.");
    }
    const auto n = static_cast<Extent>(numbers.size());
    if (numbers.size() > static_cast<std::size_t>(kLongest)) {
      throw Error(kName, "at most " + number_text(kLongest) + " numbers were expected; " + std::to_string(n) +
                             " came; write fewer.");
    }
    const Tensor items = made(batch, n);
    // For the answer alone: two Reals whose sum is what was written; the digits of one are too few to write it again.
    const Tensor written = batch.make("written", {Shape{1, n, 2}, Kind::kReal});
    const std::vector<double> shown = scaled(numbers);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      items.real()[i] = static_cast<Real>(shown[i]);
      const auto high = static_cast<Real>(numbers[i]);
      written.real()[2 * i] = high;
      written.real()[2 * i + 1] = static_cast<Real>(numbers[i] - static_cast<double>(high));
    }
    write_targets(batch);
  }

  /// An item of a batch as it was written, or, where it was drawn, as it is.
  static std::string number_at(const Batch& batch, Extent item) {
    if (!batch.has("written")) return written_text(static_cast<double>(batch.at("items").real()[item]));
    const Real* parts = batch.at("written").real() + 2 * item;
    return written_text(static_cast<double>(parts[0]) + static_cast<double>(parts[1]));
  }

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
          Numbers of a user that are not all in [0, 1] are moved into it, keeping their relative distances.
Orders    ascending, descending, farthest_from_half, nearest_to_half, alternating (smallest, largest, second smallest, ...).
Judges    output "pointers", Index [B, N]: sequence_accuracy (every position right), element_accuracy (share of positions
          that are right). Slices "N=10" by length.
Chance    1 / n! for a sequence, 1 / n for an element.
Errors    n < 1, n_min > n_max, only one of n_min and n_max; an output of another shape.
Source    Vinyals, Bengio & Kudlur 2016, "Order Matters", arXiv:1511.06391, section 4.4.
)doc");

}  // namespace
}  // namespace fovea
