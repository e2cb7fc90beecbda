#include "modules/memory/sparse/sam_memory.h"

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "modules/layers/linear.h"
#include "modules/memory/large/large_read.h"
#include "modules/memory/large/slot_index.h"

namespace fovea {
namespace {

SparseAccess access_of(const SamOptions& options, const std::string& site, Mode mode) {
  const MemoryRead read = memory_read_of(site, options.width, mode);
  if (!read.is_cosine || read.least > 0) {
    throw Error("sam",
                "a site \"cosine | dense | top_k(k) | none\" was expected; '" + site + "' came; use a cosine and top_k.");
  }
  static_cast<void>(Registry<SlotIndex>::instance().parse(options.index).plugin);  // an unknown one is refused now
  SparseAccess access;
  access.slots = options.slots;
  access.kept = read.kept;
  access.rule = {static_cast<Real>(read.factor), true, static_cast<Real>(read.epsilon)};
  access.least_access = options.least_access;
  access.index = options.index;
  access.start = options.start == "zero" ? MemoryStart::kZero : MemoryStart::kNormal;
  return access;
}

}  // namespace

void SamOptions::fields(Options& options) {
  options.add("sam_slots", slots, "words of the memory, >= 1", {.low = 1});
  options.add("sam_width", width, "width of a word, >= 1", {.low = 1});
  options.add("sam_heads", heads, "heads, each of which writes and reads, >= 1", {.low = 1});
  options.add("site", site, "how words are read: cosine, dense, top_k, none");
  options.add("sam_index", index, "how words are found: exact, lists, hnsw, with options");
  options.add("least_access", least_access, "a weight above it is an access, in [0, 1]", {.low = 0, .high = 1});
  options.add("sam_start", start, "initial words", {"zero", "normal"});
}

SamMemory::SamMemory(Builder& builder, const SamOptions& options, At /*at*/) : builder_(builder), options_(options) {
  const auto scope = builder.scope("read");
  site_ = builder.site_text(options.site);
  access_ = access_of(options, site_, builder.mode());
}

std::vector<Value> SamMemory::start(Value like) {
  const Value weights = zeros_like_rows(like, {options_.heads, access_.kept});
  return {weights, full_index(weights, 3, -1)};
}

Extent SamMemory::read_width() const { return options_.heads * options_.width; }

ControlledMemory::Step SamMemory::step(Value control, const std::vector<Value>& state) {
  const Extent heads = options_.heads;
  const Extent width = options_.width;
  const Value told = linear_layer(builder_, "interface", control, heads * (2 * width + 3));
  Extent next = 0;
  const auto vectors = [&] {
    next += heads * width;
    return reshape(slice(told, 1, next - heads * width, next), {0, heads, width});
  };
  const auto numbers = [&] {
    next += heads;
    return slice(told, 1, next - heads, next);
  };
  const Value query = vectors();
  const Value added = vectors();
  const Value sharpness = add_scalar(softplus(numbers()), 1);
  const Value write_gate = sigmoid(numbers());
  const Value reuse = sigmoid(numbers());
  Builder& body = control.builder();
  const auto scope = body.scope("read");
  const std::vector<Value> done =
      body.add_all(make_sparse_access(access_), {query, added, sharpness, write_gate, reuse, state[0], state[1]}, "");
  body.register_site(site_, {});
  return {{done[1], done[2]}, reshape(done[0], {0, read_width()})};
}

}  // namespace fovea
