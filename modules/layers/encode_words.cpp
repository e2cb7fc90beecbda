#include "modules/layers/encode_words.h"

#include <algorithm>

#include "modules/layers/encode_words_kernel.h"

namespace fovea {
namespace {

constexpr Extent kChunk = 32;  // sentences whose rows stay in the first cache

struct EncodePrepared final : Prepared {
  Extent depth = 0;  // D
  Extent sentences = 0;
  Sentences all;
  std::vector<Real> factors;
};

Extent padded(Extent width) { return (width + kPack - 1) / kPack * kPack; }

/// Columns of rows that lie side by side: to[r, 0 .. width) = from[r, 0 .. width), each with its own stride.
struct Columns {
  Extent rows = 0;
  Extent width = 0;
  Extent from_stride = 0;
  Extent to_stride = 0;
};

template <bool assign>
void move_columns(const Columns& columns, const Real* from, Real* to) {
  for (Extent row = 0; row < columns.rows; ++row, from += columns.from_stride, to += columns.to_stride) {
    for_packs(columns.width, [=](Extent i, auto lanes) { put<assign>(lanes, to + i, lanes.load(from + i)); });
  }
}

class EncodeWordsOp final : public Op {
 public:
  explicit EncodeWordsOp(const EncodeWords& options) : options_(options) {}

  std::string_view name() const override { return "encode_words"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, inputs());
    require_index(name(), in[0], "words");
    require_rank(name(), in[0], options_.has_places ? 2 : 1, "words");
    for (std::size_t t = 0; t < options_.tables; ++t) expect_table(in[1 + t], in[1], "table");
    if (options_.has_places) expect_places(in);
    return {options_.tables, Type{in[0].shape.with(-1, in[1].shape[1]), Kind::kReal}};
  }

  std::vector<Type> workspace(std::span<const Type> in) const override {
    const Extent width = row_width(in);
    return {{{in[1].shape[0], width}}, {{places_of(in), width}}, {{kChunk, width}}};
  }

  std::shared_ptr<const Prepared> prepare(std::span<const Type> in) const override {
    auto prepared = std::make_shared<EncodePrepared>();
    Sentences& all = prepared->all;
    prepared->depth = in[1].shape[1];
    all.length = in[0].shape.last();
    prepared->sentences = extent_of(in[0].shape, 0, in[0].shape.rank() - 1);
    all.place_count = options_.has_places ? in[0].shape[-2] : 0;
    all.has_null = options_.has_null;
    all.width = row_width(in);
    prepared->factors = factors(all, prepared->depth);
    all.factors = prepared->factors.data();
    return prepared;
  }

  void forward(const OpRun& run) const override {
    const auto& prepared = *static_cast<const EncodePrepared*>(run.prepared);
    check_words(run);
    Real* table = run.workspace[kTable].real();
    Real* places = run.workspace[kPlaces].real();
    gather(run, 1, table);
    if (options_.has_places) gather(run, 1 + options_.tables, places);
    Real* rows = run.workspace[kRows].real();
    const Extent depth = prepared.depth;
    for (Extent first = 0; first < prepared.sentences; first += kChunk) {
      const Sentences some = chunk(run, first);
      for_column_blocks(some.width,
                        [&](auto packs, Extent column) { encode_columns<packs>(some, table, places, rows, column); });
      const Columns columns{some.count, depth, some.width, depth};
      for (std::size_t t = 0; t < options_.tables; ++t) {
        move_columns<true>(columns, rows + static_cast<Extent>(t) * depth, run.out[t].real() + first * depth);
      }
    }
  }

  // y = sum over j of l_j table[w_j] + place  =>  grad_table[w_j] += l_j grad_y,  grad_place += grad_y
  void backward(const OpRun& run) const override {
    const auto& prepared = *static_cast<const EncodePrepared*>(run.prepared);
    Real* table = run.workspace[kTable].real();
    Real* places = run.workspace[kPlaces].real();
    clear(table, run.workspace[kTable].size());
    clear(places, run.workspace[kPlaces].size());
    Real* rows = run.workspace[kRows].real();
    const Extent depth = prepared.depth;
    if (depth * static_cast<Extent>(options_.tables) < prepared.all.width) clear(rows, run.workspace[kRows].size());
    for (Extent first = 0; first < prepared.sentences; first += kChunk) {
      const Sentences some = chunk(run, first);
      const Columns columns{some.count, depth, depth, some.width};
      for (std::size_t t = 0; t < options_.tables; ++t) {
        move_columns<true>(columns, run.grad_out[t].real() + first * depth, rows + static_cast<Extent>(t) * depth);
      }
      for_column_blocks(some.width,
                        [&](auto packs, Extent column) { scatter_columns<packs>(some, rows, table, places, column); });
    }
    give(run, 1, table);
    if (options_.has_places) give(run, 1 + options_.tables, places);
  }

  BackwardReads backward_reads() const override { return {options_.has_numbers ? 1U | 1U << (inputs() - 1) : 1U, 0}; }

  double multiply_adds(std::span<const Type> in) const override {
    return static_cast<double>(in[0].shape.size()) * static_cast<double>(row_width(in));
  }

 private:
  enum Workspace : std::size_t { kTable, kPlaces, kRows };

