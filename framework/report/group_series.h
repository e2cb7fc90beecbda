#pragma once

#include <span>
#include <string>
#include <vector>

#include "framework/report/figure.h"
#include "framework/runs/run_groups.h"
#include "framework/statistics/band.h"

// What figures of several groups of runs have in common.
namespace fovea {

/// The finished runs of a group; all of them where none is finished.
std::vector<const FoundRun*> counted_runs(const RunGroup& group);

/// What tells a group from the others.
std::string group_name(const RunGroups& runs, const RunGroup& group);
/// Legend of a group: its name, and n.
std::string group_label(const RunGroups& runs, const RunGroup& group, std::size_t n);

/// Experiment and run where all groups are of the same, else what they have in common.
std::string groups_title(const RunGroups& runs);

/// Sentences on how many runs there are and were left out.
std::string runs_caption(const RunGroups& runs);

/// The mean of curves and its band. Steps that do not ascend, which no run of ours has, end a curve.
FigureSeries band_series(std::string name, std::vector<Curve> curves);

/// Adds what is said of numbers at one place: the mean with its interval, of two numbers both.
void add_values(FigureSeries& series, double x, std::span<const double> values);

/// What a band or a bar is, as far as there are any.
std::string band_caption(const Figure& figure);

/// Refuses when there is no run that could be read.
void expect_groups(const RunGroups& runs);

}  // namespace fovea
