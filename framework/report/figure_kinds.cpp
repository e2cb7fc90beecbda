#include "framework/report/figure_kinds.h"

#include <algorithm>
#include <array>
#include <vector>

#include "framework/core/error.h"

namespace fovea {
namespace {

// In the order of the help.
constexpr std::array kKinds = {
    FigureKind{"curve", "a metric over the steps of training, mean and band over seeds", curve_figure},
    FigureKind{"table", "metrics at the end of training, a row for each group: mean and interval", table_figure},
    FigureKind{"forest", "how much each group differs from the first, seed by seed", forest_figure},
    FigureKind{"slices", "a metric at the end, by groups of items", slices_figure},
    FigureKind{"selection", "how a site chooses, over training: entropy, distinct items, dead share", selection_figure},
    FigureKind{"load", "the rows that each expert of a router gets, over training", load_figure},
    FigureKind{"map", "where the heads of a site look: weights by query and item", map_figure},
    FigureKind{"path", "the order in which a model points at the points of an item", path_figure},
    FigureKind{"glimpse", "the regions of an image that a model looks at, step by step", glimpse_figure},
    FigureKind{"pareto", "a metric against the pairs that were scored, or the rows read, for it", pareto_figure},
    FigureKind{"estimators", "bias, variance and cosine of what fovea study has compared", estimators_figure}};

}  // namespace

std::span<const FigureKind> figure_kinds() { return kKinds; }

Figure make_figure(const std::string& kind, const RunGroups& runs, const FigureRequest& request) {
  const auto found = std::find_if(kKinds.begin(), kKinds.end(), [&](const FigureKind& known) { return kind == known.name; });
  if (found == kKinds.end()) {
    std::vector<std::string> names;
    names.reserve(kKinds.size());
    for (const FigureKind& known : kKinds) names.emplace_back(known.name);
    throw Error("figure", unknown_name(kind, names));
  }
  return finished(found->make(runs, request));
}

}  // namespace fovea
