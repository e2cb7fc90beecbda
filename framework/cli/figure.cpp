#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <map>
#include <ostream>
#include <span>

#include "framework/cli/command.h"
#include "framework/cli/gnuplot.h"
#include "framework/cli/output_file.h"
#include "framework/report/figure_kinds.h"
#include "framework/report/figure_writers.h"
#include "framework/report/group_table.h"
#include "framework/runs/listing.h"

namespace fovea::cli {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;

constexpr const char* kTable = "table";

std::string kinds_text() {
  std::string text;
  for (const FigureKind& kind : figure_kinds()) text += fmt::format("{}{}", text.empty() ? "" : ", ", kind.name);
  return text;
}

struct Arguments {
  std::string kind;
  std::vector<std::string> places;
  std::string file;
  FigureRequest request;
  Extent head = -1;

  void fields(ArgumentList& list) {
    list.word("kind", kind, "one of " + kinds_text());
    list.words("places", places,
               "results files, or folders with some below; by default runs/; for estimators the files of fovea study");
    list.option("-o", file,
                "file: .svg, .pdf, .tex (LaTeX), .gp (gnuplot), .vg.json (Vega), .csv, or .md of a table; none: CSV is "
                "printed");
    list.option("--metric", request.metric,
                "curve, slices, forest, pareto: which, by default the first one; table: by groups of items");
    list.option("--split", request.split, "validation, test, or train (curve)");
    list.option("--site", request.site, "selection, load, map, glimpse: which site; by default the first, or all");
    list.option("--head", head, "map, glimpse: which head of the site, from 0; by default the first four, or the first",
                {0});
    list.option("--item", request.item, "path, glimpse: which item of the sample, from 0", {0});
    list.option("--against", request.against, "pareto: pairs (scored, the default) or rows (gathered)");
  }
};

enum class Form : std::uint8_t { kCsv, kVega, kScript, kSvg, kPdf, kLatex, kMarkdown };

struct Output {
  Form form = Form::kCsv;
  fs::path folder;
  std::string name;      // without its ending
  bool is_text = false;  // a table as text, not as a picture
};

struct Ending {
  const char* text;
  Form form;
};
constexpr Ending kEndings[] = {{".vg.json", Form::kVega}, {".csv", Form::kCsv},   {".svg", Form::kSvg},
                               {".pdf", Form::kPdf},      {".tex", Form::kLatex}, {".gp", Form::kScript},
                               {".md", Form::kMarkdown}};

/// The name stands in a script and in a document.
void check_name(const std::string& file, const Output& output) {
  const bool is_script = output.form != Form::kCsv && output.form != Form::kVega && output.form != Form::kMarkdown;
  const auto is_plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  };
  if (!is_script || std::all_of(output.name.begin(), output.name.end(), is_plain)) return;
  throw UsageError(file,
                   "expected a name of letters, digits, '-', '_' and '.' for a file that gnuplot or LaTeX reads; another "
                   "character came; choose a simpler name.");
}

Output output_of(const std::string& file) {
  const fs::path path(file);
  const std::string name = path.filename();
  for (const Ending& ending : kEndings) {
    const std::string_view text = ending.text;
    if (name.size() <= text.size() || !name.ends_with(text)) continue;
    Output output{ending.form, path.parent_path(), name.substr(0, name.size() - text.size()), false};
    check_name(file, output);
    return output;
  }
  throw UsageError(
      file, "expected a file after -o that ends in .svg, .pdf, .tex, .gp, .vg.json or .csv; give one of these endings.");
}

/// A table is written as text where the form is one of text.
Output output_of(const Arguments& arguments) {
  Output output = arguments.file.empty() ? Output{} : output_of(arguments.file);
  const bool is_table = arguments.kind == kTable;
  output.is_text = is_table && (output.form == Form::kCsv || output.form == Form::kLatex || output.form == Form::kMarkdown);
  if (output.form != Form::kMarkdown || is_table) return output;
  throw UsageError(arguments.file, "expected .md after -o of a table alone; the kind is '" + arguments.kind +
                                       "'; give another ending, or draw a table.");
}

