#include "framework/ops/scores/additive_kernel.h"
#include "framework/ops/scores/score.h"
#include "framework/ops/signature.h"

// Keys that are scored again and again, one query at a time: their exponentials are made once. The keys of an item are
// prepared as [2, N, padded width]: as they are, then exp(2 key). Where one of them is out of bounds, all exponentials of
// that item are zero, which no exponential within bounds is.
namespace fovea {
namespace {

using additive::Form;
using additive::FromExponentials;
using additive::padded;

class PrepareAdditiveKeys final : public Op {
 public:
  std::string_view name() const override { return "additive_keys"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"keys [B, N, H]"});
    return {Type{{types["B"], 2, types["N"], padded(types["H"])}}};
  }

  void forward(const OpRun& run) const override {
    const Shape& keys = run.in[0].shape();
    const Extent width = padded(keys[2]);
    const Extent size = keys[1] * width;
    for (Extent item = 0; item < keys[0]; ++item) {
      const Real* from = run.in[0].real() + item * keys[1] * keys[2];
      Real* to = run.out[0].real() + item * 2 * size;
      additive::arrange(from, keys[1], keys[2], {width, kPack, Form::kPlain}, to);
      if (additive::is_within(from, keys[1] * keys[2], FromExponentials::kBound)) {
        additive::arrange(from, keys[1], keys[2], {width, kPack, Form::kExponential}, to + size);
      } else {
        clear(to + size, size);
      }
    }
  }
};

class PreparedAdditiveScore final : public Op {
 public:
  std::string_view name() const override { return "additive_score"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"queries [B, M, H]", "prepared keys [B, 2, N, P]", "v [H]"});
    types.require(padded(types["H"]) == types["P"]);
    return {types.type("[B, M, N]")};
  }

  // v and the queries of one item.
  std::vector<Type> workspace(std::span<const Type> in) const override {
    const Extent width = padded(in[0].shape[2]);
    return {Type{{width}, Kind::kReal}, Type{{in[0].shape[1], width}, Kind::kReal}};
  }

  void forward(const OpRun& run) const override {
    const Shape& queries = run.in[0].shape();
    const Extent keys = run.in[1].shape()[2];
    const Extent width = padded(queries[2]);
    Real* v = run.workspace[0].real();
    Real* q = run.workspace[1].real();
    additive::arrange(run.in[2].real(), 1, queries[2], {width, kPack, Form::kPlain}, v);
    for (Extent item = 0; item < queries[0]; ++item) {
      const Real* from = run.in[0].real() + item * queries[1] * queries[2];
      const Real* k = run.in[1].real() + item * 2 * keys * width;
      const Real* exponentials = k + keys * width;
      const bool is_exponential =
          keys > 0 && *exponentials != 0 && additive::is_within(from, queries[1] * queries[2], FromExponentials::kBound);
      const Form form = is_exponential ? Form::kExponential : Form::kPlain;
      additive::arrange(from, queries[1], queries[2], {width, kPack, form}, q);
      const additive::Rows rows{q, is_exponential ? exponentials : k, v, queries[1], keys, width};
      Real* y = run.out[0].real() + item * queries[1] * keys;
      if (is_exponential) {
        additive::scores<FromExponentials>(rows, y);
      } else {
        additive::scores<additive::FromSums>(rows, y);
      }
    }
  }

  double multiply_adds(std::span<const Type> in) const override {
    return static_cast<double>(in[0].shape.size()) * static_cast<double>(in[1].shape[2]);
  }
};

}  // namespace

OpPointer make_additive_keys() { return std::make_shared<PrepareAdditiveKeys>(); }
OpPointer make_prepared_additive_score() { return std::make_shared<PreparedAdditiveScore>(); }

}  // namespace fovea
