#include "modules/patterns/clusters/k_means.h"

#include <algorithm>

#include "framework/core/span.h"
#include "framework/cpu/row_math.h"

namespace fovea {
CentreProducts::CentreProducts(Extent rows, Extent width, Extent stride, Extent centres) {
  cpu::GemmSpec spec{.m = kRowsAtOnce, .n = centres, .k = width, .transpose_b = true, .lda = stride};
  whole_ = cpu::Gemm(spec);
  spec.m = rows % kRowsAtOnce;
  rest_ = cpu::Gemm(spec);
}

void CentreProducts::operator()(const HeadRows& rows, Extent begin, Extent end, const Real* centres, Real* products) const {
  (end - begin == kRowsAtOnce ? whole_ : rest_)(rows.first + begin * rows.stride, centres, products);
}

namespace {

/// k-means of the keys of one head.
class KMeans {
 public:
  KMeans(const Clusters& options, const CentreProducts& multiply, const HeadRows& keys, const ClusterWork& work)
      : options_(options), multiply_(multiply), keys_(keys), w_(work) {}

  void run(const Index* mask) {
    for (Extent n = 0; n < keys_.count; ++n) w_.nearest[n] = mask == nullptr || mask[n] != 0 ? 0 : kNoKey;
    std::fill_n(w_.centres, options_.count * keys_.width, Real(0));
    std::fill_n(w_.sizes, options_.count, Index{0});
    if (std::find(w_.nearest, w_.nearest + keys_.count, 0) == w_.nearest + keys_.count) return;
    draw_centres();
    for (Extent round = 0; round < options_.rounds; ++round) {
      assign();
      move_centres();
    }
    assign();
    number_by_first();
    if (options_.most > 0) drop_far();
  }

 private:
  std::span<Real> centre(Extent c) const { return span_of(w_.centres + c * keys_.width, keys_.width); }
  bool is_there(Extent n) const { return w_.nearest[n] != kNoKey; }

  // k-means++: each centre a key, drawn by its squared distance to the nearest centre before it.
  void draw_centres() {
    Rng rng({.seed = options_.seed, .stream = stream_of("clusters")});
    for (Extent n = 0; n < keys_.count; ++n) w_.far[n] = is_there(n) ? Real(1) : Real(0);
    for (Extent c = 0; c < options_.count; ++c) {
      const std::span<const Real> drawn = keys_.row(draw(rng));
      std::copy(drawn.begin(), drawn.end(), centre(c).begin());
      for (Extent n = 0; n < keys_.count; ++n) {
        if (!is_there(n)) continue;
        const Real far = half_distance(keys_.row(n), centre(c));
        w_.far[n] = c == 0 ? far : std::min(w_.far[n], far);
      }
    }
  }
  Extent draw(Rng& rng) const {
    double total = 0;
    for (Extent n = 0; n < keys_.count; ++n) total += static_cast<double>(w_.far[n]);
    double left = rng.uniform() * total;
    Extent last = 0;
    for (Extent n = 0; n < keys_.count; ++n) {
      if (!is_there(n)) continue;
      if (w_.far[n] > 0 || total == 0) last = n;
      left -= static_cast<double>(w_.far[n]);
      if (left < 0) break;
    }
    return last;
  }
  static Real half_distance(std::span<const Real> a, std::span<const Real> b) {
    Real sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum / 2;
  }

  void assign() {
    for (Extent c = 0; c < options_.count; ++c) w_.halves[c] = cpu::dot(centre(c), centre(c)) / 2;
    for (Extent begin = 0; begin < keys_.count; begin += kRowsAtOnce) {
      const Extent end = std::min(begin + kRowsAtOnce, keys_.count);
      multiply_(keys_, begin, end, w_.centres, w_.products);
      for (Extent n = begin; n < end; ++n) {
        if (is_there(n)) assign_key(n, w_.products + (n - begin) * options_.count);
      }
    }
  }
  void assign_key(Extent n, const Real* products) {
    Real best = products[0] - w_.halves[0];
    Index nearest = 0;
    for (Extent c = 1; c < options_.count; ++c) {
      const Real near = products[c] - w_.halves[c];
      if (near > best) {
        best = near;
        nearest = static_cast<Index>(c);
      }
    }
    w_.nearest[n] = nearest;
    w_.far[n] = cpu::dot(keys_.row(n), keys_.row(n)) / 2 - best;
  }

  void move_centres() {
    std::fill_n(w_.sums, options_.count * keys_.width, Real(0));
    std::fill_n(w_.sizes, options_.count, Index{0});
    for (Extent n = 0; n < keys_.count; ++n) {
      if (!is_there(n)) continue;
      ++w_.sizes[w_.nearest[n]];
      cpu::add(keys_.row(n), span_of(w_.sums + w_.nearest[n] * keys_.width, keys_.width));
    }
    for (Extent c = 0; c < options_.count; ++c) {
      if (w_.sizes[c] == 0) continue;
      std::copy_n(w_.sums + c * keys_.width, keys_.width, centre(c).begin());
      cpu::scale(1 / static_cast<Real>(w_.sizes[c]), centre(c));
    }
  }

  void number_by_first() {
    std::fill_n(w_.sizes, options_.count, Index{-1});  // the new number of each cluster
    Index next = 0;
    for (Extent n = 0; n < keys_.count; ++n) {
      if (!is_there(n)) continue;
      Index& number = w_.sizes[w_.nearest[n]];
      if (number < 0) {
        const std::span<const Real> from = centre(w_.nearest[n]);
        std::copy(from.begin(), from.end(), w_.sums + next * keys_.width);
        number = next++;
      }
      w_.nearest[n] = number;
    }
    for (Extent c = 0; c < options_.count; ++c) {
      std::copy_n(w_.sums + (c < next ? c : 0) * keys_.width, keys_.width, centre(c).begin());
    }
  }

  void drop_far() {
    Index* end = w_.order;
    for (Extent n = 0; n < keys_.count; ++n) {
      if (is_there(n)) *end++ = static_cast<Index>(n);
    }
    std::sort(w_.order, end, [this](Index a, Index b) {
      if (w_.nearest[a] != w_.nearest[b]) return w_.nearest[a] < w_.nearest[b];
      return w_.far[a] < w_.far[b] || (w_.far[a] == w_.far[b] && a < b);
    });
    Extent kept = 0;
    Index cluster = kNoKey;
    for (const Index* next = w_.order; next != end; ++next) {
      kept = w_.nearest[*next] == cluster ? kept + 1 : 1;
      cluster = w_.nearest[*next];
      if (kept > options_.most) w_.nearest[*next] = kNoKey;
    }
  }

  const Clusters& options_;
  const CentreProducts& multiply_;
  const HeadRows& keys_;
  const ClusterWork& w_;
};

}  // namespace

void find_clusters(const Clusters& options, const CentreProducts& multiply, const HeadRows& keys, const Index* mask,
                   const ClusterWork& work) {
  KMeans(options, multiply, keys, work).run(mask);
}

}  // namespace fovea
