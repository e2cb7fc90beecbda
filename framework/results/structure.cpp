#include "framework/results/structure.h"

#include <fmt/format.h>
#include <algorithm>
#include <exception>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/results/hdf5_read.h"
#include "framework/results/run_file.h"

namespace fovea {
namespace {

using hdf5::Reader;

class Checker {
 public:
  explicit Checker(StructureReport& report) : report_(report) {}

  void fail(const std::string& fact) { report_.facts.push_back(fact); }

  void expect(bool holds, const std::string& expected, const std::string& came) {
    if (!holds) fail(fmt::format("expected {}; {}; run the experiment again to publish the file anew.", expected, came));
  }

 private:
  StructureReport& report_;
};

std::string attribute(const TextPairs& pairs, const std::string& name) {
  for (const auto& [key, text] : pairs) {
    if (key == name) return text;
  }
  return "";
}

void check_root(const Reader& reader, Checker& checker) {
  const TextPairs attributes = reader.attributes("/");
  const std::string schema = attribute(attributes, "fovea_schema");
  checker.expect(is_read_schema(schema),
                 fmt::format("the attribute fovea_schema to be {} to {}", kOldestSchema, kResultsSchema),
                 "it is '" + schema + "'");
  for (const char* name : {"Conventions", "experiment", "run", "seed", "state"}) {
    checker.expect(!attribute(attributes, name).empty(), fmt::format("the attribute {}", name), "it is missing or empty");
  }
  for (const char* name :
       {"config", "provenance", "train", "evaluation", "selection", "predictions", "parameters", "graph", "clock"}) {
    const std::string path = std::string("/") + name;
    checker.expect(reader.has(path) && reader.line(path).type == "group", "the group " + path, "it is missing");
  }
}

/// All columns below a group have as many rows as `scale`.
void check_rows(const Reader& reader, const std::string& group, const std::string& scale, Checker& checker) {
  if (!reader.has(group + "/" + scale)) {
    checker.expect(false, fmt::format("the data set {}/{}", group, scale), "it is missing");
    return;
  }
  const std::vector<std::int64_t> rows = reader.line(group + "/" + scale).shape;
  for (const TreeLine& line : reader.below(group)) {
    const bool is_column = line.type == "float64" || line.type == "int64";
    if (!is_column) continue;
    checker.expect(rows.size() == 1 && !line.shape.empty() && line.shape[0] == rows[0],
                   fmt::format("as many rows in {} as in {}", printable(line.path), scale), "it has another number");
  }
}

void check_site(const Reader& reader, const std::string& group, Checker& checker) {
  for (const char* name : {"/item", "/query", "/kept", "/weights", "/log_probability", "/entropy"}) {
    if (reader.has(group + name)) continue;
    checker.expect(false, "the data set " + printable(group + name), "it is missing");
    return;
  }
  const std::vector<std::int64_t> offsets = reader.integers(group + "/offsets");
  const auto entries = reader.line(group + "/kept").shape;
  const auto rows = reader.line(group + "/item").shape;
  const bool ascending = !offsets.empty() && offsets.front() == 0 && std::is_sorted(offsets.begin(), offsets.end());
  checker.expect(ascending && entries.size() == 1 && offsets.back() == entries[0] && rows.size() == 1 &&
                     static_cast<std::int64_t>(offsets.size()) == rows[0] + 1,
                 "ascending offsets of rows + 1 in " + printable(group), "they do not fit the kept entries");
  for (const char* name : {"/weights", "/query", "/log_probability", "/entropy"}) {
    const auto& expected = std::string_view(name) == "/weights" ? entries : rows;
    checker.expect(reader.line(group + name).shape == expected, "equal lengths in " + printable(group + name),
                   "its length differs");
  }
}

void check_all(const Reader& reader, Checker& checker) {
  check_root(reader, checker);
  if (reader.has("/train")) check_rows(reader, "/train", "step", checker);
  if (reader.has("/evaluation")) {
    for (const TreeLine& split : reader.below("/evaluation")) check_rows(reader, split.path, "step", checker);
  }
  for (const TreeLine& line : reader.tree()) {
    reader.attributes(line.path);
    reader.read_through(line.path);
    const bool is_offsets =
        line.type != "group" && line.path.rfind("/selection/", 0) == 0 && line.path.ends_with("/offsets");
    if (is_offsets) check_site(reader, line.path.substr(0, line.path.rfind('/')), checker);
  }
}

}  // namespace

StructureReport check_structure(const std::filesystem::path& path) {
  StructureReport report;
  Checker checker(report);
  try {
    const hdf5::Session session;
    const Reader reader(path);
    report.objects = reader.tree().size();
    check_all(reader, checker);
  } catch (const Error& error) {
    checker.fail(error.fact());
  } catch (const std::exception& error) {
    checker.fail(fmt::format("expected a file that can be read; {}; check the file and the memory.", error.what()));
  }
  return report;
}

}  // namespace fovea
