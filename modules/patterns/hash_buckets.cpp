#include "framework/attention/pattern.h"
#include "framework/core/rng.h"
#include "framework/cpu/row_math.h"
#include "framework/graph/functions.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

struct HashOptions {
  Extent bits = 2;
  Extent rounds = 2;
  Extent seed = 0;
};

struct Directions final : Prepared {
  std::vector<Real> values;  // [rounds, bits, D]
};

/// The bucket of a vector in each round: one bit for the side of each of `bits` random planes that it lies on.
/// x [B, X, D] -> Index [B, X, rounds]
class HashOp final : public Op {
 public:
  explicit HashOp(const HashOptions& options) : options_(options) {}

  std::string_view name() const override { return "hash_buckets"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    Signature(name(), in, {"x [B, X, D]"});
    return {Type{in[0].shape.with(2, options_.rounds), Kind::kIndex}};
  }

  std::shared_ptr<const Prepared> prepare(std::span<const Type> in) const override {
    auto directions = std::make_shared<Directions>();
    directions->values.resize(options_.rounds * options_.bits * in[0].shape[2]);
    Rng({.seed = static_cast<std::uint64_t>(options_.seed), .stream = stream_of("pattern/hash_buckets")})
        .fill_normal(directions->values);
    return directions;
  }

  void forward(const OpRun& run) const override {
    const auto& directions = static_cast<const Directions&>(*run.prepared).values;
    const Shape& shape = run.in[0].shape();
    const auto width = static_cast<std::size_t>(shape[2]);
    const Real* x = run.in[0].real();
    Index* out = run.out[0].index();
    for (Extent vector = 0; vector < shape[0] * shape[1]; ++vector, x += width) {
      const Real* direction = directions.data();
      for (Extent round = 0; round < options_.rounds; ++round, ++out) {
        *out = 0;
        for (Extent bit = 0; bit < options_.bits; ++bit, direction += width) {
          *out = 2 * *out + static_cast<Index>(cpu::dot({x, width}, {direction, width}) > 0);
        }
      }
    }
  }

 private:
  HashOptions options_;
};

class HashBuckets final : public Pattern, public TagChoice {
 public:
  void fields(Options& options) override {
    options.add("bits", options_.bits, "random planes of a round, 2^bits buckets, in [1, 20]", {.low = 1, .high = 20});
    options.add("rounds", options_.rounds, "rounds, each with its own planes, >= 1", {.low = 1});
    options.add("seed", options_.seed, "of the random planes, >= 0", {.low = 0});
  }

  void candidates(Extent /*query*/, Extent /*queries*/, Extent items, ItemIntervals& out) const override {
    append_items(0, items, out);
  }
  std::optional<TileChoice> tile_choice() const override { return TileChoice{.by_tags = true}; }
  Extent tag_count() const override { return options_.rounds; }
  KeyTags key_tags(Builder& builder, const TagVectors& keys) const override { return {tags(builder, keys)}; }
  Value query_tags(Builder& builder, const TagVectors& queries, const KeyTags& /*keys*/) const override {
    return tags(builder, queries);
  }

  Extent choose_among(const PatternRow& row, std::span<Index> items) const override { return keep_met_items(row, items); }

 private:
  Value tags(Builder& builder, const TagVectors& vectors) const {
    const Shape& shape = vectors.rows.shape();
    const Value rows = reshape(vectors.rows, {0, shape[1] * vectors.heads, shape[2] / vectors.heads});
    return builder.add(std::make_shared<HashOp>(options_), {rows});
  }

  HashOptions options_;
};

FOVEA_PATTERN("hash_buckets", HashBuckets, R"doc(Hash buckets: a query sees the keys that share its random hash.

Solves    h_r(x) = the signs of x . a_rb for b < bits, with normal a_rb; candidates(m) = {n : h_r(q_m) = h_r(k_n) for any round
          r}. Two vectors at angle t share a bucket with probability 1 - (1 - (1 - t / pi)^bits)^rounds, whatever their
          lengths. The a_rb follow from (seed, width) alone: the same in every step, on every machine.
Shapes    M queries and N keys of one width -> about M N / 2^bits pairs a round where directions are spread evenly.
Gradient  exact where the pairs do not change: no gradient flows through the hash.
Errors    unequal widths of queries and keys. A query whose buckets are empty reads zeros; join a window to prevent it.
Cost      (M + N) D bits rounds multiply-adds for the hash, N rounds comparisons a row; at worst M N pairs.
Source    Charikar 2002, "Similarity estimation techniques from rounding algorithms", section 3; for attention: Kitaev et al.
          2020, arXiv:2001.04451, section 2, without sorting and chunks.)doc");

}  // namespace
}  // namespace fovea
