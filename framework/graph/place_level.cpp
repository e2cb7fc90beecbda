#include <algorithm>

#include "framework/core/arena.h"
#include "framework/graph/level.h"
#include "framework/graph/overwrite.h"

namespace fovea::graph {
namespace {

// The time line of a level of n nodes: node i of the order runs forward at i; gradients come in at n; node i runs backward
// at 2n - i; what outlives the passes lasts until 2n + 1.
class Placement {
 public:
  Placement(Level& level, const std::vector<Slot>& outside) : level_(level), outside_(outside) {
    const std::vector<int>& order = level.graph->order();
    count_ = static_cast<int>(order.size());
    position_.assign(level.nodes.size(), -1);
    for (int i = 0; i < count_; ++i) position_[order[i]] = i;
  }

  void run() {
    for (const int id : level_.graph->order()) size_node(id);
    for (const int id : level_.graph->order()) place_values(id);
    for (const int id : level_.graph->order()) place_scratch(id);
    if (level_.has_backward) {
      for (const int id : level_.graph->order()) mark_wanted(id);
      for (const int id : level_.graph->order()) place_gradients(id);
    }
    std::vector<Piece*> kept;
    std::vector<Piece*> transient;
    for (Buffer* buffer : buffers_) {
      (buffer->home == Home::kKept ? kept : transient).push_back(&buffer->piece);
      level_.unshared_bytes += buffer->piece.bytes;
    }
    level_.kept_bytes = place(kept);
    level_.transient_bytes = place(transient);
  }

 private:
  int forward(int id) const { return position_[id]; }
  int backward(int id) const { return 2 * count_ - forward(id); }
  int start() const { return count_; }
  int end() const { return 2 * count_ + 1; }
  LevelNode& node_of(int id) { return level_.nodes[id]; }
  static bool computes(const Node& node) { return node.kind == Node::Kind::kOp || node.kind == Node::Kind::kLoop; }

  void size_node(int id) {
    LevelNode& compiled = node_of(id);
    const std::size_t inputs = level_.graph->node(id).inputs.size();
    compiled.values.resize(compiled.types.size());
    compiled.gradients.resize(compiled.types.size());
    compiled.is_wanted.assign(inputs, 0);
    compiled.clears.assign(inputs, 0);
    compiled.clears_own.assign(compiled.types.size(), 0);
    compiled.duplicates.resize(inputs);
  }

  void give(Buffer& buffer, std::size_t bytes, int first, int last) {
    buffer.piece = {bytes, first, last, 0};
    const bool is_kept = !level_.is_body || (first < start() && last >= start());
    buffer.home = is_kept ? Home::kKept : Home::kTransient;
    buffers_.push_back(&buffer);
  }

  bool outlives(Slot slot) const {
    for (const NamedSlot& output : level_.graph->outputs()) {
      if (output.slot == slot) return true;
    }
    if (level_.graph->mode() != Mode::kEvaluate) return false;
    for (const SiteRecord& site : level_.graph->sites()) {
      for (const Slot& published :
           {site.scores, site.kept, site.weights, site.count, site.log_prob, site.right, site.dropped}) {
        if (published == slot) return true;
      }
    }
    return false;
  }

  static bool reads(std::uint32_t mask, std::size_t i) { return i >= 32 || ((mask >> i) & 1U) != 0; }

  void place_values(int id) {
    const Node& node = level_.graph->node(id);
    LevelNode& compiled = node_of(id);
    for (std::size_t o = 0; o < compiled.types.size(); ++o) {
      const Slot slot{id, static_cast<int>(o)};
      if (!computes(node) || std::find(outside_.begin(), outside_.end(), slot) != outside_.end()) {
        compiled.values[o].home = Home::kOutside;
        continue;
      }
      const bool is_read_back = compiled.is_active && (!node.op || reads(node.op->backward_reads().outputs, o));
      int last = is_read_back ? backward(id) : forward(id);
      if (outlives(slot)) last = end();
      if (has_own_memory(*level_.graph, slot)) {
        give(compiled.values[o], compiled.types[o].bytes(), forward(id), last);
      } else {
        compiled.values[o].home = Home::kSame;
        extend(slot, last);
      }
    }
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const bool is_read_back = compiled.is_active && (!node.op || reads(node.op->backward_reads().inputs, i));
      extend(node.inputs[i], is_read_back ? backward(id) : forward(id));
    }
    if (!level_.has_backward) return;
    for (const int input : overwritten_inputs(node)) extend(node.inputs[input], backward(id));
  }

  // The memory of this value must exist until then.
  void extend(Slot slot, int last) {
    const Slot source = memory_of(*level_.graph, slot);
    Buffer& value = level_.at(source).values[source.output];
    if (value.home == Home::kOutside) return;
    buffers_.erase(std::find(buffers_.begin(), buffers_.end(), &value));
    give(value, value.piece.bytes, value.piece.first, std::max(value.piece.last, last));
  }

