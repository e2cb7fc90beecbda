#include "modules/pointer/encoder.h"

#include "framework/attention/site/site.h"
#include "framework/graph/functions.h"
#include "modules/layers/linear.h"
#include "modules/recurrent/lstm.h"

namespace fovea::pointer {
namespace {

/// items [B, N, D] -> [B, N, H], each item through the same layers; no layers: the items themselves.
Value embed(Builder& b, Value items, const PointerOptions& options) {
  const auto scope = b.scope("embedding");
  Value embedded = items;
  for (Extent layer = 0; layer < options.item_layers; ++layer) {
    if (layer > 0) embedded = tanh(embedded);
    embedded = linear_layer(b, "layer_" + std::to_string(layer + 1), embedded, options.hidden);
  }
  return embedded;
}

// The encoder of Vinyals et al. 2015: the states of an LSTM over the items are the memory, its last state starts the
// decoder.
Encoded encode_sequence(Builder& b, Value items, const PointerOptions& options) {
  const Lstm lstm(b, "lstm", items.shape().last(), options.hidden);
  const Lstm::Result read = lstm.run(transpose(items, {1, 0, 2}));
  return {items, transpose(read.states, {1, 0, 2}), read.hidden, read.cell};
}

// The read and process blocks of Vinyals et al. 2016: an LSTM without external input asks the memory a few times,
//   q_t = LSTM(r_{t-1}),  r_t = softmax(q_t . m) m,
// and the decoder starts from layers of the last [q, r].
Encoded encode_set(Builder& b, Value items, const PointerOptions& options) {
  const Extent width = items.shape().last();
  Value hidden = expand_rows(b.parameter("query", {options.hidden}, Init::uniform(0.08)), items);
  Value cell = zeros_like_rows(items, {options.hidden});
  Value read = mean(items, 1);
  if (options.process_steps > 0) {
    const auto scope = b.scope("process");
    const Lstm lstm(b, "lstm", width, options.hidden);
    Site site(b, "bilinear | dense | softmax | none", options.hidden, width);
    const Value keys = site.prepare_keys(items);
    for (Extent step = 0; step < options.process_steps; ++step) {
      const Lstm::State state = lstm.step(read, {hidden, cell});
      hidden = state.hidden;
      cell = state.cell;
      const Attended attended = site.attend({unsqueeze(hidden, 1), keys, items, {}});
      read = squeeze(attended.read, 1);
    }
  }
  const Value both = concat({hidden, read}, 1);
  const Value first = tanh(linear_layer(b, "first_hidden", both, options.hidden));
  return {items, items, first, linear_layer(b, "first_cell", both, options.hidden)};
}

}  // namespace

Encoded encode(Builder& b, Value items, const PointerOptions& options) {
  const Value embedded = embed(b, items, options);
  const auto scope = b.scope("encoder");
  return options.encoder == "lstm" ? encode_sequence(b, embedded, options) : encode_set(b, embedded, options);
}

}  // namespace fovea::pointer
