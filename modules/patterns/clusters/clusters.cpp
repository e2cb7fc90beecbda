#include "modules/patterns/clusters/clusters.h"

#include <algorithm>
#include <limits>

#include "framework/cpu/parallel.h"
#include "modules/patterns/clusters/k_means.h"

namespace fovea {
namespace {

class KeyClustersOp final : public Op {
 public:
  explicit KeyClustersOp(const Clusters& options) : options_(options) {}

  std::string_view name() const override { return "key_clusters"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, options_.has_mask ? 2 : 1);
    require_real(name(), in[0], "keys");
    const Shape& keys = in[0].shape;
    const bool fits = keys.rank() == 3 && keys[1] > 0 && keys[2] % options_.heads == 0 && keys[2] > 0 &&
                      (!options_.has_mask || (in[1].shape == Shape{keys[0], keys[1]} && in[1].kind == Kind::kIndex));
    if (!fits) {
      reject(name(), "keys [B, N, H D] (and a mask [B, N]) were expected for H = " + std::to_string(options_.heads) + "; " +
                         describe("keys", in[0]) + (options_.has_mask ? ", " + describe("mask", in[1]) : "") + " came.");
    }
    return {{{keys[0], keys[1] * options_.heads, options_.tags}, Kind::kIndex},
            {{keys[0], options_.heads * options_.count, keys[2] / options_.heads}}};
  }

  std::vector<Type> workspace(std::span<const Type> in) const override {
    const Shape& keys = in[0].shape;
    const Extent heads = keys[0] * options_.heads;
    const Extent width = keys[2] / options_.heads;
    return {{{heads, options_.count * (width + kRowsAtOnce + 1) + keys[1]}},
            {{heads, options_.count + 2 * keys[1]}, Kind::kIndex}};
  }

  std::shared_ptr<const Prepared> prepare(std::span<const Type> in) const override {
    const Shape& rows = in[0].shape;
    return std::make_shared<CentreProducts>(rows[1], rows[2] / options_.heads, rows[2], options_.count);
  }

  void forward(const OpRun& run) const override {
    const Shape& keys = run.in[0].shape();
    const Extent width = keys[2] / options_.heads;
    cpu::parallel_for(keys[0] * options_.heads, [&](Extent task) {
      const Extent batch = task / options_.heads;
      const Extent head = task % options_.heads;
      const HeadRows rows{run.in[0].real() + batch * keys[1] * keys[2] + head * width, keys[1], width, keys[2]};
      const ClusterWork work = work_of(run, task, keys[1], width);
      find_clusters(options_, static_cast<const CentreProducts&>(*run.prepared), rows,
                    options_.has_mask ? run.in[1].index() + batch * keys[1] : nullptr, work);
      for (Extent n = 0; n < keys[1]; ++n) {
        Index* tags = run.out[0].index() + ((batch * keys[1] + n) * options_.heads + head) * options_.tags;
        std::fill_n(tags, options_.tags, work.nearest[n]);
      }
    });
  }

 private:
  ClusterWork work_of(const OpRun& run, Extent task, Extent keys, Extent width) const {
    Real* real = run.workspace[0].real() + task * run.workspace[0].shape()[1];
    Index* index = run.workspace[1].index() + task * run.workspace[1].shape()[1];
    ClusterWork w{};
    w.centres = run.out[1].real() + task * options_.count * width;
    w.sums = real;
    w.products = w.sums + options_.count * width;
    w.halves = w.products + options_.count * kRowsAtOnce;
    w.far = w.halves + options_.count;
    w.sizes = index;
    w.order = index + options_.count;
    w.nearest = w.order + keys;
    return w;
  }

  Clusters options_;
};

class QueryClustersOp final : public Op {
 public:
  explicit QueryClustersOp(const Clusters& options) : options_(options) {}

  std::string_view name() const override { return "query_clusters"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 2);
    require_real(name(), in[0], "queries");
    require_real(name(), in[1], "centres");
    const Shape& queries = in[0].shape;
    const Shape& centres = in[1].shape;
    const bool fits = queries.rank() == 3 && centres.rank() == 3 && queries[0] == centres[0] &&
                      queries[2] == options_.heads * centres[2] && centres[1] % options_.count == 0 &&
                      options_.heads % (centres[1] / options_.count) == 0;
    if (!fits) {
      reject(name(), "queries [B, M, H D] and centres [B, G C, D] were expected for H = " + std::to_string(options_.heads) +
                         " and C = " + std::to_string(options_.count) + "; " + describe("queries", in[0]) + ", " +
                         describe("centres", in[1]) + " came.");
    }
    return {{{queries[0], queries[1] * options_.heads, options_.tags}, Kind::kIndex}};
  }

  std::vector<Type> workspace(std::span<const Type> in) const override {
    const Shape& queries = in[0].shape;
    return {{{queries[0] * options_.heads * parts(queries[1]), kRowsAtOnce * options_.count}}};
  }

  std::shared_ptr<const Prepared> prepare(std::span<const Type> in) const override {
    const Shape& rows = in[0].shape;
    return std::make_shared<CentreProducts>(rows[1], rows[2] / options_.heads, rows[2], options_.count);
  }

  void forward(const OpRun& run) const override {
    const Shape& shape = run.in[0].shape();
    const Extent queries = shape[1];
    const Extent width = shape[2] / options_.heads;
    const Extent groups = run.in[1].shape()[1] / options_.count;
    cpu::parallel_for(shape[0] * options_.heads * parts(queries), [&](Extent task) {
      const Extent batch = task / parts(queries) / options_.heads;
      const Extent head = task / parts(queries) % options_.heads;
      const Extent group = head / (options_.heads / groups);
      const HeadRows rows{run.in[0].real() + batch * queries * shape[2] + head * width, queries, width, shape[2]};
      const Extent begin = task % parts(queries) * kRowsAtOnce;
      const Extent end = std::min(begin + kRowsAtOnce, queries);
      const Real* centres = run.in[1].real() + (batch * groups + group) * options_.count * width;
      Real* products = run.workspace[0].real() + task * kRowsAtOnce * options_.count;
      static_cast<const CentreProducts&> (*run.prepared)(rows, begin, end, centres, products);
      const Extent present = present_clusters(centres, width);
      for (Extent query = begin; query < end; ++query) {
        Index* tags = run.out[0].index() + ((batch * queries + query) * options_.heads + head) * options_.tags;
        take_best(products + (query - begin) * options_.count, present, tags);
      }
    });
  }

 private:
  static Extent parts(Extent queries) { return (queries + kRowsAtOnce - 1) / kRowsAtOnce; }

  // The rest repeat the first centre: they have no keys.
  Extent present_clusters(const Real* centres, Extent width) const {
    Extent present = 1;
    while (present < options_.count && !std::equal(centres, centres + width, centres + present * width)) ++present;
    return present;
  }

  // Of the first `present` scores, and overwrites those that it takes.
  void take_best(Real* scores, Extent present, Index* tags) const {
    for (Extent t = 0; t < options_.tags; ++t) {
      Real* best = std::max_element(scores, scores + present);
      const bool is_left = t < present;
      tags[t] = is_left ? static_cast<Index>(best - scores) : kNoQuery;
      *best = -std::numeric_limits<Real>::infinity();
    }
  }

  Clusters options_;
};

}  // namespace

OpPointer make_key_clusters(const Clusters& options) { return std::make_shared<KeyClustersOp>(options); }
OpPointer make_query_clusters(const Clusters& options) { return std::make_shared<QueryClustersOp>(options); }

}  // namespace fovea
