#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "framework/cpu/row_math.h"
#include "modules/memory/large/slot_index.h"

namespace fovea {
namespace {

class HnswIndex final : public SlotIndex {
 public:
  void fields(Options& options) override {
    options.add("links", links_, "links of a word in each layer, >= 2", {.low = 2, .high = 1000});
    options.add("build_breadth", build_breadth_, "candidates when a word is inserted, >= 1", {.low = 1});
    options.add("breadth", breadth_, "candidates of a search, >= 1", {.low = 1});
  }

  void build(const Words& words, Holds holds) override {
    words_ = words;
    holds_ = holds;
    space_ = std::make_unique<hnswlib::InnerProductSpace>(static_cast<std::size_t>(words.width));
    point_.resize(words.width);
    start();
  }

  void put(Index slot) override {
    is_changed_ = true;
    enter(slot);
  }

  void reset() override {
    if (is_changed_) start();
  }

  Extent search(const Real* query, Extent count, Index* found) override {
    if (graph_->cur_element_count == 0) return 0;
    read(query);
    graph_->setEf(static_cast<std::size_t>(std::max(breadth_, count)));
    const auto before = graph_->metric_distance_computations.load();
    auto nearest = graph_->searchKnn(point_.data(), static_cast<std::size_t>(count));
    count_scored(static_cast<Extent>(graph_->metric_distance_computations.load() - before));
    const auto size = static_cast<Extent>(nearest.size());
    for (Extent place = size - 1; place >= 0; --place, nearest.pop())
      found[place] = static_cast<Index>(nearest.top().second);
    return size;
  }

 private:
  // The graph depends on the order in which words came, so it is built anew rather than repaired.
  void start() {
    room_ = holds_ == Holds::kAll ? words_.slots : std::min(words_.slots, kFirstRoom);
    graph_ = std::make_unique<hnswlib::HierarchicalNSW<float>>(space_.get(), static_cast<std::size_t>(room_),
                                                               static_cast<std::size_t>(links_),
                                                               static_cast<std::size_t>(build_breadth_));
    is_changed_ = false;
    if (holds_ == Holds::kNone) return;
    for (Extent n = 0; n < words_.slots; ++n) enter(static_cast<Index>(n));
  }

  void enter(Index slot) {
    if (static_cast<Extent>(graph_->cur_element_count) == room_) {
      room_ = std::min(words_.slots, 2 * room_);
      if (static_cast<Extent>(graph_->cur_element_count) < room_) graph_->resizeIndex(static_cast<std::size_t>(room_));
    }
    read(words_.word(slot));
    graph_->addPoint(point_.data(), static_cast<std::size_t>(slot));
  }

  // Of length 1, so that inner products are cosines.
  void read(const Real* word) {
    const std::span<const Real> row{word, point_.size()};
    const Real length = std::max(std::sqrt(cpu::dot(row, row)), words_.epsilon);
    for (std::size_t d = 0; d < point_.size(); ++d) point_[d] = static_cast<float>(row[d] / length);
  }

  static constexpr Extent kFirstRoom = 1024;

  Extent links_ = 16;
  Extent build_breadth_ = 100;
  Extent breadth_ = 64;
  Words words_;
  Holds holds_ = Holds::kNone;
  Extent room_ = 0;
  bool is_changed_ = false;
  std::unique_ptr<hnswlib::InnerProductSpace> space_;
  std::unique_ptr<hnswlib::HierarchicalNSW<float>> graph_;
  std::vector<float> point_;
};

FOVEA_SLOT_INDEX("hnsw", HnswIndex, R"doc(HNSW: a graph of near neighbours in layers, walked towards the query.

Approximates  the exact search: the walk keeps `breadth` candidates and ends where none of them has a nearer neighbour.
Shapes        words [N, D], query [D] -> slots [count].
Errors        none. Recall is measured by bench/slot_index.
Cost          about log N steps of `links` products. The first write of a slot costs about as much as a search with
              `build_breadth`; the next ones link its neighbours anew, which costs `links` times as much. It copies the
              words, and keeps 8 links bytes a slot beside them. `reset` makes the graph anew where anything was put: cheap for a
              memory that begins empty, N writes for one that does not; `lists` suits that one.
Source        Malkov & Yashunin 2016, arXiv:1603.09320, by hnswlib, which works in float32.)doc");

}  // namespace
}  // namespace fovea
