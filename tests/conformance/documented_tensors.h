#pragma once

#include <map>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "framework/task.h"

// Reads the tensors of a batch out of the docstring of a task: in the part "Inputs" they stand as `name Index [B, N, 2 N +
// 1]`, or without a kind where they are Real. An axis is a number, an option, a letter, or a sum of products of these.
namespace fovea::conformance {

struct DocumentedTensor {
  std::string name;
  Kind kind = Kind::kReal;
  std::vector<std::string> axes;  // without the batch
};

/// The lines of a part of a docstring, joined: from its heading to the next line that is not indented.
inline std::string part_of(const std::string& doc, const std::string& heading) {
  std::istringstream lines(doc);
  std::string part;
  bool is_inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line[0] != ' ') is_inside = line.rfind(heading + " ", 0) == 0;
    if (is_inside) part += " " + line;
  }
  return std::regex_replace(part, std::regex(" +"), " ");
}

inline std::vector<DocumentedTensor> documented_tensors(const std::string& doc) {
  static const std::regex form(R"((\w+)( Index| Real)? \[B((?:, [^\],\[]+)*)\])");
  static const std::regex axis(R"(, ([^,]+))");
  const std::string part = part_of(doc, "Inputs");
  std::vector<DocumentedTensor> tensors;
  for (std::sregex_iterator found(part.begin(), part.end(), form), end; found != end; ++found) {
    DocumentedTensor tensor{(*found)[1], (*found)[2] == " Index" ? Kind::kIndex : Kind::kReal, {}};
    const std::string axes = (*found)[3];
    for (std::sregex_iterator one(axes.begin(), axes.end(), axis); one != end; ++one) tensor.axes.push_back((*one)[1]);
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

/// Numbers by name: options of a task, and letters that stand for an extent.
using Sizes = std::map<std::string, Extent>;

inline Sizes sizes_of(Task& task) {
  Options options;
  task.fields(options);
  Sizes sizes;
  for (const auto& [name, text] : options.values()) {
    if (!text.empty() && text.find_first_not_of("0123456789") == std::string::npos) sizes[name] = std::stoll(text);
  }
  return sizes;
}

/// The value of "2 N + 1"; none where a name is not known.
inline std::optional<Extent> value_of(const std::string& axis, const Sizes& sizes) {
  std::istringstream words(axis);
  Extent sum = 0;
  Extent product = 1;
  for (std::string word; words >> word;) {
    if (word == "+" || word == "-") {
      sum += product;
      product = word == "+" ? 1 : -1;
    } else if (word.find_first_not_of("0123456789") == std::string::npos) {
      product *= std::stoll(word);
    } else if (sizes.contains(word)) {
      product *= sizes.at(word);
    } else {
      return std::nullopt;
    }
  }
  return sum + product;
}

inline bool has_axes(const Shape& shape, const DocumentedTensor& tensor) {
  return shape.rank() == static_cast<int>(tensor.axes.size()) + 1;
}

/// Gives the letters that are an axis by themselves their extents.
inline void bind_letters(const std::vector<DocumentedTensor>& documented, const std::map<std::string, Type>& types,
                         Sizes& sizes) {
  for (const DocumentedTensor& tensor : documented) {
    const auto made = types.find(tensor.name);
    if (made == types.end() || !has_axes(made->second.shape, tensor)) continue;
    for (std::size_t i = 0; i < tensor.axes.size(); ++i) {
      const std::string& axis = tensor.axes[i];
      if (axis.size() == 1 && std::isupper(static_cast<unsigned char>(axis[0])) != 0) {
        sizes.emplace(axis, made->second.shape[static_cast<int>(i) + 1]);
      }
    }
  }
}

/// What differs from the documentation; empty: nothing.
inline std::string fault_of(const std::vector<DocumentedTensor>& documented, std::map<std::string, Type> types,
                            Sizes sizes) {
  bind_letters(documented, types, sizes);
  for (const DocumentedTensor& tensor : documented) {
    const auto made = types.find(tensor.name);
    if (made == types.end()) return tensor.name + " is documented, and not made";
    if (made->second.kind != tensor.kind) return tensor.name + " has another kind; write Index before the shape of integers";
    const Shape shape = made->second.shape;
    if (!has_axes(shape, tensor)) return tensor.name + " has the shape " + shape.text();
    for (std::size_t i = 0; i < tensor.axes.size(); ++i) {
      const std::optional<Extent> value = value_of(tensor.axes[i], sizes);
      if (!value) return tensor.name + ": '" + tensor.axes[i] + "' is not a number, an option, a letter or a sum of them";
      if (*value != shape[static_cast<int>(i) + 1])
        return tensor.name + " has the shape " + shape.text() + ", which is not " + tensor.axes[i];
    }
    types.erase(made);
  }
  return types.empty() ? "" : types.begin()->first + " is made, and not documented";
}

/// Whether a message names an output, 'answers', that a docstring names too, "answers".
inline bool names_documented_output(const std::string& message, const std::string& doc) {
  static const std::regex name("'([^']+)'");
  for (std::sregex_iterator found(message.begin(), message.end(), name), end; found != end; ++found) {
    if (doc.find('"' + (*found)[1].str() + '"') != std::string::npos) return true;
  }
  return false;
}

}  // namespace fovea::conformance
