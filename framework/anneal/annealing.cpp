#include "framework/anneal/annealing.h"

#include <algorithm>
#include <cmath>

#include "framework/core/text.h"
#include "framework/core/whole.h"
#include "framework/graph/functions.h"

namespace fovea {
namespace {

const Options::Field* field_of(const Options& options, std::string_view name) {
  const auto found = std::find_if(options.fields().begin(), options.fields().end(),
                                  [&](const Options::Field& field) { return field.name == name; });
  return found == options.fields().end() ? nullptr : &*found;
}

/// The number that an option holds; null where the option is not a number.
const Annealed::Target* target_of(const Options::Field* field, Annealed::Target& target) {
  if (field == nullptr) return nullptr;
  if (auto* const* number = std::get_if<double*>(&field->target)) {
    target = *number;
  } else if (auto* const* whole = std::get_if<Extent*>(&field->target)) {
    target = *whole;
  } else {
    return nullptr;
  }
  return &target;
}

/// One end of the range of an annealing, as text for its target: whole numbers are written out.
std::string end_text(double end, const Annealed::Target& target) {
  const bool is_whole = std::holds_alternative<Extent*>(target) && std::trunc(end) == end;
  return is_whole ? std::to_string(nearest_whole(end)) : number_text(end);
}

/// The value of a graph's number, as it is when the plan runs.
class NumberOp final : public Op {
 public:
  explicit NumberOp(std::shared_ptr<const double> number) : number_(std::move(number)) {}
  std::string_view name() const override { return "number"; }
  std::vector<Type> infer(std::span<const Type> /*in*/) const override { return {{{1}, Kind::kReal}}; }
  void forward(const OpRun& run) const override { run.out[0].real()[0] = static_cast<Real>(*number_); }
  bool is_differentiable() const override { return false; }

 private:
  std::shared_ptr<const double> number_;
};

}  // namespace

template <>
Registry<Annealing>& Registry<Annealing>::instance() {
  static Registry<Annealing> registry;
  return registry;
}

AnnealedProduct::AnnealedProduct(std::string_view text) {
  for (const std::string_view factor : split_outside(text, '*')) {
    Made<Annealing> made = Registry<Annealing>::instance().parse(factor);
    text_ += (text_.empty() ? "" : " * ") + made.text;
    factors_.push_back(std::move(made.plugin));
  }
}

double AnnealedProduct::value(Extent step, Extent steps) const {
  double product = 1;
  for (const auto& factor : factors_) product *= factor->value(step, steps);
  return product;
}

bool AnnealedProduct::needs_metric() const {
  return std::any_of(factors_.begin(), factors_.end(), [](const auto& factor) { return factor->needs_metric(); });
}

void AnnealedProduct::observe(double metric) {
  for (const auto& factor : factors_) factor->observe(metric);
}

std::vector<std::span<double>> AnnealedProduct::state() {
  std::vector<std::span<double>> state;
  for (const auto& factor : factors_) state.push_back(factor->state());
  return state;
}

bool is_annealing(std::string_view text) { return text.find('(') != std::string_view::npos; }

Annealed::Annealed(std::string name, std::string_view text, Target target, std::shared_ptr<const void> owner)
    : name_(std::move(name)), target_(target), owner_(std::move(owner)) {
  Made<Annealing> made = Registry<Annealing>::instance().parse(text);
  text_ = std::move(made.text);
  annealing_ = std::move(made.plugin);
}

void Annealed::store(double value) {
  if (auto* const* number = std::get_if<double*>(&target_)) {
    **number = value;
  } else {
    *std::get<Extent*>(target_) = nearest_whole(value);
  }
}

double Annealed::value() const {
  if (auto* const* number = std::get_if<double*>(&target_)) return **number;
  return static_cast<double>(*std::get<Extent*>(target_));
}

AnnealedCall apply_annealed(const Call& call, Options& options, const std::shared_ptr<const void>& owner) {
  AnnealedCall result;
  Call plain{call.name, {}};
  for (Call::Argument& argument : named_arguments(call, options)) {
    Annealed::Target target;
    if (is_annealing(argument.value) && target_of(field_of(options, argument.name), target) != nullptr) {
      auto number = std::make_shared<Annealed>(argument.name, argument.value, target, owner);
      const Bounds range = number->annealing().range();
      for (const double end : {range.low, range.high}) {
        options.set(argument.name, end_text(end, target));  // within bounds
      }
      result.numbers.push_back(std::move(number));
    } else {
      plain.arguments.push_back(std::move(argument));
    }
  }
  apply(plain, options);
  for (const auto& number : result.numbers) number->set(0, 1);
  const auto values = options.values();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto same = [&](const auto& number) { return number->name() == values[i].first; };
    const auto found = std::find_if(result.numbers.begin(), result.numbers.end(), same);
    result.text += (i == 0 ? "(" : ", ") + values[i].first + "=" +
                   (found == result.numbers.end() ? option_word(values[i].second) : (*found)->text());
  }
  result.text = call.name + (values.empty() ? "" : result.text + ")");
  return result;
}

std::vector<Call> extremes(const Call& call, const Options& options) {
  std::vector<Call> calls{{call.name, {}}};
  for (const Call::Argument& argument : named_arguments(call, options)) {
    std::vector<std::string> ends{argument.value};
    Annealed::Target target;
    if (is_annealing(argument.value) && target_of(field_of(options, argument.name), target) != nullptr) {
      const Bounds range = Registry<Annealing>::instance().parse(argument.value).plugin->range();
      ends = {end_text(range.low, target), end_text(range.high, target)};
    }
    std::vector<Call> longer;
    for (const Call& one : calls) {
      for (const std::string& end : ends) {
        longer.push_back(one);
        longer.back().arguments.push_back({argument.name, end});
      }
    }
    calls = std::move(longer);
  }
  return calls;
}

Value annealed_number(Builder& builder, const std::string& name, const std::string& text, Bounds bounds) {
  auto number = std::make_shared<double>(0);
  Options options;
  options.add(name, *number, "a number, or an annealing such as linear(from=1, to=0)", bounds);
  const AnnealedCall call = apply_annealed({name, {{name, text}}}, options, number);
  if (call.numbers.empty()) return builder.constant(name, {1}, std::vector<Real>{static_cast<Real>(*number)});
  builder.register_annealed(call.numbers.front(), name);
  return builder.add(std::make_shared<NumberOp>(number), {}, name);
}

}  // namespace fovea
