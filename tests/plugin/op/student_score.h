#pragma once

#include "framework/graph/functions.h"
#include "framework/ops/checks.h"

namespace fovea {

/// Scores of a Student t kernel with a precision for each axis: softmax of them is the soft assignment to clusters.
///
/// Solves    d_mn = sum over h of a_h (q_mh - k_nh)^2;  s_mn = -(v + 1) / 2 log(1 + d_mn / v), v the degrees of freedom.
/// Shapes    queries q [B, M, H], keys k [B, N, H], precision a [H], >= 0 -> scores [B, M, N].
/// Gradient  exact.
/// Errors    shapes that do not fit; degrees of freedom that are not above 0.
/// Cost      2 B M N H multiply-adds and a logarithm of each score; B M N Reals are kept for backward.
/// Source    Xie, Girshick & Farhadi 2016, arXiv:1511.06335, equation 1, where every a_h is 1.
OpPointer make_student_score(double freedom);
Value student_score(Value queries, Value keys, Value precision, double freedom, At at = At::here());

}  // namespace fovea
