#include <fmt/format.h>
#include <functional>
#include <map>
#include <ostream>

#include "framework/anneal/annealing.h"
#include "framework/cli/command.h"
#include "framework/cli/plugin_library.h"
#include "framework/cli/screen.h"
#include "framework/train/schedule.h"

namespace fovea::cli {
namespace {

std::string range_text(const Options::Field& field) {
  if (!field.choices.empty()) return fmt::format("one of {}", fmt::join(field.choices, ", "));
  const bool has_low = field.bounds.low > -std::numeric_limits<double>::infinity();
  const bool has_high = field.bounds.high < std::numeric_limits<double>::infinity();
  if (has_low && has_high) return fmt::format("[{:.16g}, {:.16g}]", field.bounds.low, field.bounds.high);
  if (has_low) return fmt::format(">= {:.16g}", field.bounds.low);
  if (has_high) return fmt::format("<= {:.16g}", field.bounds.high);
  return "";
}

std::string type_text(const Options::Field& field) {
  static constexpr std::array<const char*, 5> kNames = {"integer", "real", "bool", "text", "integers"};
  return kNames[field.target.index()];
}

std::string options_text(const Options& options) {
  std::vector<std::vector<std::string>> rows = {{"  option", "default", "type", "range", "help"}};
  for (const Options::Field& field : options.fields()) {
    rows.push_back({"  " + field.name, options.text(field.name), type_text(field), range_text(field), field.help});
  }
  return table_text(rows);
}

template <class Base>
std::string options_of(const std::string& name) {
  const std::unique_ptr<Base> plugin = Registry<Base>::instance().make(name);
  Options options;
  plugin->fields(options);
  return options.fields().empty() ? "" : "\nOptions\n" + options_text(options);
}

std::string experiment_options(const std::string& name) {
  TrainSettings settings;
  Options options;
  settings.fields(options);
  return options_of<Experiment>(name) + "\nTraining settings of any experiment (the defaults before a run changes them)\n" +
         options_text(options);
}

// The options of every kind; a kind that is not here is described by its docstring alone.
const std::map<std::string, std::function<std::string(const std::string&)>>& option_texts() {
  static const std::map<std::string, std::function<std::string(const std::string&)>> kTexts = {
      {Scorer::kKind, options_of<Scorer>},       {Pattern::kKind, options_of<Pattern>},
      {Selector::kKind, options_of<Selector>},   {Estimator::kKind, options_of<Estimator>},
      {Optimizer::kKind, options_of<Optimizer>}, {Schedule::kKind, options_of<Schedule>},
      {Annealing::kKind, options_of<Annealing>}, {Task::kKind, options_of<Task>},
      {Experiment::kKind, experiment_options},
  };
  return kTexts;
}

std::string trimmed(const std::string& doc) {
  const std::size_t begin = doc.find_first_not_of(" \n");
  const std::size_t end = doc.find_last_not_of(" \n");
  return begin == std::string::npos ? "" : doc.substr(begin, end - begin + 1);
}

std::string description(const PluginInfo& info) {
  const auto options = option_texts().find(info.kind);
  return fmt::format("{} {}  ({})\n\n{}\n{}", info.kind, info.name, info.file, trimmed(info.doc),
                     options == option_texts().end() ? "" : options->second(info.name));
}

}  // namespace

int describe(const Arguments& arguments, Streams streams) {
  load_plugins(arguments.plugins);
  const detail::Catalogue& catalogue = detail::Catalogue::instance();
  catalogue.throw_kept_error();
  std::vector<std::string> known;
  std::string text;
  for (const PluginInfo& info : catalogue.all()) {
    known.push_back(info.name);
    if (info.name == arguments.name) text += (text.empty() ? "" : "\n") + description(info);
  }
  if (text.empty()) throw UsageError("describe", unknown_name(arguments.name, known));
  streams.out << text;
  return kOk;
}

}  // namespace fovea::cli
