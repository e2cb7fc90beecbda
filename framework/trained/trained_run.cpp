#include "framework/trained/trained_run.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/exchange/named_arrays.h"
#include "framework/files/atomic_file.h"
#include "framework/resolved.h"
#include "framework/results/json.h"
#include "framework/results/read_outline.h"
#include "framework/results/run_file.h"
#include "framework/train/start_from.h"

namespace fovea {
namespace {

std::filesystem::path results_file(const std::filesystem::path& path) {
  std::error_code none;  // what cannot be looked at is an error of reading
  return std::filesystem::is_directory(path, none) ? path / kResultsName : path;
}

const std::string* find(const TextPairs& pairs, const std::string& name) {
  for (const auto& [key, text] : pairs) {
    if (key == name) return &text;
  }
  return nullptr;
}

/// The settings in the object `name` of the configuration that differ from these.
void add_settings(const Json::Object& config, const std::string& name, const TextPairs& defaults,
                  std::vector<Setting>& settings) {
  for (const auto& [key, value] : config) {
    if (key != name || !value.is<Json::Object>()) continue;
    for (const auto& [option, setting] : value.as<Json::Object>()) {
      const std::string text = setting.is<std::string>() ? setting.as<std::string>() : json_line(setting);
      const std::string* const standard = find(defaults, option);
      if (standard == nullptr || *standard != text) settings.push_back({option, text});
    }
  }
}

/// The options of an experiment as they are where nothing is said.
TextPairs defaults_of(const std::string& experiment) {
  if (Catalogue::instance().find(Experiment::kKind, experiment) == nullptr) return {};
  const auto made = Registry<Experiment>::instance().make(experiment);
  Options options;
  made->fields(options);
  return options.values();
}

/// The text of the data set /config/json.
std::string config_json(const std::map<std::string, OutlineEntry>& outline, const std::filesystem::path& file) {
  const auto found = outline.find("/config/json");
  if (found != outline.end() && found->second.texts.size() == 1) return found->second.texts.front();
  throw Error(file.string(),
              "the configuration of a run was expected at /config/json; there is none; is this a results "
              "file of Fovea?");
}

std::optional<double> number_in(const std::string& text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return is_whole ? std::optional(value) : std::nullopt;
}

/// Numbers are kept as such, and may be written in other ways.
bool is_same_number(const std::string& a, const std::string& b) {
  const std::optional<double> first = number_in(a);
  return first && first == number_in(b);
}

double number_of(const std::string& text, const std::filesystem::path& file) {
  if (const std::optional<double> value = number_in(text)) return *value;
  throw Error(file.string(), "a number was expected among the attributes of /parameters; " + in_quotes(text) +
                                 " came; is this a results file of Fovea?");
}

/// The step of the last evaluation, of tests where there are some: of files that do not say which their parameters come
/// from.
Extent last_step(const RunSummary& summary) {
  Extent step = 0;
  bool is_tested = false;
  for (const EvaluationTable& table : summary.evaluation) {
    if (table.step.empty() || (is_tested && table.split == "validation")) continue;
    is_tested = table.split != "validation";
    step = table.step.back();
  }
  return step;
}

}  // namespace

std::string text_of_pair(const TextPairs& pairs, const std::string& name) {
  const std::string* const text = find(pairs, name);
  return text == nullptr ? "" : *text;
}

TrainedRun::TrainedRun(const std::filesystem::path& path, std::vector<InputFile> libraries)
    : file_(results_file(path)), hash_(hash_of_file(file_)), summary_(read_summary(file_)) {
  request_.libraries = std::move(libraries);
  if (find(summary_.config, kEvaluatedWith) != nullptr) {
    const std::string* parent = find(summary_.provenance, "parent");
    throw Error(file_.string(), "the results of a run were expected; these are of an evaluation of one; give that run" +
                                    (parent == nullptr ? "." : ", " + *parent + "."));
  }
  load();
}

std::vector<std::string> TrainedRun::notes() const {
  std::vector<std::string> notes;
  const std::string state = text_of_pair(summary_.attributes, "state");
  if (state != "finished") {
    notes.push_back("this run is " + state + "; its parameters of step " + std::to_string(step_) + " are used");
  }
  const std::string precision = text_of_pair(summary_.config, "precision");
  if (!precision.empty() && precision != kPrecision) {
    notes.push_back("it was trained in " + precision + "; its parameters are used in " + kPrecision);
  }
  return notes;
}

std::string TrainedRun::label() const {
  std::error_code failure;
  const std::filesystem::path whole = std::filesystem::absolute(file_, failure);
  const std::string folder = whole.parent_path().filename().string();
  return folder.empty() ? spec().name : folder;
}

void TrainedRun::load() {
  const std::array<std::string, 2> groups{"/config", "/parameters"};
  const std::map<std::string, OutlineEntry> outline = read_outline(file_, groups);
  std::string problem;
  const std::optional<Json> config = parse_json(config_json(outline, file_), &problem);
  if (!config || !config->is<Json::Object>()) {
    throw Error(file_.string(), "a configuration in JSON was expected at /config/json; " + problem + "; verify the file.");
  }
  const std::string* const experiment = find(summary_.attributes, "experiment");
  const std::string* const run = find(summary_.attributes, "run");
  if (experiment == nullptr || run == nullptr) {
    throw Error(file_.string(), "the names of an experiment and a run were expected; they are missing; verify the file.");
  }
  std::vector<Setting> settings;
  add_settings(config->as<Json::Object>(), "options", defaults_of(*experiment), settings);
  add_settings(config->as<Json::Object>(), "train", {}, settings);
  // Its parameters are these, whatever it has started from.
  std::erase_if(settings, [](const Setting& s) { return s.key == "from" || s.key == "from_only" || s.key == "rename"; });
  try {
    ResolvedExperiment resolved = resolve_experiment(*experiment, settings);
    request_.experiment = *experiment;
    request_.options = std::move(resolved.options);
    request_.run = find_run(resolved, *run);
    request_.directory = file_.parent_path();
    const InputLog files;
    training_ = std::make_unique<Training>(request_.run);
    config_ = config_of(request_, *training_, files);
  } catch (const Error& error) {
    throw error.at(file_.string());
  }
  check_config();
  load_parameters(training_->parameters(), read_named_arrays(file_), {}, file_.string());

  step_ = last_step(summary_);
  const auto parameters = outline.find("/parameters");
  if (parameters == outline.end()) return training_->anneal(step_);
  const TextPairs& kept = parameters->second.attributes;
  if (const std::string* step = find(kept, "step")) step_ = static_cast<Extent>(number_of(*step, file_));
  training_->anneal(step_);
  for (const AnnealedSlot& slot : training_->graph().annealed()) {
    if (const std::string* value = find(kept, "annealed " + slot.path)) slot.number->store(number_of(*value, file_));
  }
}

/// What the file says of settings, sites and inputs must be so here. Settings that the file does not know have their
/// defaults.
void TrainedRun::check_config() const {
  TextPairs here;
  TextPairs there;
  for (const auto& pair : config_.pairs) {
    const std::string* const text = find(summary_.config, pair.first);
    const bool is_start = pair.first == "from" || pair.first == "from_only" || pair.first == "rename";
    if (text == nullptr || pair.first == "precision" || is_start) continue;
    if (is_same_number(*text, pair.second)) continue;
    there.emplace_back(pair.first, *text);
    here.emplace_back(pair.first, printable(pair.second));
  }
  for (const auto& [name, text] : summary_.config) {  // sites and evaluations that the model here does not have
    const bool is_part = name.starts_with("site ") || name.starts_with("evaluation ");
    if (is_part && find(config_.pairs, name) == nullptr) there.emplace_back(name, text);
  }
  for (const auto& [name, hash] : summary_.provenance) {
    if (!name.starts_with("input ") && !name.starts_with("plugin ")) continue;
    there.emplace_back(name, hash);
    if (const std::string* const text = find(config_.inputs, name)) here.emplace_back(name, *text);
  }
  if (const std::string different = differences(there, here); !different.empty()) {
    throw Error(file_.string(), "a run of this version of its experiment was expected; " + different +
                                    "; use the program, the plugins and the files that it was trained with.");
  }
}

}  // namespace fovea
