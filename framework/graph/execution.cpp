#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>

#include "framework/core/arena.h"
#include "framework/core/error.h"
#include "framework/graph/frame.h"
#include "framework/graph/plan.h"

namespace fovea {

struct Execution::Impl {
  std::shared_ptr<const Plan> plan;
  Arena arena;
  OpContext context;
  std::map<int, std::vector<graph::Patch>> patches;
  graph::OpStates states;
  std::map<int, const void*> bound;
  std::map<int, Tensor> input_gradients;
  std::map<std::string, Counters> counters;  // by site path
  Counters elsewhere;
  std::function<ParameterMemory(const std::string&)> parameters;
  graph::Frame frame;
  bool is_bound = false;

  const graph::Level& level() const { return *plan->impl().level; }

  // The counters of the site that a node belongs to: the longest site path that leads to it.
  Counters* counters_of(const std::string& path) {
    Counters* found = &elsewhere;
    std::size_t longest = 0;
    for (auto& [site, counter] : counters) {
      if (site.size() >= longest && (site.empty() || path.starts_with(site + "/"))) {
        longest = site.size();
        found = &counter;
      }
    }
    return found;
  }

  void bind_all() {
    graph::FrameMemory memory;
    memory.kept = arena.data();
    memory.transient = arena.data() + level().kept_bytes;
    for (const auto& [name, id] : plan->impl().inputs) {
      memory.inputs[id] = {{nullptr, level().nodes[id].types[0]}, id, 0};
    }
    memory.input_gradients = input_gradients;
    patches.clear();
    graph::BindContext binding;
    binding.parameters = parameters;
    binding.context = &context;
    binding.patches = &patches;
    binding.states = &states;
    binding.counters = [this](const std::string& path) { return counters_of(path); };
    frame = graph::bind_frame(level(), memory, binding);
    for (const auto& [id, data] : bound) patch(id, data);
    is_bound = true;
  }

  void patch(int id, const void* data) {
    auto* bytes = static_cast<std::byte*>(const_cast<void*>(data));
    for (const graph::Patch& place : patches[id]) *place.data = bytes + place.offset;
  }

  void begin(const OpContext& now) {
    if (!is_bound) bind_all();
    for (const auto& [name, id] : plan->impl().inputs) {
      if (bound.count(id) == 0 && !patches[id].empty()) {
        throw Error(name, "an input of this name was expected to be bound; none came; call bind before forward.");
      }
    }
    context = now;
  }

