// Data of the user's own, by the model that its tensors are for.

#include <map>

#include "framework/attention/site/site.h"
#include "framework/core/text.h"
#include "framework/graph/functions.h"
#include "framework/train/training.h"
#include "modules/layers/linear.h"
#include "modules/pointer/pointer_network.h"
#include "modules/seq2seq/encoder_decoder.h"
#include "modules/transformer/positions.h"
#include "modules/transformer/token_recall.h"
#include "tasks/data/sources.h"

namespace fovea {
namespace {

constexpr const char* kName = "own_data";

struct OwnOptions {
  std::string model = "auto";
  Extent hidden = 64;
  std::string site{};  // empty: that of the model
  std::string encoder = "set";
  Extent layers = 2;
  Extent hops = 2;
  Extent patch = 4;
  Extent words = 0;
  std::map<std::string, Extent> known{};  // how many texts the task has for the numbers of a tensor
  InputTypes made{};                      // the tensors of an item: to answer one, its target need not be given

  std::string site_or(const char* usual) const { return site.empty() ? usual : site; }
};

/// How many words or classes the numbers of a tensor stand for.
Extent words_of(const OwnOptions& options, const std::string& tensor) {
  const auto found = options.known.find(tensor);
  if (found != options.known.end()) return found->second;
  if (options.words > 0) return options.words;
  throw Error(kName, "a task that lists what the numbers of '" + tensor +
                         "' mean was expected; this one does not; set words "
                         "to how many there are.");
}

void seq2seq_model(Builder& b, const InputTypes& inputs, const OwnOptions& options) {
  EncoderDecoderOptions model;
  model.source_words = words_of(options, "source");
  model.encoder_hidden = options.hidden;
  model.decoder.words = words_of(options, "targets");
  model.decoder.outputs = options.made.at("targets").shape[1];
  model.decoder.hidden = options.hidden;
  model.decoder.site = options.site_or("additive | dense | softmax | none");
  encoder_decoder(b, inputs, model);
}

void pointer_model(Builder& b, const InputTypes& inputs, const OwnOptions& options) {
  PointerOptions model;
  model.hidden = options.hidden;
  model.encoder = options.encoder;
  model.site = options.site_or("additive | dense | softmax | none");
  pointer_network(b, inputs, model);
}

void transformer_model(Builder& b, const InputTypes& inputs, const OwnOptions& options) {
  TokenRecallOptions model;
  model.vocabulary = words_of(options, "tokens");
  model.width = options.hidden;
  model.hidden = 2 * options.hidden;
  model.layers = options.layers;
  model.positions = "sinusoid";  // any length
  model.deviation = 0.1;
  model.weight_deviation = 0.1;
  model.site = options.site_or("scaled_dot | causal | softmax | none");
  token_recall(model)(b, inputs);
}

/// An image [B, H, W] in squares of `patch` pixels each way, row by row: [B, H W / patch^2, patch^2].
Value patches_of(Value image, Extent patch) {
  const Extent height = image.shape()[1];
  const Extent width = image.shape()[2];
  if (height % patch != 0 || width % patch != 0) {
    throw Error(kName, "a patch that divides the sides of an image was expected, " + std::to_string(width) + " x " +
                           std::to_string(height) + " pixels; it is " + std::to_string(patch) + "; set another one.");
  }
  const Value cut = reshape(image, {0, height / patch, patch, width / patch, patch});
  return reshape(transpose(cut, {0, 1, 3, 2, 4}), {0, height * width / (patch * patch), patch * patch});
}

void glimpse_model(Builder& b, const InputTypes& inputs, const OwnOptions& options) {
  const Value patches = patches_of(b.input("image", inputs.at("image")), options.patch);
  Value items;
  {
    const auto scope = b.scope("encoder");
    const Value seen =
        linear_layer(b, "second", relu(linear_layer(b, "first", patches, 2 * options.hidden)), options.hidden);
    items = relu(add_positions(seen, b.parameter("places", {patches.shape()[1], options.hidden}, Init::normal(0.5))));
  }
  seq2seq::DecoderOptions decoder;
  decoder.words = words_of(options, "targets");
  decoder.outputs = options.made.at("targets").shape[1];
  decoder.hidden = options.hidden;
  decoder.site = options.site_or("additive(width=64) | dense | softmax | none");
  const seq2seq::Memory memory{.items = items, .mask = {}, .summary = mean(items, 1), .right = {}};
  if (b.mode() == Mode::kEvaluate) return seq2seq::decode_greedily(b, memory, decoder);
  seq2seq::teach(b, memory, b.input("targets", inputs.at("targets")), decoder);
}

/// What is read of the items in a few hops: e_n = tanh(W x_n * a_n + c_n) with vectors a_n, c_n of the place, as columns of
/// a table have them (Gorishniy et al. 2021, arXiv:2106.11959); q_h = tanh(V [q_(h-1), read of e for q_(h-1)]), q_0 learned.
Value read_items(Builder& b, Value items, const OwnOptions& options) {
  const Extent hidden = options.hidden;
  const Shape places{items.shape()[1], hidden};
  const Value own = multiply(linear_layer(b, "item", items, hidden), b.parameter("factors", places, Init::normal(1)));
  const Value seen = tanh(add(own, b.parameter("places", places, Init::normal(0.5))));
  Value query = expand_rows(b.parameter("query", {hidden}, Init::normal(0.1)), items);
  for (Extent hop = 1; hop <= options.hops; ++hop) {
    const auto scope = b.scope("hop_" + std::to_string(hop));
    Site site(b, options.site_or("scaled_dot | dense | softmax | none"), hidden, hidden);
    const Attended attended =
        site.attend({.queries = unsqueeze(query, 1), .prepared_keys = site.prepare_keys(seen), .values = seen});
    query = tanh(linear_layer(b, "next", concat({query, squeeze(attended.read, 1)}, 1), hidden));
  }
  return query;
}

void attend_model(Builder& b, const InputTypes& inputs, const OwnOptions& options) {
  const Type& type = options.made.at("target");
  const bool has_classes = type.kind == Kind::kIndex;
  const Extent outputs = has_classes ? words_of(options, "target") : type.shape.last();
  const Value read = read_items(b, b.input("items", inputs.at("items")), options);
  const Value told = linear_layer(b, "output", read, outputs);
  if (b.mode() == Mode::kEvaluate) return b.output(has_classes ? "answer" : "prediction", has_classes ? argmax(told) : told);
  const Value target = b.input("target", inputs.at("target"));
  b.output("cost", has_classes ? cross_entropy(told, target) : mse(told, target));
  if (has_classes) b.metric("accuracy", equal(argmax(told), target));
}

using Build = void (*)(Builder&, const InputTypes&, const OwnOptions&);
struct ModelKind {
  const char* name;
  std::vector<std::string> tensors;
  Build build;
};

/// The models, and the tensors that tell which one a task is for.
const std::vector<ModelKind>& kinds() {
  static const std::vector<ModelKind> kinds{{"seq2seq", {"source", "targets"}, seq2seq_model},
                                            {"transformer", {"tokens", "places", "targets"}, transformer_model},
                                            {"pointer", {"items", "targets"}, pointer_model},
                                            {"glimpse", {"image", "targets"}, glimpse_model},
                                            {"attend", {"items", "target"}, attend_model}};
  return kinds;
}

/// The model that is asked for, or that the tensors are for.
Build model_for(const OwnOptions& options) {
  for (const ModelKind& kind : kinds()) {
    const bool fits = std::all_of(kind.tensors.begin(), kind.tensors.end(),
                                  [&](const std::string& name) { return options.made.contains(name); });
    if (fits && (options.model == kind.name || options.model == "auto")) return kind.build;
  }
  std::string names;
  for (const auto& [name, type] : options.made) names += (names.empty() ? "" : ", ") + printable(name);
  std::string wanted;
  for (const ModelKind& kind : kinds()) {
    if (options.model != kind.name && options.model != "auto") continue;
    wanted += (wanted.empty() ? "" : "; or ") + std::string(kind.name) + " with ";
    for (const std::string& name : kind.tensors) wanted += (name == kind.tensors.front() ? "" : ", ") + name;
  }
  throw Error(kName, "a task with the tensors of a model was expected: " + wanted + "; this one makes " + names +
                         "; choose another task or model, or name its tensors so.");
}

class OwnData final : public Experiment {
 public:
  void fields(Options& options) override {
    options.add("task", task_,
                "what is learned: pairs_file, labelled_text, points_file, table_file, images, dataset or another");
    options.add("model", model_.model, "auto: the one that the tensors of the task are for",
                {"auto", "seq2seq", "transformer", "pointer", "glimpse", "attend"});
    options.add("hidden", model_.hidden, "width of the states of the model, >= 1", {.low = 1});
    options.add("site", model_.site, "of the attention: scorer | pattern | selector | estimator; empty: that of the model");
    options.add("encoder", model_.encoder, "pointer: how items are read, as a set or one after another", {"set", "lstm"});
    options.add("layers", model_.layers, "transformer: attention layers, >= 1", {.low = 1});
    options.add("hops", model_.hops, "attend: how often the items are read, >= 1", {.low = 1});
    options.add("patch", model_.patch, "glimpse: pixels of a region, each way, >= 1", {.low = 1});
    options.add("words", model_.words, "words or classes, where the task does not list them, >= 0", {.low = 0});
  }

