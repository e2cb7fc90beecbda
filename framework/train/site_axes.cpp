#include "framework/train/site_axes.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <vector>

#include "framework/graph/check.h"
#include "framework/graph/resize.h"
#include "framework/train/meanings.h"
#include "framework/train/published.h"

namespace fovea {
namespace {

/// An axis of a value of the graph.
struct ValueAxis {
  Slot slot;
  int axis = 0;
  bool is_known() const { return slot.node >= 0; }
};

class Tracer {
 public:
  Tracer(const Graph& graph, const InputTypes& inputs, const Meanings& meanings)
      : graph_(graph), meanings_(meanings), types_(inputs.begin(), inputs.end()), nominal_(Resized::of(graph, types_)) {
    if (!nominal_) return;
    for (const auto& [name, type] : types_) {
      for (int axis = 1; axis < type.shape.rank(); ++axis) axes_.push_back({name, axis, type.shape[axis], {}});
    }
    for (InputAxis& axis : axes_) resize(axis);
  }

  AxisSource source_of_items(const SiteRecord& site) const {
    ValueAxis items{site.items, 1};
    if (!items.is_known()) items = {site.scores, last_axis(site.scores)};
    return extent_of(items) < 1 ? AxisSource{} : from_inputs(items, ancestors(items.slot.node));
  }

  AxisSource source_of_queries(const SiteRecord& site) const {
    if (site.queries.node >= 0 && !site.is_stacked) {
      const ValueAxis queries{site.queries, 1};
      if (extent_of(queries) == 1) return whole_query(site);
      return from_inputs(queries, ancestors(site.queries.node));
    }
    const ValueAxis queries = asked(site);
    if (extent_of(queries) < 1) return {};
    const std::vector<int> inputs = step_inputs(site);
    if (inputs.empty()) return from_outputs(queries);
    std::vector<char> above(graph_.nodes().size());
    for (const int node : inputs) {
      const std::vector<char> more = ancestors(node);
      for (std::size_t i = 0; i < above.size(); ++i) above[i] = above[i] != 0 || more[i] != 0 ? 1 : 0;
    }
    return from_inputs(queries, above);
  }

 private:
  struct InputAxis {
    std::string input;
    int axis = 0;
    Extent extent = 0;
    std::optional<Resized> other;  // the types with another extent; none where the model takes no other
    Extent change = 0;
  };

  int last_axis(Slot slot) const {
    const Type* type = slot.node < 0 || !nominal_ ? nullptr : nominal_->type(slot);
    return type == nullptr ? 0 : type->shape.rank() - 1;
  }

  // 0 where it is not known.
  Extent extent_of(const ValueAxis& axis) const { return nominal_ ? extent_in(*nominal_, axis) : 0; }
  static Extent extent_in(const Resized& types, const ValueAxis& axis) {
    const Type* type = axis.is_known() ? types.type(axis.slot) : nullptr;
    return type == nullptr || axis.axis >= type->shape.rank() ? 0 : type->shape[axis.axis];
  }

  std::optional<Resized> with(const std::vector<const InputAxis*>& changed, Extent change) const {
    std::map<std::string, Type> types = types_;
    for (const InputAxis* axis : changed) {
      Type& type = types[axis->input];
      type.shape = type.shape.with(axis->axis, axis->extent + change);
    }
    return Resized::of(graph_, types);
  }

  // Makes an axis longer or shorter, with as few others of its extent as the model lets.
  void resize(InputAxis& axis) const {
    for (const Extent change : {Extent{1}, Extent{-1}}) {
      if (axis.extent + change < 1) continue;
      axis.change = change;
      axis.other = with({&axis}, change);
      if (axis.other) return;
      std::vector<const InputAxis*> changed;
      for (const InputAxis& one : axes_) {
        if (one.extent == axis.extent) changed.push_back(&one);
      }
      axis.other = with(changed, change);
      if (!axis.other) continue;
      for (const InputAxis& one : axes_) {
        if (&one == &axis) continue;
        std::vector<const InputAxis*> fewer = changed;
        std::erase(fewer, &one);
        if (fewer.size() == changed.size()) continue;
        std::optional<Resized> result = with(fewer, change);
        if (!result) continue;
        changed = std::move(fewer);
        axis.other = std::move(result);
      }
      return;
    }
  }

  std::vector<char> ancestors(int node) const {
    std::vector<char> found(graph_.nodes().size());
    std::vector<int> open{node};
    while (!open.empty()) {
      const int id = open.back();
      open.pop_back();
      if (id < 0 || found[id] != 0) continue;
      found[id] = 1;
      for (const Slot& slot : graph_.node(id).inputs) open.push_back(slot.node);
    }
    return found;
  }

