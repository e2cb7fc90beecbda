#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "framework/report/figure.h"

namespace fovea {

/// The points of least and largest y of each part, in their order; a gap stays one where a part is nothing else.
std::vector<FigurePoint> thinned(const std::vector<FigurePoint>& points, std::size_t most);

std::string thinned_sentence(std::size_t most);

/// Shortens every series of a finished figure to so many points, and says so in the caption.
void thin_series(Figure& figure, std::size_t most);

}  // namespace fovea
