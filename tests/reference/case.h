#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "framework/core/tensor.h"

namespace fovea::reference {

/// A tensor of a reference case; integers are exact in double.
struct Array {
  Shape shape;
  bool is_integer = false;
  std::vector<double> values;
};

/// One HDF5 file: what is computed, its attributes and its tensors by their paths, "in/x".
struct Case {
  std::string file;
  std::string name;  // "activation/tanh"
  std::map<std::string, double> numbers;
  std::map<std::string, std::string> texts;
  std::map<std::string, Array> arrays;

  /// Errors where the case has no such tensor or attribute.
  const Array& array(const std::string& path) const;
  const Array& in(const std::string& name_of_input) const { return array("in/" + name_of_input); }
  double number(const std::string& attribute) const;
  bool has(const std::string& path) const { return arrays.contains(path); }
  /// The names in a group: "in", "out", "cot", "grad".
  std::vector<std::string> names(const std::string& group) const;
};

Case read_case(const std::filesystem::path& file);

}  // namespace fovea::reference
