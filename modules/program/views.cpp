#include "modules/program/views.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "framework/core/error.h"
#include "modules/program/machine_op.h"

namespace fovea::program {
namespace {

constexpr Extent kMostTogether = 4;

class BitPatterns final : public MachineOp {
 public:
  BitPatterns(Instructions set, Views views) : MachineOp(std::move(set)), views_(std::move(views)) {}
  std::string_view name() const override { return "bit_patterns"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_words(in[0]);
    require_wanted(name(), in[0], in[1]);
    return {{Shape{in[0].shape[0], views_.count(), views_.choices() * views_.patterns()}, Kind::kReal}};
  }

  void forward(const OpRun& run) const override {
    const Shape& words = run.in[0].shape();
    const double places = static_cast<double>(words[1] * set().bits);
    const auto share = static_cast<Real>(std::sqrt(static_cast<double>(views_.patterns())) / places);
    Real* out = run.out[0].real();
    std::fill_n(out, run.out[0].size(), Real(0));
    for (Extent b = 0; b < words[0]; ++b) {
      for (const std::vector<Index>& view : views_.registers) {
        for (Extent choice = 0; choice < views_.choices(); ++choice, out += views_.patterns()) {
          for (Extent pair = b * words[1]; pair < (b + 1) * words[1]; ++pair) {
            count(words_of(run, view, choice, pair), view.size(), share, out);
          }
        }
      }
    }
  }

 private:
  static Index wanted(const OpRun& run, Extent pair, Index number) {
    const Extent live = run.in[1].shape()[2];
    return number < live ? run.in[1].index()[pair * live + number] : 0;
  }

  using Words = std::array<Index, kMostTogether + 1>;

  /// The words of one pair. Bit i of `choice` says that the wanted word of register i + 1 of the view is taken.
  Words words_of(const OpRun& run, const std::vector<Index>& view, Extent choice, Extent pair) const {
    const Index* present = run.in[0].index() + pair * set().registers;
    Words words{present[view[0]], wanted(run, pair, view[0])};
    for (std::size_t i = 1; i < view.size(); ++i) {
      words[i + 1] = (choice >> (i - 1) & 1) != 0 ? wanted(run, pair, view[i]) : present[view[i]];
    }
    return words;
  }

  /// Adds the patterns of the words of `registers` registers, one more than these.
  void count(const Words& words, std::size_t registers, Real share, Real* out) const {
    for (Extent bit = 0; bit < set().bits; ++bit) {
      Index pattern = 0;
      for (std::size_t i = 0; i <= registers; ++i) pattern = pattern << 2 | ((words[i] << 1 >> bit) & 3);
      out[pattern] += share;
    }
  }

  Views views_;
};

/// Appends all choices of `count` of the registers from `from` on, without the first of the view.
void choose_others(Index from, Extent registers, Extent count, std::vector<Index>& view, Views& views) {
  if (count == 0) return views.registers.push_back(view);
  for (Index other = from; other < registers; ++other) {
    if (other == view.front()) continue;
    view.push_back(other);
    choose_others(other + 1, registers, count - 1, view, views);
    view.pop_back();
  }
}

}  // namespace

Views views_of(Extent registers, Extent together) {
  if (together < 1 || together > std::min(registers, kMostTogether)) {
    throw Error("program", "registers seen together must be in [1, " + std::to_string(registers) + "]; together is " +
                               std::to_string(together) + "; set it to one of these.");
  }
  Views views;
  for (Index first = 0; first < registers; ++first) {
    std::vector<Index> view{first};
    choose_others(0, registers, together - 1, view, views);
  }
  return views;
}

Value bit_patterns(const Instructions& set, Value words, Value wanted, const Views& views, At at) {
  return innermost({words, wanted}, at).add(std::make_shared<BitPatterns>(set, views), {words, wanted}, "", at);
}

std::vector<Real> destination_members(const Views& views, Extent registers) {
  std::vector<Real> matrix(static_cast<std::size_t>(views.count() * views.together() * registers), 0);
  for (Extent v = 0; v < views.count(); ++v) {
    const Index first = views.registers[v][0];
    matrix[v * views.together() * registers + first] = 1;
  }
  return matrix;
}

std::vector<Real> source_members(const Views& views, Extent registers) {
  const Extent pairs = registers * registers;
  std::vector<Real> matrix(static_cast<std::size_t>(views.count() * views.together() * pairs), 0);
  for (Extent v = 0; v < views.count(); ++v) {
    const std::vector<Index>& view = views.registers[v];
    for (Extent i = 1; i < views.together(); ++i) {
      const Extent pair = view[0] * registers + view[i];
      matrix[(v * views.together() + i) * pairs + pair] = 1;
    }
  }
  return matrix;
}

}  // namespace fovea::program
