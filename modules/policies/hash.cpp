// The policy `hash`: the expert of a row follows from what it is.

#include "modules/routing/policy.h"

namespace fovea {
namespace {

class Hash final : public RoutingPolicy {
 public:
  void fields(Options& options) override {
    options.add("table", table_, "how ids are spread over experts", {"random", "modulo"});
    options.add("seed", seed_, "of the random table, >= 0", {.low = 0});
  }
  Traits traits() const override { return {.has_site = false, .reads_ids = true}; }
  Extent places(Extent /*experts*/, Extent /*offered*/) const override { return 1; }

  void assign(const Assignment& run) const override {
    static const std::uint32_t stream = stream_of("routing/hash");
    for (Extent row = 0; row < run.rows; ++row) {
      const Index id = run.ids[row];
      if (id < 0) continue;
      Rng rng({static_cast<std::uint64_t>(seed_), stream, static_cast<std::uint32_t>(id)});
      const Extent expert = table_ == "modulo" ? id % run.experts : rng.below(run.experts);
      run.wanted_of(row, 0) = static_cast<Index>(expert);
      run.keep(row, expert);
    }
  }

 private:
  std::string table_ = "random";
  Extent seed_ = 0;
};

FOVEA_POLICY("hash", Hash, R"doc(Hash: a fixed table of ids says which expert a row is sent to; nothing is learned or scored.

Solves    kept_m = table(id_m), drawn once and uniformly for each id (random), or id mod E; an id of -1 gets no expert.
Shapes    ids Index [B, M], K = 1; weights are 1. There is no site.
Options   table=random or modulo, seed=0 of the random one.
Cost      O(M) time.
Source    Roller et al. 2021, arXiv:2106.04426, section 3: random hash.)doc");

}  // namespace
}  // namespace fovea
