#include "modules/memory/entnet/mask_words.h"

#include "framework/cpu/packs.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

using cpu::multiply_add;

class MaskWordsOp final : public Op {
 public:
  std::string_view name() const override { return "mask_words"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"words Index [..., J]", "table [V, D]", "masks [L, D]"});
    if (types["L"] < types["J"]) {
      reject(name(), describe("words", in[0]) + " has more words than " + describe("masks", in[2]) + "; give masks [" +
                         std::to_string(types["J"]) + ", D].");
    }
    return {types.type("[..., D]")};
  }

  // y = sum over j of mask_j * table[w_j]
  void forward(const OpRun& run) const override {
    clear(run.out[0].real(), run.out[0].size());
    const Extent count = run.in[1].shape()[0];
    each_word(run, [&](Index word, Extent j, Extent sentence) {
      if (word < 0 || word >= count) reject_index(name(), j, word, 0, count);
      const Extent width = run.in[1].shape()[1];
      const Real* row = run.in[1].real() + word * width;
      const Real* mask = run.in[2].real() + j * width;
      Real* y = run.out[0].real() + sentence * width;
      for_packs(width, [=](Extent k, auto lanes) {
        lanes.store(y + k, multiply_add(lanes.load(mask + k), lanes.load(row + k), lanes.load(y + k)));
      });
    });
  }

  // grad_table[w_j] += mask_j * grad_y,  grad_mask_j += table[w_j] * grad_y
  void backward(const OpRun& run) const override {
    each_word(run, [&](Index word, Extent j, Extent sentence) {
      const Extent width = run.in[1].shape()[1];
      const Real* grad = run.grad_out[0].real() + sentence * width;
      if (run.wants(1)) add_product(grad, run.in[2].real() + j * width, run.grad_in[1].real() + word * width, width);
      if (run.wants(2)) add_product(grad, run.in[1].real() + word * width, run.grad_in[2].real() + j * width, width);
    });
  }

  BackwardReads backward_reads() const override { return {7, 0}; }

  double multiply_adds(std::span<const Type> in) const override {
    return static_cast<double>(in[0].shape.size()) * static_cast<double>(in[1].shape[1]);
  }

 private:
  static void add_product(const Real* a, const Real* b, Real* to, Extent width) {
    for_packs(width, [=](Extent k, auto lanes) {
      lanes.store(to + k, multiply_add(lanes.load(a + k), lanes.load(b + k), lanes.load(to + k)));
    });
  }

  // body(word, place in its sentence, sentence) for every word that is not padding
  template <class Body>
  static void each_word(const OpRun& run, Body body) {
    const Extent length = run.in[0].shape().last();
    const Index* words = run.in[0].index();
    for (Extent at = 0; at < run.in[0].size(); ++at) {
      if (words[at] != 0) body(words[at], at % length, at / length);
    }
  }
};

}  // namespace

OpPointer make_mask_words() { return std::make_shared<MaskWordsOp>(); }

}  // namespace fovea
