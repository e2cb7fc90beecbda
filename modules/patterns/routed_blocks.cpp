#include <algorithm>
#include <array>

#include "framework/attention/pattern.h"
#include "framework/core/whole.h"

namespace fovea {
namespace {

constexpr std::size_t kMostBlocks = 64;

class RoutedBlocks final : public Pattern, public DataChoice {
 public:
  void fields(Options& options) override {
    options.add("size", size_, "items in a block, >= 1", {.low = 1});
    options.add("count", count_, "blocks that a query sees, its own included, in [1, 64]",
                {.low = 1, .high = static_cast<double>(kMostBlocks)});
  }

  void candidates(Extent /*query*/, Extent /*queries*/, Extent items, ItemIntervals& out) const override {
    append_items(0, items, out);
  }
  Extent pairs_at_most(Extent queries, Extent items) const override {
    return queries * std::min(capped_product(count_, size_), items);
  }
  std::optional<TileChoice> tile_choice() const override { return TileChoice{.best = count_, .block = size_}; }

  Extent choose_among(const PatternRow& row, std::span<Index> items) const override {
    const auto all = static_cast<Extent>(row.scores.size());
    const Extent own = row.query / size_;
    std::array<Scored, kMostBlocks> best{};
    std::size_t found = 0;
    for (auto next = items.begin(); next != items.end();) {
      const Extent block = *next / size_;
      const auto end = std::find_if(next, items.end(), [&](Index item) { return item / size_ != block; });
      const Extent whole = std::min(capped_product(block + 1, size_), all) - block * size_;
      if (block != own && end - next == whole) found = insert(best, found, {mean(row, {next, end}), block});
      next = end;
    }
    const auto is_kept = [&](Index item) {
      const Extent block = item / size_;
      return block == own || std::any_of(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(found),
                                         [&](const Scored& one) { return one.block == block; });
    };
    return std::remove_if(items.begin(), items.end(), [&](Index item) { return !is_kept(item); }) - items.begin();
  }

 private:
  struct Scored {
    Real score = 0;
    Extent block = 0;
  };

  static Real mean(const PatternRow& row, std::span<const Index> items) {
    Real sum = 0;
    for (const Index item : items) sum += row.scores[item];
    return sum / static_cast<Real>(items.size());
  }

  // Keeps the count - 1 best, best first; blocks come in ascending order, so that among equals the first stays.
  std::size_t insert(std::array<Scored, kMostBlocks>& best, std::size_t found, const Scored& block) const {
    const auto most = static_cast<std::size_t>(count_ - 1);
    std::size_t place = found;
    while (place > 0 && block.score > best[place - 1].score) --place;
    if (place >= most) return found;
    const std::size_t now = std::min(found + 1, most);
    for (std::size_t i = now - 1; i > place; --i) best[i] = best[i - 1];
    best[place] = block;
    return now;
  }

  Extent size_ = 64;
  Extent count_ = 4;
};

FOVEA_PATTERN("routed_blocks", RoutedBlocks,
              R"doc(Routed blocks: a query sees its own block and those that score highest with it.

Solves    block b holds the items n with floor(n / size) = b; candidates(m) = the items of its block floor(m / size), and of
          the count - 1 others with the largest mean over b of s_mn, that the mask and the patterns crossed with this one
          leave. Only a block that these leave intact can be chosen; ties go to the lowest block. For scores that are dot
          products the mean is the score of the mean key. `causal & routed_blocks(64, 4)` routes to the past.
Shapes    M queries, N items -> at most M count size pairs.
Gradient  exact where the pairs do not change: blocks are chosen by scores, and no gradient flows through that choice.
Errors    none.
Cost      O(M count size) pairs; in tiles O(M N / size) scores of means, else the scores of all pairs.
Source    Lu et al. 2025, arXiv:2502.13189, section 2.)doc");

}  // namespace
}  // namespace fovea
