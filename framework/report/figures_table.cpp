#include <fmt/format.h>
#include <algorithm>
#include <utility>

#include "framework/report/figure_kinds.h"
#include "framework/report/group_series.h"
#include "framework/report/group_table.h"

namespace fovea {

/// The picture of a table: a panel for each column, the groups one below the other.
Figure table_figure(const RunGroups& runs, const FigureRequest& request) {
  const GroupTable table = group_table(runs, request);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < table.groups.size(); ++i) {
    std::size_t n = 0;
    for (const GroupTable::Column& column : table.columns) n = std::max(n, column.figures[i].values.size());
    names.push_back(fmt::format("{} (n = {})", table.groups[i], n));
  }
  Figure figure{table.title, table.caption, {}};
  for (const GroupTable::Column& column : table.columns) {
    FigurePanel panel;
    panel.is_turned = true;
    panel.x.name = "group";
    panel.x.categories = names;
    panel.y.name = column.name;
    FigureSeries series{"", FigureSeries::Mark::kPoints, {}};
    for (std::size_t i = 0; i < names.size(); ++i) {
      std::vector<double> values;
      for (const SeedValue& run : column.figures[i].values) values.push_back(run.value);
      add_values(series, static_cast<double>(i), values);
    }
    panel.series.push_back(std::move(series));
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

}  // namespace fovea