  Tensor resolve(Slot slot) const {
    const graph::Ref ref = frame.value(slot);
    if (ref.input < 0) return ref.tensor;
    const auto found = bound.find(ref.input);
    Tensor tensor = ref.tensor;
    if (found != bound.end()) {
      tensor.data = static_cast<std::byte*>(const_cast<void*>(found->second)) + ref.offset;
    }
    return tensor;
  }
};

Execution::Execution(std::shared_ptr<const Plan> plan,
                     const std::function<ParameterMemory(const std::string& path)>& parameters)
    : impl_(std::make_unique<Impl>()) {
  impl_->plan = std::move(plan);
  impl_->parameters = parameters;
  impl_->arena = Arena(impl_->plan->arena_bytes());
  for (const SiteRecord& site : impl_->plan->graph().sites()) impl_->counters[site.path];
}

Execution::~Execution() = default;

const Plan& Execution::plan() const { return *impl_->plan; }

void Execution::bind(const std::string& input, const void* data) {
  const auto& inputs = impl_->plan->impl().inputs;
  const auto found = inputs.find(input);
  if (found == inputs.end()) {
    std::vector<std::string> names;
    names.reserve(inputs.size());
    for (const auto& [name, id] : inputs) names.push_back(name);
    throw Error("graph/input", unknown_name(input, names));
  }
  if (!impl_->is_bound) impl_->bind_all();
  const void*& current = impl_->bound[found->second];
  if (current == data) return;
  current = data;
  impl_->patch(found->second, data);
}

void Execution::want_input_gradient(const std::string& input, Real* gradient) {
  const auto found = impl_->plan->impl().inputs.find(input);
  const bool is_wanted = found != impl_->plan->impl().inputs.end() && impl_->level().nodes[found->second].needs_gradient;
  if (!is_wanted) {
    throw Error(input, "the plan was compiled without a gradient for this input; name it in `wanted` of Plan::compile.");
  }
  impl_->input_gradients[found->second] = {gradient, impl_->level().nodes[found->second].types[0]};
  impl_->is_bound = false;
}

void Execution::forward(const OpContext& context) {
  impl_->begin(context);
  graph::run_forward(impl_->frame, nullptr);
}

void Execution::clear_output_gradients() {
  if (!impl_->is_bound) impl_->bind_all();
  for (const Slot& seed : impl_->level().seeds) {
    const Tensor gradient = impl_->frame.gradient(seed);
    const graph::Home home = impl_->level().at(seed).gradients[seed.output].home;
    const bool is_own = home == graph::Home::kKept || home == graph::Home::kSame;
    if (gradient && is_own) std::memset(gradient.data, 0, gradient.bytes());
  }
  for (const Tensor& gradient : impl_->frame.seed_clears) std::memset(gradient.data, 0, gradient.bytes());
}

void Execution::backward(const OpContext& context) {
  impl_->begin(context);
  graph::run_backward(impl_->frame, nullptr);
}

Tensor Execution::output(const std::string& name) const { return value(impl_->plan->graph().output(name)); }

Tensor Execution::output_gradient(const std::string& name) {
  if (!impl_->is_bound) impl_->bind_all();
  return impl_->frame.gradient(impl_->plan->graph().output(name));
}

Tensor Execution::value(Slot slot) const {
  if (!impl_->is_bound) impl_->bind_all();
  return impl_->resolve(slot);
}

std::map<std::string, Counters> Execution::take_counters() {
  std::map<std::string, Counters> taken = impl_->counters;
  for (auto& [site, counter] : impl_->counters) counter = {};
  return taken;
}

namespace {

bool is_real(const Tensor& tensor) { return tensor && tensor.type.kind == Kind::kReal; }

/// Whether a number is NaN, or is infinite where that is not taken: without a branch, as nearly always none is.
bool has_bad(std::span<const Real> values, bool takes_infinity) {
  const Real most = takes_infinity ? std::numeric_limits<Real>::infinity() : std::numeric_limits<Real>::max();
  int bad = 0;
  for (const Real value : values) bad |= static_cast<int>(!(std::abs(value) <= most));
  return bad != 0;
}

class FiniteHunter final : public graph::Hunter {
 public:
  FiniteHunter(Execution::With with, Observer* observer)
      : observer_(observer),
        looks_at_choices_(with == Execution::With::kChoices),
        takes_infinity_(looks_at_choices_ || with == Execution::With::kNumbers) {}

  std::optional<NotFinite> found;

  bool inspect(const graph::BoundStep& step, const OpRun& run, bool is_backward) override {
    if (observer_ != nullptr && !is_backward) observer_->see(*step.node, run);
    if (looks_at_choices_ && std::any_of(run.out.begin(), run.out.end(), is_real)) return false;
    const auto tensors = looks_at_choices_ ? run.in : is_backward ? run.grad_in : run.out;
    for (const Tensor& tensor : tensors) {
      if (!is_real(tensor)) continue;
      const std::span<const Real> values(tensor.real(), static_cast<std::size_t>(tensor.size()));
      if (!has_bad(values, takes_infinity_)) continue;
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (!has_bad(values.subspan(i, 1), takes_infinity_)) continue;
        const Extent rows = tensor.shape().rank() == 0 ? 1 : tensor.shape()[0];
        found = NotFinite{step.node->path, is_backward ? "backward" : "forward", static_cast<int>(run.time),
                          static_cast<Extent>(i) / (tensor.size() / rows), static_cast<double>(values[i])};
        return true;
      }
    }
    return false;
  }

 private:
  Observer* observer_;
  bool looks_at_choices_;
  bool takes_infinity_;
};

}  // namespace

std::string NotFinite::text() const {
  return fmt::format("{} of '{}' (loop step {}, item {}) is {}", pass, path, time, item, value);
}

std::optional<NotFinite> Execution::hunt(const OpContext& context, With with, Observer* observer) {
  impl_->begin(context);
  FiniteHunter hunter(with, observer);
  if (!graph::run_forward(impl_->frame, &hunter) && with == With::kBackward) graph::run_backward(impl_->frame, &hunter);
  return hunter.found;
}

}  // namespace fovea
