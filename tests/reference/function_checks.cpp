#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "tests/reference/checks.h"

namespace fovea::reference {
namespace {

// A case with one input "x" and one output "y".
Check unary(Value (*function)(Value, At)) {
  return [function](const Case& c, Outcome& outcome) {
    check_graph(
        c,
        [&](Builder&, const Values& in, const Case&) -> Values {
          return {{"y", function(in.at("x"), At::here())}};
        },
        outcome);
  };
}

Check graph(const Build& build) {
  return [build](const Case& c, Outcome& outcome) { check_graph(c, build, outcome); };
}

// x with the axis of the case exchanged with the last one, where our functions work; the same again brings it back.
Value exchanged(const Case& c, Value x) {
  const int rank = x.shape().rank();
  const int axis = (static_cast<int>(c.number("axis")) + rank) % rank;
  std::vector<int> order;
  for (int i = 0; i < rank; ++i) order.push_back(i == axis ? rank - 1 : i == rank - 1 ? axis : i);
  return transpose(x, order);
}

Values recurrent_lstm(Builder&, const Values& in, const Case&) {
  const RecurrentWeights weights{in.at("weight_ih"), in.at("weight_hh"), in.at("bias_ih"), in.at("bias_hh")};
  const LstmStates states = lstm(transpose(in.at("x"), {1, 0, 2}), {in.at("h0"), in.at("c0")}, weights);
  return {{"y", transpose(states.states, {1, 0, 2})}, {"h", states.hidden}, {"c", states.cell}};
}

Values recurrent_gru(Builder&, const Values& in, const Case&) {
  const RecurrentWeights weights{in.at("weight_ih"), in.at("weight_hh"), in.at("bias_ih"), in.at("bias_hh")};
  const GruStates states = gru(transpose(in.at("x"), {1, 0, 2}), in.at("h0"), weights);
  return {{"y", transpose(states.states, {1, 0, 2})}, {"h", states.hidden}};
}

Value over_all(Value x) { return sum(sum_all_but_first(x), 0); }

void add_activation_checks(std::map<std::string, Check>& checks) {
  checks["activation/gelu"] = unary(gelu);
  checks["activation/relu"] = unary(relu);
  checks["activation/sigmoid"] = unary(sigmoid);
  checks["activation/silu"] = unary(silu);
  checks["activation/softplus"] = unary(softplus);
  checks["activation/tanh"] = unary(tanh);
}

void add_normalising_checks(std::map<std::string, Check>& checks) {
  checks["softmax"] = graph([](Builder&, const Values& in, const Case& c) -> Values {
    return {{"y", exchanged(c, softmax(exchanged(c, in.at("x"))))}};
  });
  checks["log_softmax"] = graph([](Builder&, const Values& in, const Case& c) -> Values {
    return {{"y", exchanged(c, log_softmax(exchanged(c, in.at("x"))))}};
  });
  checks["masked_softmax"] = graph([](Builder&, const Values& in, const Case& c) -> Values {
    return {{"y", exchanged(c, masked_softmax(exchanged(c, in.at("x")), exchanged(c, in.at("mask"))))}};
  });
  checks["layer_norm"] = graph([](Builder&, const Values& in, const Case& c) -> Values {
    return {{"y", layer_norm(in.at("x"), in.at("weight"), in.at("bias"), c.number("epsilon"))}};
  });
}

void add_layer_checks(std::map<std::string, Check>& checks) {
  checks["linear"] = graph([](Builder&, const Values& in, const Case&) -> Values {
    return {{"y", linear(in.at("x"), in.at("weight"), in.at("bias"))}};
  });
  checks["embedding"] = graph([](Builder&, const Values& in, const Case&) -> Values {
    return {{"y", embedding(in.at("indices"), in.at("weight"))}};
  });
  checks["recurrent/lstm"] = graph(recurrent_lstm);
  checks["recurrent/gru"] = graph(recurrent_gru);
}

// Losses of a case are means over its rows.
void expect_mean(const Case& c) {
  const auto found = c.texts.find("reduction");
  if (found == c.texts.end() || found->second != "mean") throw Error(c.file, "the reduction 'mean' was expected.");
}

void add_loss_checks(std::map<std::string, Check>& checks) {
  checks["loss/cross_entropy"] = graph([](Builder&, const Values& in, const Case& c) -> Values {
    expect_mean(c);
    return {{"y", mean(cross_entropy(in.at("logits"), in.at("target")), 0)}};
  });
  checks["loss/mse"] = graph([](Builder&, const Values& in, const Case& c) -> Values {
    expect_mean(c);
    return {{"y", mean(mse(in.at("prediction"), in.at("target")), 0)}};
  });
  checks["estimator/exact"] = graph([](Builder&, const Values& in, const Case&) -> Values {
    return {{"y", over_all(multiply(softmax(in.at("scores")), in.at("value")))}};
  });
  checks["estimator/reinforce"] = graph([](Builder&, const Values& in, const Case&) -> Values {
    const Value advantages = subtract(in.at("reward"), in.at("baseline"));
    return {{"y", mean(multiply(advantages, cross_entropy(in.at("scores"), in.at("action"))), 0)}};
  });
}

}  // namespace

void add_function_checks(std::map<std::string, Check>& checks) {
  add_activation_checks(checks);
  add_normalising_checks(checks);
  add_layer_checks(checks);
  add_loss_checks(checks);
}

}  // namespace fovea::reference
