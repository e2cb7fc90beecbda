#include "framework/train/meanings.h"

#include <algorithm>

namespace fovea {
namespace {

const char* text_of(TensorMeaning::What what) {
  switch (what) {
    case TensorMeaning::What::kNumber: return "number";
    case TensorMeaning::What::kToken: return "token";
    case TensorMeaning::What::kClass: return "class";
    case TensorMeaning::What::kItem: return "item";
    case TensorMeaning::What::kCount: return "count";
    case TensorMeaning::What::kMask: return "mask";
    case TensorMeaning::What::kScores: return "scores";
    case TensorMeaning::What::kLogProbability: return "log_probability";
    case TensorMeaning::What::kIndex: return "index";
  }
  return "";
}

bool is_whole(const Array& array) { return std::holds_alternative<std::vector<std::int32_t>>(array.values); }

void name_axes(Array& array, const std::vector<std::string>& names) {
  for (std::size_t axis = 1; axis < array.axes.size() && axis <= names.size(); ++axis) {
    if (!names[axis - 1].empty()) array.axes[axis] = names[axis - 1];
  }
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
  return text;
}

}  // namespace

std::string flat_name(std::string name) {
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

const TensorMeaning* find_meaning(const Meanings& meanings, const std::string& array, const std::string& name) {
  for (const std::string& wanted : {array, name}) {
    const auto found = std::find_if(meanings.tensors.begin(), meanings.tensors.end(),
                                    [&](const TensorMeaning& one) { return one.name == wanted; });
    if (found != meanings.tensors.end()) return &*found;
  }
  return nullptr;
}

void explain(Array& array, const TensorMeaning* meaning, const Meanings& all, const std::string& split) {
  if (meaning != nullptr) name_axes(array, meaning->axes);
  const char* const unknown = is_whole(array) ? "index" : "number";
  array.attributes = {{"axes", joined(array.axes)}, {"meaning", meaning != nullptr ? text_of(meaning->what) : unknown}};
  if (meaning == nullptr) return;
  const auto labels = all.labels.find(meaning->labels);
  if (labels != all.labels.end() && !labels->second.empty()) {
    array.attributes.emplace_back("labels", "label_" + meaning->labels);
  }
  if (!meaning->of.empty()) array.attributes.emplace_back("of", "predictions/" + split + "/" + flat_name(meaning->of));
  if (meaning->padding) array.counts.emplace_back("padding", *meaning->padding);
}

}  // namespace fovea
