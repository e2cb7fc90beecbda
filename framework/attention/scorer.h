#pragma once

#include <string_view>

#include "framework/core/registry.h"
#include "framework/graph/builder.h"

namespace fovea {

/// Queries and keys to scores, written as graph composition, so that its gradient comes for free.
///
/// Registration gives every scorer a temperature: scores are divided by it, and it is fixed or learned. The options
/// `temperature` and `learn_temperature` follow the scorer's own options.
///
/// Shapes    queries [B, M, Dq], keys [B, N, Dk] -> scores [B, M, N].
/// A plugin: one file in modules/scorers, ended by FOVEA_SCORER("name", Class, R"doc(docstring)doc");
class Scorer {
 public:
  static constexpr const char* kKind = "scorer";

  virtual ~Scorer() = default;
  virtual void fields(Options& options);
  /// Adds the parameters at the builder's current scope; called once, before anything else. Widths of queries and keys.
  virtual void declare(Builder& builder, Extent query_width, Extent key_width);
  /// What can be computed from the keys once and used for many queries (a loop calls this outside of its body).
  virtual Value prepare_keys(Builder& builder, Value keys);
  virtual Value score(Builder& builder, Value queries, Value prepared) = 0;
  /// f > 0: scores are f q . k, so that kernels may compute them where they are needed; 0: they are something else.
  virtual double dot_factor(Extent /*width*/) const { return 0; }
};

template <>
Registry<Scorer>& Registry<Scorer>::instance();

/// The scorer with its temperature.
std::unique_ptr<Scorer> with_temperature(std::unique_ptr<Scorer> scorer, std::string name);

/// For scorers that compare queries and keys directly. Errors: the widths differ.
void expect_equal_widths(std::string_view scorer, Extent query_width, Extent key_width);

}  // namespace fovea

#define FOVEA_SCORER(name, Class, doc)                                                                                   \
  [[maybe_unused]] static const bool FOVEA_REGISTER_NAME(__LINE__) = ::fovea::Registry<::fovea::Scorer>::instance().add( \
      name, doc, __FILE__, [] { return ::fovea::with_temperature(std::make_unique<Class>(), name); })
