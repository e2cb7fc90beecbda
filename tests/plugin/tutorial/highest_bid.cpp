// The task `highest_bid`: who bids most?

#include "framework/task.h"

namespace fovea {
namespace {

class HighestBid final : public Task {
 public:
  void fields(Options& options) override {
    options.add("bids", bids_, "bids N in an auction, >= 1", {.low = 1});
    options.add("bidders", bidders_, "people V who may bid, >= 2", {.low = 2});
  }

  void fill(Rng& rng, Split /*split*/, Batch& batch) const override {
    const Extent rows = batch.rows();
    const Tensor bids = batch.make("bids", {Shape{rows, bids_}});
    const Tensor bidders = batch.make("bidders", {Shape{rows, bids_}, Kind::kIndex});
    const Tensor place = batch.make("place", {Shape{rows}, Kind::kIndex});
    const Tensor winner = batch.make("winner", {Shape{rows}, Kind::kIndex});
    for (Extent b = 0; b < rows; ++b) {
      Real* bid = bids.real() + b * bids_;
      Index* bidder = bidders.index() + b * bids_;
      Extent best = 0;
      for (Extent n = 0; n < bids_; ++n) {
        bid[n] = static_cast<Real>(rng.uniform());
        bidder[n] = static_cast<Index>(rng.below(bidders_));
        if (bid[n] > bid[best]) best = n;
      }
      place.index()[b] = static_cast<Index>(best);
      winner.index()[b] = bidder[best];
    }
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    const Tensor winner = batch.at("winner");
    const Tensor answer = require_output(outputs, "answer", winner.type, "highest_bid");
    return {{{"accuracy", equal_rows(answer, winner).share}}, {}};
  }

  double chance() const override { return 1 / static_cast<double>(bidders_); }

 private:
  Extent bids_ = 16;
  Extent bidders_ = 8;
};

FOVEA_TASK("highest_bid", HighestBid, R"doc(The highest bid: who made it?

Example   bids 0.3, 0.9, 0.5 of bidders 4, 2, 4 -> place 1, winner 2.
Inputs    bids [B, N], uniform in (0, 1), without a unit; bidders Index [B, N], uniform in [0, V); place Index [B], of the
          highest bid, the first of equal ones; winner Index [B], its bidder.
Judges    output "answer", Index [B]: accuracy, the share of rows whose answer is the winner.
Chance    1 / V.
Errors    an output of another shape.
Source    the retrieval of a maximum of Velickovic et al. 2024, arXiv:2410.01104.)doc");

}  // namespace
}  // namespace fovea