  std::vector<RunSpec> runs() const override {
    RunSpec run;
    run.task = task_;
    run.train.steps = 1000;
    run.train.batch = 64;
    run.train.shard_rows = 32;
    run.train.learning_rate = 3e-3;
    run.train.schedule = "warmup(50) * cosine(to=0.01)";
    run.train.clip_norm = 1.0;
    run.train.evaluate_every = 250;
    const std::shared_ptr<Task> task = make_task(task_);
    // Each item once: what is listed is not drawn.
    if (const auto* listed = dynamic_cast<const data::ListedTask*>(task.get())) {
      run.train.validation_rows = listed->count(Split::kValidation);
      run.train.test_rows = listed->count(Split::kTest);
    }
    OwnOptions options = model_;
    const Meanings meanings = task->meanings();
    for (const TensorMeaning& one : meanings.tensors) {
      const auto texts = meanings.labels.find(one.labels);
      if (texts != meanings.labels.end()) options.known[one.name] = static_cast<Extent>(texts->second.size());
    }
    Batch item(1);
    fill_batch(*task, Split::kTrain, {}, item);
    options.made = item.types();
    // The task stays with the model, so that its files are read once.
    run.model = [options, task, build = model_for(options)](Builder& b, const InputTypes& inputs) {
      build(b, inputs, options);
    };
    return {run};
  }