  void place_scratch(int id) {
    LevelNode& compiled = node_of(id);
    const bool is_put_back = level_.has_backward && !overwritten_inputs(level_.graph->node(id)).empty();
    const int last = compiled.is_active || is_put_back ? backward(id) : forward(id);
    for (const Type& type : compiled.scratch_types) {
      compiled.scratch.emplace_back();
      compiled.scratch.back().piece.bytes = type.bytes();
    }
    for (Buffer& buffer : compiled.scratch) give(buffer, buffer.piece.bytes, forward(id), last);
    compiled.workspace_forward.resize(compiled.workspace_types.size());
    compiled.workspace_backward.resize(compiled.is_active ? compiled.workspace_types.size() : 0);
    for (std::size_t i = 0; i < compiled.workspace_types.size(); ++i) {
      give(compiled.workspace_forward[i], compiled.workspace_types[i].bytes(), forward(id), forward(id));
      if (compiled.is_active) {
        give(compiled.workspace_backward[i], compiled.workspace_types[i].bytes(), backward(id), backward(id));
      }
    }
    if (!compiled.body) return;
    give(compiled.loop_kept, static_cast<std::size_t>(compiled.steps) * compiled.body->kept_bytes, forward(id), last);
    give(compiled.loop_transient, compiled.body->transient_bytes, forward(id), last);
    std::size_t carried = 0;
    for (const Slot& slot : level_.graph->node(id).loop->carried_in) {
      carried += 2 * Arena::aligned(compiled.body->type(slot).bytes());
    }
    if (compiled.is_active) give(compiled.loop_carried_gradients, carried, backward(id), backward(id));
  }

  void mark_wanted(int id) {
    const Node& node = level_.graph->node(id);
    LevelNode& compiled = node_of(id);
    if (!compiled.is_active || !computes(node)) return;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const Slot slot = node.inputs[i];
      if (level_.type(slot).kind != Kind::kReal || !level_.at(slot).needs_gradient) continue;
      compiled.is_wanted[i] = 1;
      const auto end_of = node.inputs.begin() + static_cast<std::ptrdiff_t>(i);
      if (std::find(node.inputs.begin(), end_of, slot) != end_of) {
        give(compiled.duplicates[i], level_.type(slot).bytes(), backward(id), backward(id));
      }
    }
  }

  void place_gradients(int id) {
    const Node& node = level_.graph->node(id);
    LevelNode& compiled = node_of(id);
    for (std::size_t o = 0; o < compiled.types.size(); ++o) {
      if (compiled.types[o].kind != Kind::kReal || !compiled.needs_gradient) continue;
      const Slot slot{id, static_cast<int>(o)};
      const bool is_seed = std::find(level_.seeds.begin(), level_.seeds.end(), slot) != level_.seeds.end();
      if (!computes(node)) {
        compiled.gradients[o].home = Home::kOutside;
        if (node.kind == Node::Kind::kParameter && !is_seed) compiled.first_reader = last_consumer(slot);
        continue;
      }
      if (!compiled.is_active && !is_seed) continue;
      const Slot newest = last_overwritten(slot);
      if (shares_gradient(id, o)) {
        compiled.gradients[o].home = Home::kSame;
      } else {
        give(compiled.gradients[o], compiled.types[o].bytes(), first_gradient(newest), backward(id));
      }
      if (!(newest == slot)) continue;  // what overwrites it leaves its gradient
      const int writer = is_seed ? -1 : last_consumer(slot);
      if (writer >= 0) mark_first_writer(writer, slot);
      compiled.clears_own[o] = writer < 0 && !is_seed ? 1 : 0;
    }
  }

  /// When the first gradient comes to this value.
  int first_gradient(Slot slot) {
    if (std::find(level_.seeds.begin(), level_.seeds.end(), slot) != level_.seeds.end()) return start();
    const int writer = last_consumer(slot);
    return backward(writer >= 0 ? writer : slot.node);
  }

  /// Output 0 of an op that overwrites an input, whose gradient is wanted.
  bool shares_gradient(int id, std::size_t output) {
    const Node& node = level_.graph->node(id);
    return output == 0 && node.op && node.op->overwrites() >= 0 && node_of(id).is_wanted[node.op->overwrites()] != 0;
  }

  /// Of the values that share the gradient of this one, the last.
  Slot last_overwritten(Slot slot) {
    for (const int id : level_.graph->order()) {
      if (!shares_gradient(id, 0)) continue;
      const Node& node = level_.graph->node(id);
      if (node.inputs[node.op->overwrites()] == slot) slot = {id, 0};
    }
    return slot;
  }

  // The consumer that runs backward first, -1 where no gradient flows in.
  int last_consumer(Slot slot) {
    const std::vector<int>& order = level_.graph->order();
    for (auto id = order.rbegin(); id != order.rend(); ++id) {
      const std::vector<Slot>& inputs = level_.graph->node(*id).inputs;
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i] == slot && node_of(*id).is_wanted[i] != 0) return *id;
      }
    }
    return -1;
  }

  void mark_first_writer(int id, Slot slot) {
    const Node& node = level_.graph->node(id);
    LevelNode& compiled = node_of(id);
    const auto input =
        static_cast<std::size_t>(std::find(node.inputs.begin(), node.inputs.end(), slot) - node.inputs.begin());
    if (node.op && input < 32 && node.op->can_assign(input)) {
      compiled.assign |= 1U << input;
    } else {
      compiled.clears[input] = 1;
    }
  }

  Level& level_;
  const std::vector<Slot>& outside_;
  std::vector<int> position_;
  std::vector<Buffer*> buffers_;
  int count_ = 0;
};

}  // namespace

void place_level(Level& level, const std::vector<Slot>& outside) { Placement(level, outside).run(); }

}  // namespace fovea::graph
