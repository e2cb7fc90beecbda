#pragma once

#include <string>
#include <vector>

namespace fovea {

/// The scripts of Vega that draw figures, as they are installed, joined to one that sets the global name `vega`: parse, View
/// and expressionInterpreter. It needs neither other files nor the right to compile expressions.
///
/// Errors    they are not installed, neither where Debian puts them nor where FOVEA_VEGA names a folder; they cannot stand
///           in a page.
std::string vega_script();

/// The names of their files.
std::vector<std::string> vega_files();

}  // namespace fovea
