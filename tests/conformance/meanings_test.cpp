#include <doctest/doctest.h>

#include <algorithm>

#include "framework/train/meanings.h"
#include "tests/conformance/tried_tasks.h"

namespace fovea::conformance {
namespace {

using What = TensorMeaning::What;

bool is_real(What what) { return what == What::kNumber || what == What::kScores || what == What::kLogProbability; }

/// What numbers lie below: those of a list of labels, or the items of another tensor; 0: anything.
Extent limit_of(const TensorMeaning& meaning, const Meanings& all, const Batch& batch) {
  const auto list = all.labels.find(meaning.labels);
  if (list != all.labels.end()) return static_cast<Extent>(list->second.size());
  const std::size_t colon = meaning.of.find(':');
  if (meaning.what != What::kItem || colon == std::string::npos) return meaning.what == What::kMask ? 2 : 0;
  return batch.at(meaning.of.substr(0, colon)).shape()[std::stoi(meaning.of.substr(colon + 1))];
}

/// What is wrong with what a task says of a tensor; empty: nothing.
std::string fault_of(const Meanings& all, const std::string& name, const Tensor& tensor, const Batch& batch) {
  const TensorMeaning* meaning = find_meaning(all, name, name);
  if (meaning == nullptr) return name + ": nothing is said of it";
  if (static_cast<int>(meaning->axes.size()) != tensor.shape().rank() - 1) return name + ": not a name for each axis";
  if (is_real(meaning->what) != (tensor.type.kind == Kind::kReal)) return name + ": of another kind";
  if (tensor.type.kind == Kind::kReal) return "";
  const Extent limit = limit_of(*meaning, all, batch);
  for (Extent i = 0; i < tensor.size(); ++i) {
    const Index number = tensor.index()[i];
    if (meaning->padding && number == *meaning->padding) continue;
    if (meaning->what != What::kIndex && number < 0) return name + ": " + std::to_string(number) + " is no padding";
    if (limit > 0 && number >= limit) return name + ": " + std::to_string(number) + " is not below " + std::to_string(limit);
  }
  return "";
}

}  // namespace

TEST_CASE("every task says what its tensors and the outputs that it judges are") {
  for (const Conformer& one : conformers()) {
    if (!one.knows_answers()) continue;
    for (const std::string& text : one.texts()) {
      CAPTURE(text);
      const auto task = make_task(text);
      const Meanings meanings = task->meanings();
      const Batch batch = filled(*task, Split::kTest, {.seed = 3}, 12);
      for (const auto& [name, type] : batch.types()) CHECK(fault_of(meanings, name, batch.at(name), batch) == "");
      test::Answers answers;
      one.known.right(batch, answers);
      for (const auto& [name, tensor] : answers.outputs()) CHECK(fault_of(meanings, name, tensor, batch) == "");
      for (const TensorMeaning& meaning : meanings.tensors) {
        CHECK(std::count_if(meanings.tensors.begin(), meanings.tensors.end(),
                            [&](const TensorMeaning& other) { return other.name == meaning.name; }) == 1);
      }
    }
  }
}

}  // namespace fovea::conformance
