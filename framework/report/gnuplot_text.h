#pragma once

#include <string>

#include "framework/report/figure_writers.h"

// Texts of a figure as they stand in a script.
namespace fovea::gnuplot {

/// A word in quotes, for LaTeX as LaTeX.
std::string quoted(const std::string& text, GnuplotTerminal terminal);
/// The label of a tic is a format for its number.
std::string tic_text(const std::string& text, GnuplotTerminal terminal);
/// As a comment; the quotes at its end keep a backslash from continuing the line.
std::string comment_of(const std::string& text);

}  // namespace fovea::gnuplot
