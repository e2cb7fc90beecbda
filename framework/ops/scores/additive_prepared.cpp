#include "framework/ops/scores/additive_kernel.h"
#include "framework/ops/scores/score.h"

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
    require_count(name(), in, 1);
    require_real(name(), in[0], "keys");
    const Shape& keys = in[0].shape;
    if (keys.rank() != 3) reject(name(), describe("keys", in[0]) + " came; give [B, N, H].");
    return {Type{{keys[0], 2, keys[1], padded(keys[2])}, Kind::kReal}};
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
    require_count(name(), in, 3);
    for (std::size_t i = 0; i < 3; ++i) require_real(name(), in[i], i == 0 ? "queries" : i == 1 ? "prepared keys" : "v");
    const Shape& queries = in[0].shape;
    const Shape& keys = in[1].shape;
    if (queries.rank() != 3 || keys.rank() != 4 || queries[0] != keys[0] || padded(queries[2]) != keys[3]) {
      reject(name(), describe("queries", in[0]) + " and " + describe("prepared keys", in[1]) +
                         " do not fit; give [B, M, H] and what additive_keys made of [B, N, H].");
    }
    if (in[2].shape != Shape{queries[2]}) {
      reject(name(), describe("v", in[2]) + " does not fit; give [" + std::to_string(queries[2]) + "].");
    }
    return {Type{{queries[0], queries[1], keys[2]}, Kind::kReal}};
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
