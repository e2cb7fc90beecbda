#pragma once

#include <functional>
#include <string>
#include <vector>

#include "framework/experiment.h"

namespace fovea {

/// What is compared at one site of a model, all else being equal: parameters, batch and random numbers.
struct StudySpec {
  enum class Part : std::uint8_t { kEstimator, kSelector };

  RunSpec run;
  std::string site;  // path; empty: the only one
  Part part = Part::kEstimator;
  std::vector<std::string> candidates;  // texts of estimators, or of "selector" and "selector | estimator"
  Extent samples = 200;                 // gradients of each
  Extent warm_up = 20;                  // gradients that only fill baselines
  Extent learning = 500;                // before these: steps that move only the parameters that a candidate alone has
};

/// The gradient of one candidate with respect to the parameters that its model shares with that of the exact gradient, over
/// its samples, against the exact gradient g of the expected cost.
struct StudyRow {
  std::string name;
  std::string problem;      // why it cannot be used here; empty: it can
  double draws = 1;         // evaluations of each item
  double loss = 0;          // mean
  double bias = 0;          // |mean - g| / |g|
  double bias_error = 0;    // what |mean - g| / |g| would be without any bias, from the variance
  double variance = 0;      // summed over parameters, / |g|^2
  double error = 0;         // mean square error, summed over parameters, / |g|^2
  double cosine = 0;        // of one sample and g, mean
  double seconds = 0;       // of one gradient, median
  double rows_forward = 0;  // value rows read at the site for each item
  double rows_backward = 0;
};

struct StudyReport {
  std::string site;       // path
  std::string text;       // of the model
  std::string reference;  // how the exact gradient was found
  std::vector<StudyRow> rows;
};

/// Called before each candidate: its number, how many there are and its name.
using StudyProgress = std::function<void(std::size_t, std::size_t, const std::string&)>;

/// Errors    no site at this path (with the paths there are), a model without a site, a candidate that is unknown.
StudyReport run_study(const StudySpec& spec, const StudyProgress& progress);

}  // namespace fovea
