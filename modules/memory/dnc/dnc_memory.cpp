#include "modules/memory/dnc/dnc_memory.h"

#include "modules/memory/ntm/ntm.h"

namespace fovea {
namespace {

Site site_of(Builder& builder, const std::string& name, const DncOptions& options, At at) {
  const auto scope = builder.scope(name);
  return Site(builder, options.site, options.width, options.width, at);
}

Value row(Value x, Extent r) { return squeeze(slice(x, 1, r, r + 1), 1); }

// modes [B, R, 3], place 0 .. 2 -> [B, R, 1]
Value mode(Value modes, Extent place) { return slice(modes, 2, place, place + 1); }

}  // namespace

void DncOptions::fields(Options& options) {
  options.add("slots", slots, "slots N of the memory, >= 1", {.low = 1});
  options.add("slot_width", width, "width D of a slot, >= 1", {.low = 1});
  options.add("reads", reads, "heads that read, >= 1", {.low = 1});
  options.add("masks", variant.has_masks, "a key says which of its elements are looked for");
  options.add("deallocates", variant.deallocates, "what is given up is erased from its slot");
  options.add("sharpens", variant.sharpens, "what is found by the links is sharpened");
  options.add("site", site, "site of the searches by content: scorer | pattern | selector | estimator");
}

struct DncMemory::State {
  Value memory, usage, writes, precedence, links, reads;

  explicit State(const std::vector<Value>& all)
      : memory(all[0]), usage(all[1]), writes(all[2]), precedence(all[3]), links(all[4]), reads(all[5]) {}
  std::vector<Value> all() const { return {memory, usage, writes, precedence, links, reads}; }
};

DncMemory::DncMemory(Builder& builder, const DncOptions& options, At at)
    : builder_(builder),
      options_(options),
      write_site_(site_of(builder, "write", options, at)),
      read_site_(site_of(builder, "read", options, at)) {}

Extent DncMemory::read_width() const { return options_.reads * options_.width; }

std::vector<Value> DncMemory::start(Value like) {
  const Extent n = options_.slots;
  const Value none = zeros_like_rows(like, {n});
  return {zeros_like_rows(like, {n, options_.width}), none, none, none, zeros_like_rows(like, {n, n}),
          zeros_like_rows(like, {options_.reads, n})};
}

// keys [B, M, D], sharpness [B, M], masks [B, M, D] or empty -> weights of all slots [B, M, N]
Value DncMemory::find(Site& site, Value memory, Value keys, Value sharpness, Value masks) {
  const auto search = [&](Value queries, Value slots, Value sharp) {
    const Attended found = site.attend({.queries = queries, .prepared_keys = site.prepare_keys(slots), .sharpness = sharp});
    return scatter_items(found.weights, found.kept, memory);
  };
  if (masks.is_empty()) return search(keys, memory, sharpness);
  // Every key has its own mask, which applies to the slots as well.
  std::vector<Value> found;
  for (Extent m = 0; m < keys.shape()[1]; ++m) {
    const Value mask = slice(masks, 1, m, m + 1);  // [B, 1, D]
    found.push_back(search(multiply(slice(keys, 1, m, m + 1), mask), multiply(memory, mask), slice(sharpness, 1, m, m + 1)));
  }
  return found.size() == 1 ? found[0] : concat(found, 1);
}

Value DncMemory::write_weights(const DncControls& controls, const State& state) {
  const Value mask = controls.write_mask.is_empty() ? Value{} : unsqueeze(controls.write_mask, 1);
  const Value found = row(
      find(write_site_, state.memory, unsqueeze(controls.write_key, 1), unsqueeze(controls.write_sharpness, 1), mask), 0);
  const Value gate = unsqueeze(controls.allocation_gate, 1);
  const Value mixed = add(multiply(gate, allocate(state.usage)), multiply(add_scalar(negate(gate), 1), found));
  return multiply(unsqueeze(controls.write_gate, 1), mixed);
}

Value DncMemory::read_weights(const DncControls& controls, const State& updated, Value previous) {
  const Value found = find(read_site_, updated.memory, controls.read_keys, controls.read_sharpness, controls.read_masks);
  Value back = trace_links(updated.links, previous);
  Value ahead = follow_links(updated.links, previous);
  if (options_.variant.sharpens) {
    back = sharpen_links(back, controls.backward_power);
    ahead = sharpen_links(ahead, controls.forward_power);
  }
  return add(add(multiply(mode(controls.modes, 0), back), multiply(mode(controls.modes, 1), found)),
             multiply(mode(controls.modes, 2), ahead));
}

ControlledMemory::Step DncMemory::step(Value control, const std::vector<Value>& before) {
  State state(before);
  const DncControls controls =
      dnc_controls(builder_, "interface", control, {options_.width, options_.reads}, options_.variant);
  const Value retained = retention(state.reads, controls.free_gates);
  state.usage = update_usage(state.usage, state.writes, retained);
  state.writes = write_weights(controls, state);
  if (options_.variant.deallocates) state.memory = multiply(state.memory, unsqueeze(retained, 2));
  state.memory = ntm_write(state.memory, state.writes, controls.erase, controls.added);
  state.links = update_links(state.links, state.precedence, state.writes);
  state.precedence = update_precedence(state.precedence, state.writes);
  state.reads = read_weights(controls, state, state.reads);
  const Value found = matmul(state.reads, state.memory);  // [B, R, D]
  return {state.all(), reshape(found, {0, read_width()})};
}

}  // namespace fovea
