#include "framework/runs/json_parts.h"

#include <cmath>

namespace fovea {

Json number_json(const std::optional<double>& value) { return value && std::isfinite(*value) ? Json(*value) : Json(); }

Json pairs_json(const TextPairs& pairs) {
  Json::Object object;
  for (const auto& [name, text] : pairs) object.emplace_back(name, text);
  return object;
}

Json summary_json(const Summary& summary) {
  const auto& interval = summary.interval;
  return Json::Object{{"n", summary.n},
                      {"mean", number_json(summary.mean)},
                      {"deviation", number_json(summary.deviation)},
                      {"low", number_json(interval ? std::optional(interval->low) : std::nullopt)},
                      {"high", number_json(interval ? std::optional(interval->high) : std::nullopt)}};
}

Json unread_json(const std::vector<FoundRun>& unread) {
  Json::Array files;
  for (const FoundRun& run : unread) {
    files.push_back(Json::Object{{"file", path_text(run)}, {"problem", problem_text(run)}});
  }
  return files;
}

}  // namespace fovea
