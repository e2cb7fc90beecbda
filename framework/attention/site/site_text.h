#pragma once

#include <string>
#include <string_view>

namespace fovea {

/// A site described by one line of text:  scaled_dot | causal | top_k(8) | straight_through
/// Missing parts at the end take the defaults: dense, softmax, none. Numbers of a selector or an estimator may change while
/// a run trains: softmax(temperature=exponential(from=2, to=0.1)).
///
/// Errors    unknown names and options (with the nearest), and combinations that cannot train, checked when built.
struct SiteText {
  std::string scorer = "scaled_dot";
  std::string pattern = "dense";
  std::string selector = "softmax";
  std::string estimator = "none";

  static SiteText parse(std::string_view text);
  std::string text() const;  // canonical, with every option spelled out
};

}  // namespace fovea
