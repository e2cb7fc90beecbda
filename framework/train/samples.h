#pragma once

#include <span>
#include <string>
#include <vector>

#include "framework/results/record.h"
#include "framework/task.h"
#include "framework/train/shards.h"
#include "framework/train/site_axes.h"
#include "framework/train/told_rows.h"

namespace fovea {

/// What every site of a graph that just ran in Mode::kEvaluate chose on the first `rows` items: kept items and weights of
/// every query, or what sample_cut() leaves of them; maps are made of all. Sites that publish nothing have what their ops
/// have told.
std::vector<SelectionSite> sampled_selections(const Graph& graph, std::span<const Shard> shards, Extent rows,
                                              const std::vector<ToldRows>& told = {});

/// The first `rows` items of a batch, and the outputs of the model for them, with what they mean.
Predictions sampled_predictions(const std::string& split, const Batch& batch, const Outputs& outputs, Extent rows,
                                const Meanings& meanings = {});
/// The name of an output among the arrays of the batch that it is stored with.
std::string stored_name(const Batch& batch, const std::string& output);

/// What the items and queries of a site index among the arrays of the predictions of a split.
void describe_axes(SelectionSite& site, const SiteAxes& axes, const Batch& batch, const std::string& split);

/// The mean of what was counted over so many steps or rows.
SiteRates rates_of(const Counters& counters, Extent count);

/// A tensor as an array of the results; its first axis is `first_axis`, the others are named by position.
Array array_of(const std::string& name, const Tensor& tensor, const std::string& first_axis);

}  // namespace fovea
