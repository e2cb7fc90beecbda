#include "framework/settings.h"

namespace fovea {

namespace {
constexpr double kMaxSteps = 4294967295.0;  // random numbers are keyed by a step of 32 bits
constexpr double kMaxRows = 1048576.0;
constexpr double kMaxSeed = 9007199254740991.0;
}  // namespace

void TrainSettings::fields(Options& options) {
  options.add("steps", steps, "training steps, >= 0", {.low = 0, .high = kMaxSteps});
  options.add("batch", batch, "items of a training step, >= 1", {.low = 1, .high = kMaxRows});
  options.add("shard_rows", shard_rows, "items of a shard; fixes the order of sums, >= 1", {.low = 1, .high = kMaxRows});
  options.add("optimizer", optimizer, "optimizer and its options, such as adam(beta1=0.9)");
  options.add("learning_rate", learning_rate, "step size before the schedule, >= 0", {.low = 0});
  options.add("schedule", schedule, "factors of the learning rate, such as warmup(100) * cosine(to=0.1)");
  options.add("clip_norm", clip_norm, "largest norm of the gradient, >= 0; 0: no clipping", {.low = 0});
  options.add("gradient_noise", gradient_noise,
              "deviation of noise at the first step, falling as (1 + step)^-0.55, >= 0; 0: none", {.low = 0});
  options.add("evaluate_every", evaluate_every,
              "steps between evaluations on the validation split, >= 0; 0: only at the end", {.low = 0});
  options.add("checkpoint_every", checkpoint_every,
              "steps between checkpoints, >= 0; 0: at evaluations and every 30 seconds", {.low = 0});
  options.add("log_every", log_every, "steps between rows of the training table, >= 1", {.low = 1});
  options.add("validation_rows", validation_rows, "items of an evaluation on the validation split, >= 0; 0: none",
              {.low = 0});
  options.add("test_rows", test_rows, "items of the evaluation on the test split, >= 0; 0: none", {.low = 0});
  options.add("evaluation_batch", evaluation_batch, "items of a batch of an evaluation, >= 1", {.low = 1, .high = kMaxRows});
  options.add("patience", patience,
              "evaluations without a better main metric that end the training, >= 0; 0: never; above 0, a run ends with the "
              "parameters of its best evaluation",
              {.low = 0});
  options.add("seed", seed, "seed of every random number, >= 0", {.low = 0, .high = kMaxSeed});
  options.add("sample_rows", sample_rows,
              "evaluation items whose selections and predictions are kept, >= 0; fewer of those that take more than 4 MiB",
              {.low = 0, .high = kMaxRows});
  options.add("from", from,
              "a run, a results file or weights.safetensors that the parameters start from; empty: drawn anew");
  options.add("from_only", from_only,
              "patterns of the paths that are taken from there, such as \"encoder/* head/*\"; empty: all");
  options.add("rename", rename, "what paths begin with there and here, such as \"a/=b/\", several by spaces");
  options.add("freeze", freeze, "patterns of the paths of parameters that do not move, such as \"embedding/*\"");
  options.add("objective", objective,
              "sum of outputs to minimise, such as \"cost + 0.1 * metric/penalty\"; empty: the cost of the model");
  options.add("label_smoothing", label_smoothing, "share of each target that goes to all classes alike, 0 to below 1",
              {.low = 0, .high = 0.999});
  options.add("parameter_dropout", parameter_dropout,
              "shares of parameters that a training step sets to 0, by path, such as \"encoder/*=0.1\"");
  options.add("parameter_decay", parameter_decay,
              "weight decay of parameters by path, such as \"*/weight*=0.01\", taken off beside the optimizer");
  options.add("average", average,
              "mean of the parameters over steps, evaluated and kept: none, ema(decay=0.999), swa(from=0.75, every=1)");
  options.add("keep", keep,
              "parameters that a run ends with: of its last step, or, as with patience, of its best evaluation",
              {"last", "best"});
  options.add("products", products, "rounding of products: full, or bf16 with sums in float32", {"full", "bf16"});
}

}  // namespace fovea
