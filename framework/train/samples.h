#pragma once

#include <span>
#include <string>
#include <vector>

#include "framework/results/record.h"
#include "framework/task.h"
#include "framework/train/shards.h"

namespace fovea {

/// What every site of a graph that just ran in Mode::kEvaluate chose on the first `rows` items: kept items and weights of
/// every query. Of a site with more than 2^20 entries, every n-th query of each item; its map is made of all.
std::vector<SelectionSite> sampled_selections(const Graph& graph, std::span<const Shard> shards, Extent rows);

/// The first `rows` items of a batch, and the outputs of the model for them.
Predictions sampled_predictions(const std::string& split, const Batch& batch, const Outputs& outputs, Extent rows);

/// A tensor as an array of the results; its first axis is `first_axis`, the others are named by position.
Array array_of(const std::string& name, const Tensor& tensor, const std::string& first_axis);

}  // namespace fovea
