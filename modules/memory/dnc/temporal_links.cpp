#include "modules/memory/dnc/temporal_links.h"

#include "framework/cpu/packs.h"
#include "framework/cpu/row_math.h"

namespace fovea {
namespace {

enum Input : std::size_t { kLinks, kPrecedence, kWeights };

// Places [begin, end) of row i of the links of one batch element; the diagonal lies in none of them.
struct Part {
  Extent begin;
  Extent end;
  Extent size() const { return end - begin; }
};

template <class Body>
void for_rows(const OpRun& run, Body body) {
  const Shape& shape = run.in[kLinks].shape();
  const Extent slots = shape[1];
  for (Extent b = 0; b < shape[0]; ++b) {
    for (Extent i = 0; i < slots; ++i) {
      for (const Part part : {Part{0, i}, Part{i + 1, slots}}) body(b * slots, i, part);
    }
  }
}

std::span<const Real> span_of(const Real* from, const Part& part) {
  return {from + part.begin, static_cast<std::size_t>(part.size())};
}

class TemporalLinksOp final : public Op {
 public:
  std::string_view name() const override { return "temporal_links"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 3);
    require_real(name(), in[kLinks], "links");
    require_real(name(), in[kPrecedence], "precedence");
    require_real(name(), in[kWeights], "weights");
    const Shape& links = in[kLinks].shape;
    const bool fits = links.rank() == 3 && links[1] == links[2] && in[kPrecedence].shape == links.without(2) &&
                      in[kWeights].shape == links.without(2);
    if (!fits) {
      reject(name(), describe("links", in[kLinks]) + ", " + describe("precedence", in[kPrecedence]) + " and " +
                         describe("weights", in[kWeights]) +
                         " do not fit; give links [B, N, N], precedence and weights [B, N].");
    }
    return {in[kLinks]};
  }

  void forward(const OpRun& run) const override {
    const Extent slots = run.in[kLinks].shape()[1];
    for_rows(run, [&](Extent first, Extent i, const Part& part) {
      const Real* links = run.in[kLinks].real() + (first + i) * slots + part.begin;
      const Real* precedence = run.in[kPrecedence].real() + first + part.begin;
      const Real* weights = run.in[kWeights].real() + first + part.begin;
      const Real own = run.in[kWeights].real()[first + i];
      Real* out = run.out[0].real() + (first + i) * slots + part.begin;
      if (part.begin > 0) out[-1] = 0;  // the diagonal
      for_packs(part.size(), [=](Extent j, auto lanes) {
        const Pack kept = (1 - own - lanes.load(weights + j)) * lanes.load(links + j);
        lanes.store(out + j, kept + own * lanes.load(precedence + j));
      });
    });
  }

  // L'_ij = (1 - w_i - w_j) L_ij + w_i p_j, g = grad_L', without its diagonal
  //   =>  grad_L_ij += (1 - w_i - w_j) g_ij,  grad_p_j += w_i g_ij,  grad_w_i += sum_j g_ij (p_j - L_ij),
  //       grad_w_j -= g_ij L_ij
  void backward(const OpRun& run) const override {
    if (run.wants(kLinks) && run.assigns(kLinks)) clear(run.grad_in[kLinks].real(), run.grad_in[kLinks].size());
    const Extent slots = run.in[kLinks].shape()[1];
    for_rows(run, [&](Extent first, Extent i, const Part& part) {
      const Real* grad = run.grad_out[0].real() + (first + i) * slots;
      const Real* weights = run.in[kWeights].real() + first;
      if (run.wants(kLinks)) {
        Real* grad_links = run.grad_in[kLinks].real() + (first + i) * slots + part.begin;
        const Real rest = 1 - weights[i];
        for_packs(part.size(), [=, at = part.begin](Extent j, auto lanes) {
          const Pack kept = (rest - lanes.load(weights + at + j)) * lanes.load(grad + at + j);
          lanes.store(grad_links + j, lanes.load(grad_links + j) + kept);
        });
      }
      if (run.wants(kPrecedence)) {
        Real* grad_precedence = run.grad_in[kPrecedence].real() + first + part.begin;
        cpu::add_scaled(weights[i], span_of(grad, part), {grad_precedence, static_cast<std::size_t>(part.size())});
      }
      if (run.wants(kWeights)) pull_weights(run, first, i, part);
    });
  }

  BackwardReads backward_reads() const override { return {7, 0}; }
  bool can_assign(std::size_t input) const override { return input == kLinks; }

 private:
  static void pull_weights(const OpRun& run, Extent first, Extent i, const Part& part) {
    const Extent slots = run.in[kLinks].shape()[1];
    const Real* grad = run.grad_out[0].real() + (first + i) * slots;
    const Real* links = run.in[kLinks].real() + (first + i) * slots;
    const Real* precedence = run.in[kPrecedence].real() + first;
    Real* grad_weights = run.grad_in[kWeights].real() + first;
    grad_weights[i] +=
        cpu::dot(span_of(grad, part), span_of(precedence, part)) - cpu::dot(span_of(grad, part), span_of(links, part));
    for_packs(part.size(), [=, at = part.begin](Extent j, auto lanes) {
      const Pack taken = lanes.load(grad + at + j) * lanes.load(links + at + j);
      lanes.store(grad_weights + at + j, lanes.load(grad_weights + at + j) - taken);
    });
  }
};

}  // namespace

OpPointer make_temporal_links() { return std::make_shared<TemporalLinksOp>(); }

}  // namespace fovea
