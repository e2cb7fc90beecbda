// The policy `switch`: one expert for each row, and limited room at each expert.

#include "modules/routing/policy.h"

namespace fovea {
namespace {

class Switch final : public RoutingPolicy {
 public:
  void fields(Options& options) override {
    options.add("capacity", capacity_, "room of an expert, in shares of M / E rows, > 0", {.low = 1e-6});
    options.add("over", over_, "what happens to a row whose expert is full", {"drop", "overflow"});
    options.add("evaluation_capacity", evaluation_capacity_, "room in evaluation, >= 0; 0: that of training", {.low = 0});
  }
  Extent places(Extent /*experts*/, Extent /*offered*/) const override { return 1; }
  Extent scratch(Extent /*rows*/, Extent experts) const override { return experts; }

  void assign(const Assignment& run) const override {
    const bool is_other = run.mode == Mode::kEvaluate && evaluation_capacity_ > 0;
    const Extent room = room_of(is_other ? evaluation_capacity_ : capacity_, 1, run.rows, run.experts);
    keep_where_room(run, run.gates, room, over_ == "drop" ? 1 : run.experts);
  }

 private:
  double capacity_ = 1.25;
  double evaluation_capacity_ = 0;
  std::string over_ = "drop";
};

FOVEA_POLICY("switch", Switch, R"doc(Switch: every row is sent to its best expert, as long as it has room.

Solves    wanted_m = the expert of the largest gate; an expert has room for ceil(capacity M / E) rows, which come in order.
          drop: a row whose expert is full gets none. overflow: once all rows have tried, those without an expert try the
          next best one, in order, and so on; a row is dropped where all that the site offers are full.
Shapes    K = 1; the site dot | dense | softmax | none offers all experts and makes the gate a probability.
Gradient  by the gate of the expert that is kept.
Options   capacity=1.25, over=drop or overflow, evaluation_capacity=0: the room in evaluation, 0 that of training.
Cost      O(M E) time for drop, O(M E^3) at worst for overflow.
Source    Fedus et al. 2021, arXiv:2101.03961, section 2.2 and figure 3; overflow: "no token left behind", appendix B
          there.)doc");

}  // namespace
}  // namespace fovea
