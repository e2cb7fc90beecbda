#include "framework/runs/text_table.h"

#include <doctest/doctest.h>
#include <limits>

using namespace fovea;

namespace {

TextTable hostile() {
  return {.title = "a % b\n\\input{x}",
          .head = {"name", "x_1"},
          .rows = {{"a|b\t<script>&amp; *c* `d`", "+0.5 [-0.1, 1e-05]"}, {"[x] $\\end{tabular} \"q\", --", "-"}},
          .is_number = {false, true},
          .sentences = {"line\r\n\\end{document}"}};
}

}  // namespace

TEST_CASE("a table in Markdown keeps its columns and runs nothing, whatever its texts are") {
  CHECK(markdown_of(hostile()) ==
        "a % b\\\\n\\\\input\\{x\\}\n\n"
        "| name | x\\_1 |\n|---|---:|\n"
        "| a\\|b\\\\t&lt;script\\>&amp;amp; \\*c\\* \\`d\\` | +0.5 [-0.1, 1e-05] |\n"
        "| \\[x\\] \\$\\\\end\\{tabular\\} \"q\", -- | - |\n"
        "\nline\\\\r\\\\n\\\\end\\{document\\}\n");
}

TEST_CASE("a table in LaTeX prints every character as itself, and numbers as mathematics") {
  CHECK(latex_of(hostile()) ==
        "% a % b\\n\\input{x}\n"
        "% line\\r\\n\\end{document}\n"
        "\\begin{tabular}{lr}\n\\toprule\n"
        "name & x\\_1 \\\\\n\\midrule\n"
        "a\\textbar{}b\\textbackslash{}t\\textless{}script\\textgreater{}\\&amp; *c* `d` & $+0.5\\ [-0.1,\\ "
        "1\\cdot10^{-5}]$ \\\\\n"
        "{}[x] \\$\\textbackslash{}end\\{tabular\\} \\char34{}q\\char34{}, -{}-{} & -{} \\\\\n"
        "\\bottomrule\n\\end{tabular}\n");
}

TEST_CASE("comma-separated values are quoted, and a text is never a formula") {
  CHECK(csv_of(hostile()) ==
        "name,x_1\n"
        "a|b\\t<script>&amp; *c* `d`,\"+0.5 [-0.1, 1e-05]\"\n"
        "\"[x] $\\end{tabular} \"\"q\"\", --\",-\n");
  for (const char* formula : {"=1+1", "+1", "-1", "@x"}) CHECK(csv_text_cell(formula) == std::string("'") + formula);
  CHECK(csv_text_cell("a\nb") == "a\\nb");
  CHECK(csv_text_cell("") == "");
}

TEST_CASE("rows are added cell by cell, with all digits of a number") {
  TextTable table;
  for (const double value : {0.1, -1e-300}) {
    TableRow row(table);
    row.add("name", "=x");
    row.add("n", Extent{3});
    row.add("value", std::optional(value));
    row.add("missing", std::optional<double>());
  }
  CHECK(csv_of(table) == "name,n,value,missing\n'=x,3,0.1,\n'=x,3,-1e-300,\n");
}
