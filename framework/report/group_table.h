#pragma once

#include <string>
#include <vector>

#include "framework/report/figure_kinds.h"
#include "framework/runs/group_figure.h"
#include "framework/runs/text_table.h"

namespace fovea {

/// Groups by metrics of one split, or by the groups of items of one metric: what a table and its picture are made of.
struct GroupTable {
  struct Column {
    std::string name;
    MetricChoice choice;
    std::vector<GroupFigure> figures;  // one for each group
  };
  std::string title;
  std::string caption;
  std::vector<std::string> groups;  // their names
  std::vector<Column> columns;
};

/// All metrics of a split; where one metric is asked for, that one over all items and by each group of items.
GroupTable group_table(const RunGroups& runs, const FigureRequest& request);

/// With four digits: a row for each group, "0.91 [0.88, 0.94]" in each column.
TextTable shown_table(const GroupTable& table);
/// With all digits: a row for each number, its group, n, split, metric, slice, mean, deviation, low, high.
TextTable number_table(const GroupTable& table);

}  // namespace fovea
