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

// l_kj = (1 - j / J) - (k / d) (1 - 2 j / J), j and k from 1 (Sukhbaatar et al. 2015, arXiv:1503.08895).
Values position_encoding(Builder& b, const Values& in, const Case&) {
  const Extent words = in.at("indices").shape().last();
  const Extent width = in.at("weight").shape().last();
  std::vector<Real> factors;
  for (Extent j = 1; j <= words; ++j) {
    for (Extent k = 1; k <= width; ++k) {
      const double place = static_cast<double>(j) / static_cast<double>(words);
      const double part = static_cast<double>(k) / static_cast<double>(width);
      factors.push_back(static_cast<Real>((1 - place) - part * (1 - 2 * place)));
    }
  }
  const Value encoding = b.constant("encoding", {words, width}, factors);
  return {{"y", sum(multiply(embedding(in.at("indices"), in.at("weight")), encoding), -2)}};
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
  checks["sentence/bag_of_words"] = graph([](Builder&, const Values& in, const Case&) -> Values {
    return {{"y", sum(embedding(in.at("indices"), in.at("weight")), -2)}};
  });
  checks["sentence/position_encoding"] = graph(position_encoding);
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
