#include "framework/train/run_config.h"

#include <algorithm>
#include <map>
#include <set>
#include <system_error>

#include "framework/core/error.h"
#include "framework/core/name.h"
#include "framework/core/text.h"
#include "framework/files/atomic_file.h"
#include "framework/results/json.h"
#include "framework/train/averaging.h"
#include "framework/train/start_from.h"

namespace fovea {

namespace {

TextPairs settings_of(const TrainSettings& settings) {
  TrainSettings copy = settings;
  Options options;
  copy.fields(options);
  TextPairs pairs = options.values();
  for (auto& [name, text] : pairs) {
    if (name == "optimizer") text = Registry<Optimizer>::instance().parse(text).text;
    if (name == "schedule") text = AnnealedProduct(text).text();
    if (name == "average") text = Averaging(text, 0, 1).text();
  }
  return pairs;
}

/// The site texts of a graph, each path once.
TextPairs sites_of(const Graph& graph) {
  TextPairs sites;
  for (const SiteRecord& site : graph.sites()) {
    const auto same = [&](const auto& pair) { return pair.first == site.path; };
    if (std::none_of(sites.begin(), sites.end(), same)) sites.emplace_back(site.path, site.text);
  }
  return sites;
}

/// Numbers and flags as such, by the types of these options; anything else is text, whatever it looks like.
Json::Object json_of(const TextPairs& pairs, const std::map<std::string, std::string>& types) {
  Json::Object object;
  for (const auto& [name, text] : pairs) {
    const auto type = types.find(name);
    const bool is_plain = type == types.end() || type->second == "text" || type->second == "integers";
    const std::optional<Json> value = is_plain ? std::nullopt : parse_json(text);
    object.emplace_back(name, value ? *value : Json(text));
  }
  return object;
}

std::map<std::string, std::string> types_of(const Options& options) {
  std::map<std::string, std::string> types;
  for (const Options::Description& option : options.descriptions()) types[option.name] = option.type;
  return types;
}

/// The options of an experiment as they are by default; an experiment that is not registered has none.
struct Defaults {
  TextPairs values;
  std::map<std::string, std::string> types;
};

Defaults defaults_of(const std::string& name) {
  if (Catalogue::instance().find(Experiment::kKind, name) == nullptr) return {};
  const auto experiment = Registry<Experiment>::instance().make(name);
  Options options;
  experiment->fields(options);
  return {options.values(), types_of(options)};
}

std::map<std::string, std::string> types_of_settings() {
  TrainSettings settings;
  Options options;
  settings.fields(options);
  return types_of(options);
}

/// Those of `values` that differ from `defaults`, as key=value.
std::string arguments(const TextPairs& values, const TextPairs& defaults) {
  std::string text;
  for (const auto& pair : values) {
    if (std::find(defaults.begin(), defaults.end(), pair) == defaults.end())
      text += " " + shell_word(pair.first + "=" + (pair.second.starts_with('"') ? option_word(pair.second) : pair.second));
  }
  return text;
}

std::string command_of(const RunRequest& request, const TextPairs& defaults, const TextPairs& settings) {
  std::string text = "fovea run " + shell_word(request.experiment) + arguments(request.options, defaults) +
                     arguments(settings, settings_of(TrainSettings{}));
  for (const InputFile& library : request.libraries) text += " --plugin " + shell_word(library.name);
  return text;
}

void check_evaluations(const RunSpec& run) {
  std::set<std::string> names{"train", "validation", "test"};
  for (const ExtraEvaluation& evaluation : run.evaluations) {
    expect_name(run.name, "of an evaluation", evaluation.name);
    if (!names.insert(evaluation.name).second) {
      throw Error("evaluations need different names, other than train, validation and test; '" + evaluation.name +
                  "' came; rename it.");
    }
    if (evaluation.rows < 1) {
      throw Error("an evaluation has at least one item; '" + evaluation.name + "' has " + std::to_string(evaluation.rows) +
                  "; set rows.");
    }
  }
}

/// What the parameters start from may differ from seed to seed: it tells runs apart, but not what is averaged.
bool is_start(const InputFile& file, const TrainSettings& settings) {
  std::error_code none;  // a path that cannot be followed is no file that was read
  return !settings.from.empty() && std::filesystem::weakly_canonical(start_file(settings), none) == file.absolute;
}

void add_file(const InputFile& file, const std::string& kind, RunConfig& config) {
  config.inputs.emplace_back(kind + " " + file.name, file.hash);
  config.places.emplace_back(kind + " " + file.name, file.absolute.string());
}

}  // namespace

std::string hash_of_pairs(const TextPairs& pairs) {
  std::string text;
  for (const auto& [name, value] : pairs) text += name + "\n" + std::to_string(value.size()) + "\n" + value + "\n";
  return hash_of(std::as_bytes(std::span(text)));
}

RunConfig config_of(const RunRequest& request, const Training& training, const InputLog& files) {
  const RunSpec& run = request.run;
  const TextPairs settings = settings_of(run.train);
  const TextPairs sites = sites_of(training.graph());
  const std::string task = Registry<Task>::instance().parse(run.task).text;
  RunConfig config;
  config.pairs = {{"experiment", request.experiment}, {"run", run.name}, {"task", task}, {"precision", kPrecision}};
  const Defaults defaults = defaults_of(request.experiment);
  Json::Object json = json_of(config.pairs, {});
  json.emplace_back("options", json_of(request.options, defaults.types));
  json.emplace_back("train", json_of(settings, types_of_settings()));
  const auto add = [&](const std::string& name, const std::string& prefix, const std::string& text) {
    const auto same = [&](const auto& pair) { return pair.first == name; };
    const bool is_taken = std::any_of(config.pairs.begin(), config.pairs.end(), same);
    config.pairs.emplace_back(is_taken ? prefix + name : name, text);
    return config.pairs.back().first;
  };
  const auto add_typed = [&](const TextPairs& pairs, const std::string& prefix,
                             const std::map<std::string, std::string>& types) {
    for (const auto& [name, text] : pairs) {
      const std::string key = add(name, prefix, text);
      const auto type = types.find(name);
      if (type != types.end() && (type->second == "integer" || type->second == "real")) config.types[key] = type->second;
    }
  };
  add_typed(settings, "train_", types_of_settings());
  add_typed(request.options, "option_", defaults.types);
  Json::Array evaluations;
  for (const ExtraEvaluation& evaluation : run.evaluations) {
    const std::string text = Registry<Task>::instance().parse(evaluation.task).text;
    add("evaluation " + evaluation.name, "", text + ", " + std::to_string(evaluation.rows) + " items");
    evaluations.push_back(Json::Object{{"name", evaluation.name}, {"task", text}, {"rows", evaluation.rows}});
  }
  for (const auto& [path, text] : sites) add("site " + path, "", text);
  json.emplace_back("evaluations", std::move(evaluations));
  json.emplace_back("sites", json_of(sites, {}));
  config.json = json_text(json);
  config.hash = hash_of_pairs(config.pairs);
  config.command = command_of(request, defaults.values, settings);
  for (const InputFile& file : files.files()) add_file(file, is_start(file, run.train) ? "from" : "input", config);
  for (const InputFile& library : request.libraries) add_file(library, "plugin", config);
  config.build = build_of_program();
  return config;
}

void check_settings(const RunSpec& run, const Training& training) {
  const TrainSettings& settings = run.train;
  const bool evaluates = settings.evaluate_every > 0 && settings.validation_rows > 0;
  if (settings.patience > 0 && !evaluates) {
    throw Error(
        "patience needs evaluations on the validation split while the run trains; there are none; set evaluate_every and "
        "validation_rows.");
  }
  if (const std::string wanting = training.needs_metric(); !wanting.empty() && !evaluates) {
    throw Error("'" + wanting +
                "' needs evaluations on the validation split while the run trains; there are none; set evaluate_every and "
                "validation_rows.");
  }
  check_evaluations(run);
}

std::string differences(const TextPairs& there, const TextPairs& here) {
  constexpr int kMost = 3;
  const auto value = [](const TextPairs& pairs, const std::string& name) -> std::string {
    for (const auto& [key, text] : pairs) {
      if (key == name) return "'" + text + "'";
    }
    return "absent";
  };
  std::set<std::string> names;
  std::string text;
  int count = 0;
  for (const TextPairs* pairs : {&there, &here}) {
    for (const auto& [name, ignored] : *pairs) {
      if (!names.insert(name).second || value(there, name) == value(here, name)) continue;
      if (++count > kMost) continue;
      text += (text.empty() ? "" : ", ") + name + " is " + value(there, name) + " there and " + value(here, name) + " here";
    }
  }
  return count > kMost ? text + " and " + std::to_string(count - kMost) + " more" : text;
}

}  // namespace fovea