 private:
  std::string task_ = "sort_numbers(n=8)";
  OwnOptions model_;
};

FOVEA_EXPERIMENT("own_data", OwnData, R"doc(
What does a model with attention learn from data of your own, and where does it look?

Question  A task reads files of yours: pairs of texts (pairs_file), texts with labels (labelled_text), points with an order
          (points_file), a table (table_file), images with labels (images), or arrays (dataset). The tensors that it makes
          say which model learns it: an encoder-decoder reads source, a transformer tokens, a pointer network items with
          targets, a decoder that glimpses at patches an image, and a few hops of attention items with a target.
Command   fovea run own_data task="pairs_file(path=pairs.tsv)"
          fovea run own_data task="table_file(path=leaves.csv, target=kind)" site="scaled_dot | dense | top_k(2) | none"
          fovea run own_data
Expect    less than a minute of training on 2 cores for short items. Without a task of yours, eight numbers are sorted: 99 %
          of the rows exactly.
Options   docs/own_data.md has a file and a command for each task.
Source    the models: Bahdanau et al. 2015, arXiv:1409.0473; Vaswani et al. 2017, arXiv:1706.03762; Vinyals et al. 2015,
          arXiv:1506.03134; Xu et al. 2015, arXiv:1502.03044; Sukhbaatar et al. 2015, arXiv:1503.08895 (hops).
)doc");

}  // namespace
}  // namespace fovea
