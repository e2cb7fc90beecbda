#include <algorithm>
#include <numeric>

#include "framework/attention/pattern.h"
#include "framework/core/rng.h"
#include "framework/core/whole.h"

namespace fovea {
namespace {

class RandomBlocks final : public Pattern {
 public:
  void fields(Options& options) override {
    options.add("size", size_, "items in a block, >= 1", {.low = 1});
    options.add("count", count_, "blocks that a query sees, >= 1", {.low = 1});
    options.add("seed", seed_, "of the random numbers, >= 0", {.low = 0});
  }

  void candidates(Extent query, Extent /*queries*/, Extent items, ItemIntervals& out) const override {
    for (const Extent block : blocks_of(query / size_, parts_of(items, size_))) {
      append_items(block * size_, std::min(capped_product(block + 1, size_), items), out);
    }
  }
  Extent pairs_at_most(Extent queries, Extent items) const override {
    return queries * std::min(capped_product(count_, size_), items);
  }

 private:
  // `count` of `blocks` without replacement, ascending: Floyd's algorithm, the same for every query of a block.
  std::vector<Extent> blocks_of(Extent query_block, Extent blocks) const {
    Rng rng({.seed = static_cast<std::uint64_t>(seed_),
             .stream = stream_of("pattern/random_blocks"),
             .row = static_cast<std::uint32_t>(query_block)});
    std::vector<Extent> drawn;
    if (count_ >= blocks) {
      drawn.resize(static_cast<std::size_t>(blocks));
      std::iota(drawn.begin(), drawn.end(), Extent{0});
      return drawn;
    }
    for (Extent last = blocks - count_; last < blocks; ++last) {
      const Extent block = rng.below(last + 1);
      const bool is_new = std::find(drawn.begin(), drawn.end(), block) == drawn.end();
      drawn.push_back(is_new ? block : last);
    }
    std::sort(drawn.begin(), drawn.end());
    return drawn;
  }

  Extent size_ = 64;
  Extent count_ = 3;
  Extent seed_ = 0;
};

FOVEA_PATTERN("random_blocks", RandomBlocks,
              R"doc(Random blocks: all queries of a block see the same few blocks, drawn at random.

Solves    candidates(m) = {n : floor(n / size) in R(floor(m / size))}; R(b) holds min(count, blocks) different blocks, drawn
          uniformly with counter-based random numbers of (seed, b): the same in every step, on every machine.
Shapes    M queries, N items -> at most M size count pairs.
Errors    none.
Cost      O(M size count) pairs; meant to be joined: block(64, 1, 1) + global(64) + random_blocks(64, 3).
Source    Zaheer et al. 2020, arXiv:2007.14062, section 2.)doc");

}  // namespace
}  // namespace fovea
