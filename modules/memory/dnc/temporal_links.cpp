#include "modules/memory/dnc/temporal_links.h"

#include "framework/core/span.h"
#include "framework/cpu/packs.h"
#include "framework/cpu/row_math.h"
#include "framework/ops/signature.h"

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

std::span<const Real> part_of(const Real* from, const Part& part) { return span_of(from + part.begin, part.size()); }

class TemporalLinksOp final : public Op {
 public:
  std::string_view name() const override { return "temporal_links"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    Signature(name(), in, {"links [B, N, N]", "precedence [B, N]", "weights [B, N]"});
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
        cpu::add_scaled(weights[i], part_of(grad, part), span_of(grad_precedence, part.size()));
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
        cpu::dot(part_of(grad, part), part_of(precedence, part)) - cpu::dot(part_of(grad, part), part_of(links, part));
    for_packs(part.size(), [=, at = part.begin](Extent j, auto lanes) {
      const Pack taken = lanes.load(grad + at + j) * lanes.load(links + at + j);
      lanes.store(grad_weights + at + j, lanes.load(grad_weights + at + j) - taken);
    });
  }
};

}  // namespace

OpPointer make_temporal_links() { return std::make_shared<TemporalLinksOp>(); }

}  // namespace fovea