  bool is_among(const std::string& input, const std::vector<char>& nodes) const {
    for (std::size_t id = 0; id < nodes.size(); ++id) {
      if (nodes[id] != 0 && graph_.nodes()[id].kind == Node::Kind::kInput && graph_.nodes()[id].path == input) return true;
    }
    return false;
  }

  bool is_mask(const std::string& input) const {
    const TensorMeaning* meaning = find_meaning(meanings_, flat_name(input), input);
    return meaning != nullptr &&
           (meaning->what == TensorMeaning::What::kMask || meaning->what == TensorMeaning::What::kCount);
  }

  AxisSource from_inputs(const ValueAxis& axis, const std::vector<char>& above) const {
    const Extent extent = extent_of(axis);
    AxisSource best;
    std::tuple<bool, bool, int> best_rank{false, false, -1};
    for (const InputAxis& one : axes_) {
      if (one.extent != extent) continue;
      const bool is_above = is_among(one.input, above);
      const bool follows = one.other ? extent_in(*one.other, axis) == extent + one.change : is_above;
      const std::tuple<bool, bool, int> rank{is_above, !is_mask(one.input), types_.at(one.input).shape.rank()};
      if (!follows || rank <= best_rank) continue;
      best_rank = rank;
      best = {one.input, one.axis, false};
    }
    return best;
  }

  // An input that goes into the queries, before those that go into the items too, if only for their number of rows.
  AxisSource whole_query(const SiteRecord& site) const {
    const std::vector<char> queries = ancestors(site.queries.node);
    const std::vector<char> items = ancestors(site.items.node);
    const std::string of_items = source_of_items(site).name;
    AxisSource best;
    std::pair<bool, int> best_rank{false, -1};
    for (const auto& [name, type] : types_) {
      const std::pair<bool, int> rank{!is_among(name, items), type.shape.rank()};
      if (!is_among(name, queries) || is_mask(name) || name == of_items || rank <= best_rank) continue;
      best_rank = rank;
      best = {name, 0, false};
    }
    return best;
  }

  // The axis of a site's queries where their values are not known: in a loop, that of its steps.
  ValueAxis asked(const SiteRecord& site) const {
    if (site.kept.node < 0) return {};
    if (!site.is_stacked) return {site.kept, 1};
    return extent_of({site.kept, 2}) == 1 ? ValueAxis{site.kept, 0} : ValueAxis{};
  }

  // What goes into each step of the loop that has made a choice.
  std::vector<int> step_inputs(const SiteRecord& site) const {
    const Node& node = graph_.node(site.kept.node);
    std::vector<int> inputs;
    if (!site.is_stacked || !node.loop) return inputs;
    for (std::size_t i = 0; i < node.loop->stacked_in.size(); ++i) {
      inputs.push_back(node.inputs[node.loop->carried_in.size() + i].node);
    }
    return inputs;
  }

  // An output whose second axis always has the extent of these queries, whole numbers before scores.
  AxisSource from_outputs(const ValueAxis& queries) const {
    AxisSource best;
    std::tuple<bool, int> best_rank{false, -100};
    for (const NamedSlot& output : graph_.outputs()) {
      const ValueAxis axis{output.slot, 1};
      const Type& type = graph_.type(output.slot);
      if (type.shape.rank() < 2 || extent_of(axis) != extent_of(queries)) continue;
      const bool agrees = std::all_of(axes_.begin(), axes_.end(), [&](const InputAxis& one) {
        return !one.other || extent_in(*one.other, axis) == extent_in(*one.other, queries);
      });
      const std::tuple<bool, int> rank{type.kind == Kind::kIndex, -type.shape.rank()};
      if (!agrees || rank <= best_rank) continue;
      best_rank = rank;
      best = {output.name, 1, true};
    }
    return best;
  }

  const Graph& graph_;
  const Meanings& meanings_;
  std::map<std::string, Type> types_;
  std::optional<Resized> nominal_;
  std::vector<InputAxis> axes_;
};

}  // namespace

std::map<std::string, SiteAxes> axes_of_sites(const Graph& graph, const InputTypes& inputs, const Meanings& meanings) {
  const Tracer tracer(graph, inputs, meanings);
  std::map<std::string, SiteAxes> axes;
  for (const SiteRecord& site : graph.sites()) {
    axes[site.path] = {tracer.source_of_items(site), tracer.source_of_queries(site)};
  }
  return axes;
}

}  // namespace fovea
