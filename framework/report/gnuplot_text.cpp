#include "framework/report/gnuplot_text.h"

#include "framework/runs/text_table.h"

namespace fovea::gnuplot {

std::string quoted(const std::string& text, GnuplotTerminal terminal) {
  std::string word = "'";
  for (const char c : terminal == GnuplotTerminal::kLatex ? latex_cell(text) : text) {
    word += c == '\'' ? std::string("''") : std::string(1, c);
  }
  return word + "'";
}

std::string tic_text(const std::string& text, GnuplotTerminal terminal) {
  std::string word;
  for (const char c : quoted(text, terminal)) word += c == '%' ? std::string("%%") : std::string(1, c);
  return word;
}

std::string comment_of(const std::string& text) { return "# \"" + text + "\"\n"; }

}  // namespace fovea::gnuplot
