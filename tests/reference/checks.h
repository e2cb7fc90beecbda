#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "framework/graph/builder.h"
#include "tests/reference/case.h"

namespace fovea::reference {

/// The largest error that is accepted, relative to the largest magnitude of a tensor (at least 1).
inline constexpr double kLimit = sizeof(Real) == 8 ? 1e-9 : 2e-5;

/// What a case was compared in: the largest error and where it is; every compared tensor is counted.
struct Outcome {
  double error = 0;
  std::string where;
  int compared = 0;

  void compare(const std::string& path, std::span<const Real> got, const Array& expected);
  void compare(const std::string& path, std::span<const Index> got, const Array& expected);
};

/// The inputs of a case as values of a graph, by name. Those with a gradient in the case may be parameters instead.
using Values = std::map<std::string, Value>;
/// Builds the graph of a case and returns its outputs by the names of the case.
using Build = std::function<Values(Builder&, const Values& in, const Case&)>;

/// Builds, compiles and runs the graph of a case, forward and backward with the cotangents of the case (1 where it has
/// none), and compares every output that `build` returns and every gradient of the case. Parameters that `build` declares
/// take the values of the input of the same name.
void check_graph(const Case& c, const Build& build, Outcome& outcome);

using Check = std::function<void(const Case&, Outcome&)>;
/// A check for each case that is covered.
std::map<std::string, Check> known_checks();
void add_function_checks(std::map<std::string, Check>& checks);
void add_attention_checks(std::map<std::string, Check>& checks);
void add_module_checks(std::map<std::string, Check>& checks);
void add_training_checks(std::map<std::string, Check>& checks);

std::string number_text(double value);  // read back exactly
std::vector<Real> reals(const Array& array);
std::vector<Index> indices(const Array& array);

}  // namespace fovea::reference
