#pragma once

#include <map>
#include <string>
#include <vector>

#include "framework/results/json.h"
#include "framework/runs/run_groups.h"
#include "framework/runs/text_table.h"

// A report: C++ makes a model, one value of JSON, and the page draws it. All texts in it may come from a results file of
// anybody: they are data, which the page shows as text.
namespace fovea {

/// What the program knows of an experiment besides its runs.
struct AboutExperiment {
  std::string question = {};              // one line, as the sentences of the others
  std::string details = {};               // what is compared
  std::string expected = {};              // what its author expects
  std::vector<TextTable> published = {};  // figures of papers beside those of the runs
};

struct ReportRequest {
  std::string made_by = {};                           // "fovea 0.1.0 (float32)"
  std::string command = {};                           // that makes this report again
  std::map<std::string, AboutExperiment> about = {};  // by experiment
};

/// {"format": 1, "title", "made_by", "command", "notes": [text], "sections": [...], "unread": [{"file", "problem"}]}, a
/// section for each experiment:
///
///     {"experiment", "question", "details", "expected", "answer": Table, "numbers": Table, "comparison": Table,
///      "published": [Table], "figures": [Figure], "views": {"reads", "heads", "planes"},
///      "settings": [{"name", "value"}], "differing": Table,
///      "runs": [{"id", "file", "hash", "group", "run", "seed", "state", "step", "note", "command", "config": {},
///                "provenance": {}}]}
///     Table   {"title", "columns": [text], "numbers": [bool], "rows": [[text]], "notes": [text]}
///     Figure  {"id", "view", "title", "heading", "detail", "caption", "panels", "data", "spec"}; view is curves, slices,
///             comparison, selection, routers or cost. `spec` is for Vega; the page fills in its data sets, which are in
///             `data` as columns: {"panel_0_points": {"rows": 2, "columns": [{"name": "x", "values": [0, 10]}, {"name":
///             "line", "values": [true], "lengths": [2]}]}}.
///
/// The same runs and request give the same model. It has at most kMostReportBytes as text: `notes` says what was left out.
Json report_model(const RunGroups& runs, const ReportRequest& request);

inline constexpr std::size_t kMostReportBytes = 24'000'000;

/// The page as one file that needs no other. With a model, it shows that; without one, it asks its server for `api/model`.
///
/// Errors    the library that draws the figures is not installed.
std::string report_page(const Json* model);

}  // namespace fovea
