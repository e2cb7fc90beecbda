// The experiment `auction`: does a choice that was learned on short rows hold for long ones?

#include "framework/attention/site/site.h"
#include "framework/experiment.h"
#include "modules/layers/linear.h"

namespace fovea {
namespace {

struct ModelOptions {
  Extent bidders = 8;
  Extent width = 16;
  std::string site;
};

void build(Builder& b, const InputTypes& inputs, const ModelOptions& options) {
  const Value bids = unsqueeze(b.input("bids", inputs.at("bids")), 2);  // [B, N, 1]
  const Value table = b.parameter("names", {options.bidders, options.width}, Init::normal(1));
  const Value bidders = embedding(b.input("bidders", inputs.at("bidders")), table);                   // [B, N, D]
  const Value items = relu(linear_layer(b, "item", concat({bidders, bids}, 2), options.width));       // [B, N, D]
  const Value query = expand_rows(b.parameter("query", {1, options.width}, Init::normal(1)), items);  // [B, 1, D]
  Value right;  // only for the results: which item should be chosen
  if (b.mode() == Mode::kEvaluate) right = unsqueeze(b.input("place", inputs.at("place")), 1);

  Value read;
  {
    const auto scope = b.scope("auctioneer");
    Site site(b, options.site, options.width, options.width);
    const Value keys = site.prepare_keys(items);
    const Attended attended = site.attend({.queries = query, .prepared_keys = keys, .values = bidders, .right = right});
    read = squeeze(attended.read, 1);  // [B, D]
  }
  const Value scores = linear_layer(b, "answer", read, options.bidders);  // [B, V]
  if (b.mode() == Mode::kEvaluate) {
    b.output("answer", argmax(scores));
    return;
  }
  const Value winner = b.input("winner", inputs.at("winner"));
  b.output("cost", cross_entropy(scores, winner));
  b.metric("accuracy", equal(argmax(scores), winner));
}

class Auction final : public Experiment {
 public:
  void fields(Options& options) override {
    options.add("bids", bids_, "bids in an auction in training, >= 1", {.low = 1});
    options.add("bidders", model_.bidders, "people who may bid, >= 2", {.low = 2});
    options.add("width", model_.width, "width of every layer, >= 1", {.low = 1});
    options.add("lengths", lengths_, "bids to evaluate on without retraining", {.low = 1});
  }

  std::vector<RunSpec> runs() const override {
    return {run_of("soft", "scaled_dot | dense | softmax | none"), run_of("few", "scaled_dot | dense | top_k(4) | none")};
  }

 private:
  std::string task_of(Extent bids) const {
    return "highest_bid(bids=" + std::to_string(bids) + ", bidders=" + std::to_string(model_.bidders) + ")";
  }

  RunSpec run_of(const std::string& name, const std::string& site) const {
    ModelOptions model = model_;
    model.site = site;
    RunSpec run;
    run.name = name;
    run.task = task_of(bids_);
    run.model = [model](Builder& b, const InputTypes& inputs) { build(b, inputs, model); };
    run.train.steps = 3000;
    run.train.learning_rate = 1e-2;
    run.train.schedule = "cosine(to=0.01)";
    run.train.test_rows = 2000;
    for (const Extent bids : lengths_) run.evaluations.push_back({"N=" + std::to_string(bids), task_of(bids), 2000});
    return run;
  }

  Extent bids_ = 16;
  std::vector<Extent> lengths_{16, 64, 256, 1024};
  ModelOptions model_;
};

FOVEA_EXPERIMENT("auction", Auction, R"doc(
Does a choice that was learned on short rows hold for long ones?

Question  A model reads N bids through one site and says who made the highest. It learns on 16 bids. The same model with
          softmax, where every item has a weight, and with top_k, where all but the best 4 have none, is then asked about up
          to 1,024.
Command   fovea run auction --seeds 3 --plugin build/libauction.so
Expect    both nearly always right on 16 bids; the longer the row, the more softmax mixes in what is not asked for.
Source    Velickovic et al. 2024, arXiv:2410.01104, who ask the same of softmax.
)doc");

}  // namespace
}  // namespace fovea
