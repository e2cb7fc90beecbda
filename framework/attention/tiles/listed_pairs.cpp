#include "framework/attention/tiles/listed_pairs.h"

#include <algorithm>
#include <tuple>

#include "framework/attention/tiles/listed_kernel.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

using listed::Pairs;
using listed::Writes;

void expect_list(std::string_view op, const Pairs& pairs) {
  const Extent size = pairs.rows() * pairs.listed;
  for (Extent i = 0; i < size; ++i) {
    if (pairs.list[i] < -1 || pairs.list[i] >= pairs.items) reject_index(op, i, pairs.list[i], -1, pairs.items);
  }
}

bool is_shared(const ListedHeads& heads) {
  return heads.heads >= 1 && heads.item_heads >= 1 && heads.heads % heads.item_heads == 0;
}

class ListedScoresOp final : public Op {
 public:
  explicit ListedScoresOp(const ListedHeads& heads) : heads_(heads) {}

  std::string_view name() const override { return "listed_scores"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"queries [B, M, H D]", "items [B, N, G D]", "list Index [B, H M, C]"});
    const auto& [queries, items, list] = std::tie(in[0].shape, in[1].shape, in[2].shape);
    types.require(is_shared(heads_) && list[1] == heads_.heads * queries[1] && queries[2] % heads_.heads == 0 &&
                  items[2] * heads_.heads == queries[2] * heads_.item_heads);
    return {Type{list}};
  }

  double multiply_adds(std::span<const Type> in) const override {
    return static_cast<double>(in[2].shape.size()) * static_cast<double>(in[0].shape[2] / heads_.heads);
  }

  void forward(const OpRun& run) const override {
    const Pairs pairs = pairs_of(run);
    expect_list(name(), pairs);
    listed::dots(pairs, run.in[0].real(), run.in[1].real(), factor(), Writes::kSet, run.out[0].real());
  }

  // s_rc = scale q_r . k_n  =>  grad_q_r += scale sum_c g_rc k_n, grad_k_n += scale sum_rc g_rc q_r
  void backward(const OpRun& run) const override {
    const Pairs pairs = pairs_of(run);
    const Real* grad = run.grad_out[0].real();
    if (run.wants(0)) listed::sums(pairs, grad, run.in[1].real(), factor(), Writes::kAdd, run.grad_in[0].real());
    if (run.wants(1)) listed::scatter(pairs, grad, run.in[0].real(), factor(), run.grad_in[1].real());
  }
  BackwardReads backward_reads() const override { return {~0U, 0}; }

 private:
  Real factor() const { return static_cast<Real>(heads_.scale); }
  Pairs pairs_of(const OpRun& run) const {
    const Shape& queries = run.in[0].shape();
    return {run.in[2].index(), queries[0],           heads_.heads,         heads_.item_heads,
            queries[1],        run.in[1].shape()[1], run.in[2].shape()[2], queries[2] / heads_.heads};
  }

  ListedHeads heads_;
};

class ListedReadOp final : public Op {
 public:
  explicit ListedReadOp(const ListedHeads& heads) : heads_(heads) {}

