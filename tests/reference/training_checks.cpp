#include "framework/train/gradients.h"
#include "framework/train/optimizer.h"
#include "tests/reference/checks.h"

namespace fovea::reference {
namespace {

// "gradients" [steps, P] applied one after another to "initial" [P]; y [steps, P] is what the values are after each.
Check optimizer(const std::string& text) {
  return [text](const Case& c, Outcome& outcome) {
    const auto plugin = Registry<Optimizer>::instance().parse(text).plugin;
    Options options;
    plugin->fields(options);
    for (const auto& [name, value] : c.numbers) {
      if (name != "lr") options.set(name, number_text(value));  // an attribute that we do not know fails
    }
    std::vector<Real> values = reals(c.in("initial"));
    const std::vector<Real> gradients = reals(c.in("gradients"));
    plugin->check();
    plugin->prepare(values.size());
    std::vector<Real> history;
    for (Extent step = 0; step < c.in("gradients").shape[0]; ++step) {
      const auto offset = static_cast<std::size_t>(step) * values.size();
      plugin->step(values, std::span<const Real>(gradients).subspan(offset, values.size()), c.number("lr"), step + 1);
      history.insert(history.end(), values.begin(), values.end());
    }
    outcome.compare("out/y", history, c.array("out/y"));
  };
}

// All gradients in one block, as a trainer keeps them.
void check_clipping(const Case& c, Outcome& outcome) {
  std::vector<Real> block;
  for (const std::string& name : c.names("in")) {
    const std::vector<Real> gradient = reals(c.in(name));
    block.insert(block.end(), gradient.begin(), gradient.end());
  }
  const double norm = norm_of(block);
  clip_norm(block, norm, c.number("max_norm"));
  const Real rounded = static_cast<Real>(norm);
  outcome.compare("out/norm", {&rounded, 1}, c.array("out/norm"));
  std::size_t offset = 0;
  for (const std::string& name : c.names("in")) {
    const std::size_t size = c.in(name).values.size();
    outcome.compare("out/" + name, std::span<const Real>(block).subspan(offset, size), c.array("out/" + name));
    offset += size;
  }
}

}  // namespace

void add_training_checks(std::map<std::string, Check>& checks) {
  for (const char* name : {"adagrad", "adam", "rmsprop", "sgd"}) {
    checks[std::string("optimizer/") + name] = optimizer(name);
  }
  // The decay is not among the attributes of the file; 0.1 is the one that its values were computed with.
  checks["optimizer/adamw"] = optimizer("adamw(weight_decay=0.1)");
  checks["optimizer/sgd_momentum"] = optimizer("sgd(momentum=0.9)");
  checks["optimizer/sgd_nesterov"] = optimizer("sgd(momentum=0.9, nesterov=true)");
  checks["clip_grad_norm"] = check_clipping;
}

}  // namespace fovea::reference
