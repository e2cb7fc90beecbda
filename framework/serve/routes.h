#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "framework/results/json.h"
#include "framework/runs/run_groups.h"
#include "framework/serve/live_feed.h"
#include "framework/serve/message.h"
#include "framework/serve/run_list.h"
#include "framework/serve/site_rows.h"

namespace fovea {

struct ServeSettings {
  std::vector<std::string> places;
  std::filesystem::path kept = {};  // where the list of runs is kept from one start to the next; empty: nowhere
  std::string token;
  int port = 0;
  std::string page;                                  // HTML
  std::function<Json(const RunGroups&)> model = {};  // what the page shows of these runs, made in a process of its own
  const std::atomic<int>* stop = nullptr;            // not 0: what is being read is given up
};

/// What is asked for, and by whom it is answered, so that what takes long does not hold up the rest: each but kAtOnce has a
/// thread of its own. The methods below are for that thread alone.
enum class Lane : std::uint8_t { kAtOnce, kList, kModel, kLive };

/// The answers to requests, without sockets. No file is opened by a name that a request gives: runs are known by their ids,
/// which are those of the list.
///
///     /                              the page
///     /api/runs                      RunList
///     /api/run/ID                    one run: settings, provenance, last figures
///     /api/model[?run=ID,ID]         the model of the page, of all runs or of some
///     /api/rows/ID?site=&from=&to=   SiteRows; with &item= queries of that item
///     /api/live[?run=ID,ID]          LiveFeed, by default of the runs that a process works on
class Routes {
 public:
  explicit Routes(ServeSettings settings);

  /// Why a request is not answered: another host (421), no token (403), another method (405), an address that makes no sense
  /// (400), or nothing at that address (404).
  std::variant<ServeAnswer, ServeTarget> admitted(const ServeRequest& request) const;
  /// True where the request has shown the token.
  bool has_token(const ServeRequest& request) const;

  static Lane lane_of(const ServeTarget& target);
  /// Never throws: failures are answers. Not for kLive.
  ServeAnswer answer(const ServeRequest& request, const ServeTarget& target);
  /// What is followed, or why nothing is.
  std::variant<ServeAnswer, std::unique_ptr<LiveFeed>> feed(const ServeRequest& request, const ServeTarget& target);

 private:
  using Files = std::vector<std::filesystem::path>;

  ServeAnswer run_list(const ServeRequest& request);
  ServeAnswer one_run(const std::string& id);
  ServeAnswer rows(const ServeTarget& target);
  ServeAnswer model(const ServeRequest& request, const ServeTarget& target);
  /// Those of the ids in the query; nothing where one is unknown.
  std::optional<Files> files_of(const ServeTarget& target);
  std::string model_text(const Files& files) const;

  ServeSettings settings_;
  RunList list_;
  SiteRows rows_;
  std::list<std::pair<std::string, std::shared_ptr<const std::string>>> models_;  // by what they are of, newest first
};

}  // namespace fovea
