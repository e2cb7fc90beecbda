#include "framework/attention/scorer.h"
#include "framework/graph/functions.h"

namespace fovea {
namespace {

class Location final : public Scorer {
 public:
  void fields(Options& options) override {
    options.add("places", places_, "the largest number of items P, >= 1", {.low = 1});
  }
  void declare(Builder& builder, Extent query_width, Extent /*key_width*/) override {
    weight_ = builder.parameter("weight", {places_, query_width});
  }
  Value score(Builder& /*builder*/, Value queries, Value prepared) override {
    return slice_like(linear(queries, weight_), 2, prepared, 1);
  }

 private:
  Extent places_ = 64;
  Value weight_;  // [P, Dq]
};

FOVEA_SCORER("location", Location, R"doc(Location score: the query alone says at which places to look; keys play no part.

Solves    s_n = w_n . q, one row of weights for each place n.
Shapes    queries [B, M, Dq], keys [B, N <= P, any], weight [P, Dq] -> scores [B, M, N].
Gradient  exact; that of the keys is 0.
Errors    more items than places.
Cost      B M P Dq multiply-adds, whatever the width of the keys.
Source    Luong et al. 2015, arXiv:1508.04025, section 3.1, equation 8.)doc");

}  // namespace
}  // namespace fovea