  std::string_view name() const override { return "listed_read"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"weights [B, H M, K]", "list Index [B, H M, K]", "values [B, N, G V]"});
    const auto& [weights, list, values] = std::tie(in[0].shape, in[1].shape, in[2].shape);
    types.require(is_shared(heads_) && weights == list && weights[1] % heads_.heads == 0 &&
                  values[2] % heads_.item_heads == 0);
    return {Type{{weights[0], weights[1] / heads_.heads, values[2] / heads_.item_heads * heads_.heads}}};
  }

  double multiply_adds(std::span<const Type> in) const override {
    return static_cast<double>(in[1].shape.size()) * static_cast<double>(in[2].shape[2] / heads_.item_heads);
  }

  void forward(const OpRun& run) const override {
    const Pairs pairs = pairs_of(run);
    expect_list(name(), pairs);
    listed::sums(pairs, run.in[0].real(), run.in[2].real(), 1, Writes::kSet, run.out[0].real());
    run.count({.gathered_rows = rows_read(pairs)});
  }

  // read_r = sum_c w_rc v_n  =>  grad_w_rc += grad_r . v_n, grad_v_n += w_rc grad_r
  void backward(const OpRun& run) const override {
    const Pairs pairs = pairs_of(run);
    const Real* grad = run.grad_out[0].real();
    if (run.wants(0)) listed::dots(pairs, grad, run.in[2].real(), 1, Writes::kAdd, run.grad_in[0].real());
    if (run.wants(2)) listed::scatter(pairs, run.in[0].real(), grad, 1, run.grad_in[2].real());
    run.count({.gathered_rows_backward = rows_read(pairs)});
  }
  BackwardReads backward_reads() const override { return {~0U, 0}; }

 private:
  static std::uint64_t rows_read(const Pairs& pairs) {
    const Index* end = pairs.list + pairs.rows() * pairs.listed;
    return static_cast<std::uint64_t>(std::count_if(pairs.list, end, [](Index item) { return item >= 0; }));
  }
  Pairs pairs_of(const OpRun& run) const {
    const Shape& list = run.in[1].shape();
    const Shape& values = run.in[2].shape();
    return {run.in[1].index(),      list[0],   heads_.heads, heads_.item_heads,
            list[1] / heads_.heads, values[1], list[2],      values[2] / heads_.item_heads};
  }

  ListedHeads heads_;
};

class ListedItemsOp final : public Op {
 public:
  std::string_view name() const override { return "listed_items"; }
  bool is_differentiable() const override { return false; }
  BackwardReads backward_reads() const override { return {0, 0}; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    Signature(name(), in, {"list Index [..., C]", "places Index [..., K]"});
    return {in[1]};
  }

  void forward(const OpRun& run) const override {
    const Extent listed = run.in[0].shape().last();
    const Extent width = run.in[1].shape().last();
    for (Extent i = 0; i < run.in[1].size(); ++i) {
      const Index place = run.in[1].index()[i];
      if (place < -1 || place >= listed) reject_index(name(), i, place, -1, listed);
      run.out[0].index()[i] = place < 0 ? Index{-1} : run.in[0].index()[i / width * listed + place];
    }
  }
};

class ListedMaskOp final : public Op {
 public:
  std::string_view name() const override { return "listed_mask"; }
  bool is_differentiable() const override { return false; }
  BackwardReads backward_reads() const override { return {0, 0}; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    Signature(name(), in, {"list Index [...]"});
    return {in[0]};
  }

  void forward(const OpRun& run) const override {
    const Index* list = run.in[0].index();
    std::transform(list, list + run.in[0].size(), run.out[0].index(), [](Index item) { return Index{item >= 0}; });
  }
};

class ListedCountOp final : public Op {
 public:
  std::string_view name() const override { return "listed_count"; }
  bool is_differentiable() const override { return false; }
  BackwardReads backward_reads() const override { return {0, 0}; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"list Index [..., C]"});
    return {types.type("Index [...]")};
  }

  void forward(const OpRun& run) const override {
    const Extent listed = run.in[0].shape().last();
    const Index* list = run.in[0].index();
    for (Extent row = 0; row < run.out[0].size(); ++row, list += listed) {
      run.out[0].index()[row] = static_cast<Index>(std::count_if(list, list + listed, [](Index item) { return item >= 0; }));
    }
  }
};

}  // namespace

OpPointer make_listed_scores(const ListedHeads& heads) { return std::make_shared<ListedScoresOp>(heads); }
OpPointer make_listed_read(const ListedHeads& heads) { return std::make_shared<ListedReadOp>(heads); }
OpPointer make_listed_items() { return std::make_shared<ListedItemsOp>(); }
OpPointer make_listed_count() { return std::make_shared<ListedCountOp>(); }
OpPointer make_listed_mask() { return std::make_shared<ListedMaskOp>(); }

}  // namespace fovea