  std::size_t inputs() const { return 1 + (options_.has_places ? 2 : 1) * options_.tables + (options_.has_numbers ? 1 : 0); }
  Extent row_width(std::span<const Type> in) const { return padded(static_cast<Extent>(options_.tables) * in[1].shape[1]); }
  Extent places_of(std::span<const Type> in) const { return options_.has_places ? in[1 + options_.tables].shape[0] : 0; }

  void expect_table(const Type& table, const Type& first, const std::string& what) const {
    require_real(name(), table, what);
    if (table.shape.rank() == 2 && table.shape == first.shape) return;
    reject(name(), describe(what, table) + " differs from the first one, " + first.shape.text() + "; give [V, D] each.");
  }

  void expect_places(std::span<const Type> in) const {
    const std::size_t begin = 1 + options_.tables;
    for (std::size_t t = 0; t < options_.tables; ++t) expect_table(in[begin + t], in[begin], "places");
    if (in[begin].shape[1] != in[1].shape[1]) {
      reject(name(),
             describe("places", in[begin]) + " and " + describe("table", in[1]) + " differ in width; make them equal.");
    }
    if (options_.has_numbers) {
      require_index(name(), in.back(), "numbers of the places");
      if (in.back().shape == in[0].shape.without(-1)) return;
      reject(name(), describe("numbers of the places", in.back()) + " does not fit " + describe("words", in[0]) + "; give " +
                         in[0].shape.without(-1).text() + ".");
    }
    if (in[0].shape[-2] > in[begin].shape[0]) {
      reject(name(), describe("words", in[0]) + " has more sentences than " + describe("places", in[begin]) +
                         " has rows; give more places.");
    }
  }

  // l_kj in the columns of every table, zeros past the last     [J, width]
  std::vector<Real> factors(const Sentences& all, Extent depth) const {
    std::vector<Real> made(static_cast<std::size_t>(all.length * all.width), Real{0});
    for (Extent j = 0; j < all.length; ++j) {
      for (Extent column = 0; column < static_cast<Extent>(options_.tables) * depth; ++column) {
        made[j * all.width + column] = word_factor(options_.encoding, j, all.length, column % depth, depth);
      }
    }
    return made;
  }

  void check_words(const OpRun& run) const {
    const auto check = [this](const Tensor& indices, Index low, Extent high) {
      const Index* begin = indices.index();
      const Index* end = begin + indices.size();
      const Index* wrong = std::find_if(begin, end, [=](Index i) { return i < low || i >= high; });
      if (wrong != end) reject_index(name(), wrong - begin, *wrong, low, high);
    };
    check(run.in[0], 0, run.in[1].shape()[0]);
    if (options_.has_numbers) check(run.in.back(), -1, run.in[1 + options_.tables].shape()[0]);
  }

  Sentences chunk(const OpRun& run, Extent first) const {
    const auto& prepared = *static_cast<const EncodePrepared*>(run.prepared);
    Sentences some = prepared.all;
    some.count = std::min(kChunk, prepared.sentences - first);
    some.words = run.in[0].index() + first * some.length;
    some.first_place = first;
    if (options_.has_numbers) some.places = run.in.back().index() + first;
    return some;
  }

  // The tables from input `begin` on, side by side, zeros past the last     [V, D] each -> [V, width]
  void gather(const OpRun& run, std::size_t begin, Real* to) const {
    const Extent depth = run.in[begin].shape()[1];
    const Extent width = static_cast<const EncodePrepared*>(run.prepared)->all.width;
    const Columns columns{run.in[begin].shape()[0], depth, depth, width};
    if (depth * static_cast<Extent>(options_.tables) < width) clear(to, columns.rows * width);
    for (std::size_t t = 0; t < options_.tables; ++t) {
      move_columns<true>(columns, run.in[begin + t].real(), to + static_cast<Extent>(t) * depth);
    }
  }

  void give(const OpRun& run, std::size_t begin, const Real* from) const {
    const Extent depth = run.in[begin].shape()[1];
    const Extent width = static_cast<const EncodePrepared*>(run.prepared)->all.width;
    const Columns columns{run.in[begin].shape()[0], depth, width, depth};
    for (std::size_t t = 0; t < options_.tables; ++t) {
      if (run.wants(begin + t)) {
        move_columns<false>(columns, from + static_cast<Extent>(t) * depth, run.grad_in[begin + t].real());
      }
    }
  }

  EncodeWords options_;
};

}  // namespace

SentenceEncoding encoding_of(std::string_view name) {
  if (name == "centred_position") return SentenceEncoding::kCentredPosition;
  return name == "position" ? SentenceEncoding::kPosition : SentenceEncoding::kBagOfWords;
}

Real word_factor(SentenceEncoding encoding, Extent j, Extent length, Extent k, Extent depth) {
  const Real place = static_cast<Real>(j + 1) / static_cast<Real>(length);
  const Real part = static_cast<Real>(k + 1) / static_cast<Real>(depth);
  switch (encoding) {
    case SentenceEncoding::kPosition: return (1 - place) - part * (1 - 2 * place);
    case SentenceEncoding::kCentredPosition: {
      const auto middle = [](Extent i, Extent count) {  // in halves: whole numbers, so that 0 is exact
        return static_cast<Real>(2 * i + 1 - count) / static_cast<Real>(count);
      };
      return 1 + middle(j, length) * middle(k, depth);
    }
    default: return 1;
  }
}

OpPointer make_encode_words(const EncodeWords& options) { return std::make_shared<EncodeWordsOp>(options); }

}  // namespace fovea
