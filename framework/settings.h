#pragma once

#include <string>

#include "framework/core/options.h"

namespace fovea {

/// How a run is trained. Every field is an option of any experiment: `fovea run NAME steps=200 learning_rate=3e-4`.
struct TrainSettings {
  Extent steps = 1000;
  Extent batch = 128;
  Extent shard_rows = 32;          // rows per shard: fixes the order of sums, so it is part of the configuration
  std::string optimizer = "adam";  // "adam(beta1=0.9)"; the learning rate is set here
  double learning_rate = 1e-3;
  std::string schedule = "constant";  // "warmup(100) * cosine(to=0.1)"; multiplies the learning rate
  double clip_norm = 0;               // 0: no clipping
  double gradient_noise = 0;          // deviation eta of noise eta / (1 + step)^0.55 (Neelakantan et al. 2015); 0: none
  Extent evaluate_every = 0;          // steps between evaluations on the validation split; 0: only at the end
  Extent checkpoint_every = 0;        // 0: at evaluations, at the end and every 30 seconds or so
  Extent log_every = 10;              // steps between rows of /train
  Extent validation_rows = 1024;
  Extent test_rows = 10000;
  Extent evaluation_batch = 128;
  Extent patience = 0;  // evaluations without a better main metric before stopping, then with the best parameters; 0: never
  Extent seed = 1;
  Extent sample_rows = 64;        // evaluation items whose selections and predictions are kept, at most
  std::string products = "full";  // "full" or "bf16": how products are rounded

  std::string from;       // a run, a results file or weights.safetensors that the parameters start from; "": drawn
  std::string from_only;  // patterns of the paths that are taken, "encoder/* embedding/*"; "": all
  std::string rename;     // "a/=b/": a path that begins with a/ there begins with b/ here; several by spaces
  std::string freeze;     // patterns of the paths that do not move, "embedding/*"; "": none

  std::string objective;          // "cost + 0.1 * metric/penalty": outputs of the model to minimise; "": the cost
  double label_smoothing = 0;     // share of the target that goes to all classes alike (Szegedy et al. 2016)
  std::string parameter_dropout;  // "encoder/*=0.1 */bias=0": shares of the parameters at these paths set to 0
  std::string parameter_decay;    // "*/weight*=0.01": weight decay of the parameters at these paths, beside the optimizer
  std::string average = "none";   // of the parameters that are evaluated and kept: "ema(decay=0.999)", "swa(from=0.75)"
  std::string keep = "last";      // the parameters that a run ends with: of the last step, or of the best evaluation

  void fields(Options& options);
};

}  // namespace fovea
