#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "framework/report/figure.h"
#include "framework/report/report.h"

// Parts of the model of a report.
namespace fovea {

Json table_json(const TextTable& table);

/// A figure of a section and where it stands.
struct ReportFigure {
  std::string id;       // "0-curves-2"
  std::string view;     // "curves"
  std::string heading;  // its title without what the section says already
  Figure figure;
  bool is_detail = false;  // shown when it is asked for
};

/// The figures that the runs of one experiment have something for, in the order of the page.
std::vector<ReportFigure> report_figures(const RunGroups& runs, std::size_t section);
Json figure_json(const ReportFigure& figure);

/// Keeps at most so many points in all, by thinning the longest series; their captions say so.
void fit_points(const std::vector<ReportFigure*>& figures, std::size_t most);

/// A row for each group: n, and the metrics of the split that the runs are judged by, mean and interval.
TextTable answer_table(const RunGroups& runs);

/// The settings that all runs of a section have in common, and those that differ.
Json common_settings(const RunGroups& runs);
TextTable differing_settings(const RunGroups& runs);
/// Each run: its file, hash, state, the command that makes it again, its settings and provenance.
Json runs_json(const RunGroups& runs);

/// The tree as text without blanks between its parts, and without any '<': it can stand in a page.
std::string page_json(const Json& json);

}  // namespace fovea
