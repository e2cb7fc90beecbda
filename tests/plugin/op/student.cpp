// The scorer `student`: a Student t kernel, whose tails keep far keys apart.

#include "add_noise.h"
#include "framework/attention/scorer.h"
#include "student_score.h"

namespace fovea {
namespace {

class Student final : public Scorer {
 public:
  void fields(Options& options) override {
    options.add("freedom", freedom_, "degrees of freedom, > 0", {.low = 1e-3});
    options.add("noise", noise_, "deviation of normal noise on scores in training, >= 0; 0: none", {.low = 0});
  }

  void declare(Builder& builder, Extent query_width, Extent key_width) override {
    expect_equal_widths("student", query_width, key_width);
    log_precision_ = builder.parameter("log_precision", {query_width}, Init::zero());
  }

  Value score(Builder& /*builder*/, Value queries, Value prepared) override {
    const Value scores = student_score(queries, prepared, exp(log_precision_), freedom_);
    return noise_ > 0 ? add_noise(scores, noise_) : scores;
  }

 private:
  double freedom_ = 1;
  double noise_ = 0;
  Value log_precision_;  // [D]
};

FOVEA_SCORER("student", Student, R"doc(Student t kernel of query and key, with a precision that is learned for each axis.

Solves    s = -(v + 1) / 2 log(1 + sum over h of a_h (q_h - k_h)^2 / v), v the degrees of freedom; log a is learned, from 0.
Shapes    queries [B, M, D], keys [B, N, D], log_precision [D] -> scores [B, M, N].
Gradient  exact; noise is a constant.
Errors    unequal widths of queries and keys.
Cost      2 B M N D multiply-adds.
Source    Xie, Girshick & Farhadi 2016, arXiv:1511.06335, equation 1; noise: Shazeer et al. 2017, arXiv:1701.06538.)doc");

}  // namespace
}  // namespace fovea