/// The files that are written, the one that was named last; their content is empty still.
std::vector<std::string> names_of(const Output& output) {
  const std::string& name = output.name;
  switch (output.form) {
    case Form::kCsv: return {name + ".csv"};
    case Form::kVega: return {name + ".vg.json"};
    case Form::kScript: return {name + ".dat", name + ".gp"};
    case Form::kSvg: return {name + ".dat", name + ".gp", name + ".svg"};
    case Form::kPdf: return {name + ".dat", name + ".gp", name + ".pdf"};
    case Form::kMarkdown: return {name + ".md"};
    case Form::kLatex:
      if (output.is_text) return {name + ".tex"};
      return {name + ".dat", name + ".gp", name + ".pdf", name + ".tex"};
  }
  return {};
}

Files content_of(const Figure& figure, const Output& output) {
  const std::string& name = output.name;
  if (output.form == Form::kCsv) return {{name + ".csv", figure_csv(figure)}};
  if (output.form == Form::kVega) return {{name + ".vg.json", figure_vega_text(figure)}};
  const GnuplotTerminal terminal = output.form == Form::kPdf     ? GnuplotTerminal::kPdf
                                   : output.form == Form::kLatex ? GnuplotTerminal::kLatex
                                                                 : GnuplotTerminal::kSvg;
  const GnuplotFigure drawn = figure_gnuplot(figure, terminal, name);
  if (output.form == Form::kScript) return {{name + ".dat", drawn.data}, {name + ".gp", drawn.script}};
  Files files = run_gnuplot(drawn, name);
  if (output.form == Form::kLatex) {
    files[name + ".tex"] = fmt::format("% {}\n% {}\n", figure.title, figure.caption) + files[name + ".tex"];
  }
  return files;
}

/// What is written, and what is said of it.
struct Drawn {
  Files files;
  std::string title;
  std::string caption;
};

std::string text_of(const GroupTable& table, Form form) {
  switch (form) {
    case Form::kLatex: return latex_of(shown_table(table));
    case Form::kMarkdown: return markdown_of(shown_table(table));
    default: return csv_of(number_table(table));
  }
}

Drawn drawn(const Arguments& arguments, const Output& output) {
  FigureRequest request = arguments.request;
  if (arguments.head >= 0) request.head = arguments.head;
  const RunGroups runs = runs_in(arguments.places.empty() ? std::vector<std::string>{"runs"} : arguments.places);
  if (output.is_text) {
    const GroupTable table = group_table(runs, request);
    return {{{names_of(output).back(), text_of(table, output.form)}}, table.title, table.caption};
  }
  const Figure figure = make_figure(arguments.kind, runs, request);
  return {content_of(figure, output), figure.title, figure.caption};
}

int figure(const Arguments& arguments, const Console& console) {
  const Output output = output_of(arguments);
  if (!arguments.file.empty()) {
    for (const std::string& name : names_of(output)) check_output(output.folder / name);
  }
  auto [files, title, caption] = drawn(arguments, output);
  if (arguments.file.empty()) {
    console.out << files[names_of(output).back()];
    return kOk;
  }
  std::string beside;
  for (const std::string& name : names_of(output)) {
    if (files[name].empty())
      throw Error(name, "expected gnuplot to write it; it did not; give a name after -o that ends in .gp.");
    write_output_file(output.folder / name, std::as_bytes(std::span(files[name])));
    if (name != names_of(output).back()) beside += (beside.empty() ? " (beside it " : ", ") + name;
  }
  console.out << fmt::format("{}: {}{}\n{}\n", arguments.file, title, beside.empty() ? "" : beside + ")", caption);
  return kOk;
}

}  // namespace

const Command kFigure = {"figure", "draw a figure of runs, for a paper or as numbers",
                         "  fovea figure curve -o loss.svg --metric loss\n"
                         "  fovea figure table runs/soft_vs_hard -o results.tex\n"
                         "  fovea figure forest runs/soft_vs_hard -o differences.pdf\n"
                         "  fovea figure slices runs/sort_by_pointing -o lengths.tex\n"
                         "  fovea figure selection runs/sort_by_pointing --site decoder/pointer -o chosen.svg\n"
                         "  fovea figure load runs/expert_routing -o load.svg\n"
                         "  fovea figure map runs/sort_by_pointing --site decoder/pointer --head 0 -o map.svg\n"
                         "  fovea figure path runs/sort_by_pointing --item 3 -o order.svg\n"
                         "  fovea figure glimpse runs/glimpse --item 3 -o looked.svg\n"
                         "  fovea figure pareto runs/soft_vs_hard --against rows -o cost.vg.json\n"
                         "  fovea figure estimators study.h5 -o estimators.pdf\n",
                         run_with<Arguments, figure>};

}  // namespace fovea::cli
