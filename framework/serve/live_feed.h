#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "framework/results/journal.h"

namespace fovea {

/// A run that is followed, by its id and directory.
struct LiveRun {
  std::string id;
  std::filesystem::path directory;
};

/// Events of server-sent events (HTML standard, 9.2) from the journals of some runs:
///
///     row        {"run", "n", "kind", "step", "seconds", "text", "values": [[name, slice, value]]}, n counts from 1
///     restarted  {"run"}: the journal was cut back, and its rows come again from the first
///     state      {"run", "state", "text"}: running, finished, stopped, failed; interrupted, where no process works on it
///     problem    {"run", "text"}: its journal cannot be read
///
/// The id of an event says how much of each journal its reader has: "<run>:<n>:<check>,...". Given back, the rows that
/// follow come, or all from the first where the journal is no longer the one that was read.
class LiveFeed {
 public:
  LiveFeed(std::span<const LiveRun> runs, std::string_view last_event_id);

  /// The events since the last call, "" where there are none. At most about a megabyte: `has_more` says whether to ask at
  /// once for the rest.
  std::string next();
  bool has_more() const { return !waiting_.empty(); }

 private:
  struct Following {
    LiveRun run;
    JournalFollower follower;
    std::uint64_t rows = 0;     // read
    std::string check = "0";    // of the last row
    std::uint64_t known = 0;    // rows that the reader has, and the check of the last one
    std::string known_check{};  //
    std::string own_state{};    // what the journal says last
    std::string told_state{};
    bool is_over = false;  // its journal cannot be read
  };

  void follow(Following& one);
  void take(Following& one, const JournalRow& row);
  void tell_state(Following& one, bool is_held);
  void tell(const std::string& event, const std::string& data);
  std::string position() const;

  std::vector<Following> runs_;
  std::deque<std::string> waiting_;
};

}  // namespace fovea
