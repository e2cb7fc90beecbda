#include "framework/serve/live_feed.h"

#include <fmt/format.h>
#include <xxhash.h>
#include <algorithm>
#include <charconv>
#include <cmath>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/results/json.h"
#include "framework/results/run_lock.h"

namespace fovea {
namespace {

const char* kind_of(JournalRow::Kind kind) {
  switch (kind) {
    case JournalRow::Kind::kState: return "state";
    case JournalRow::Kind::kTrain: return "train";
    case JournalRow::Kind::kEvaluation: return "evaluation";
    case JournalRow::Kind::kSite: return "site";
    default: return "message";
  }
}

/// As JSON has it: a number that is not finite is null.
Json real_json(double value) { return std::isfinite(value) ? Json(value) : Json(); }

/// A site row has too many numbers of single queries to be read as they come; those of the whole site stay.
Json values_json(const JournalRow& row) {
  Json::Array values;
  for (const JournalValue& value : row.values) {
    if (row.kind == JournalRow::Kind::kSite && !value.slice.empty()) continue;
    values.emplace_back(Json::Array{printable(value.name), printable(value.slice), real_json(value.value)});
  }
  return values;
}

std::string check_of(const std::string& data) { return fmt::format("{:08x}", XXH3_64bits(data.data(), data.size()) >> 32U); }

bool is_held(const std::filesystem::path& directory) {
  try {
    return is_locked(directory);
  } catch (const Error&) {
    return false;  // one that may not be looked at
  }
}

bool is_end(const std::string& state) { return state == "finished" || state == "stopped" || state == "failed"; }

}  // namespace

LiveFeed::LiveFeed(std::span<const LiveRun> runs, std::string_view last_event_id) {
  for (const LiveRun& run : runs) {
    Following& one = runs_.emplace_back(Following{run, JournalFollower(run.directory / "journal")});
    const std::size_t place = last_event_id.find(run.id + ":");
    if (place == std::string_view::npos) continue;
    std::string_view given = last_event_id.substr(place + run.id.size() + 1);
    given = given.substr(0, given.find(','));
    const std::size_t colon = std::min(given.find(':'), given.size());
    std::from_chars(given.data(), given.data() + colon, one.known);
    one.known_check = given.substr(std::min(colon + 1, given.size()));
  }
}

std::string LiveFeed::next() {
  constexpr std::size_t kMost = std::size_t{1} << 20;
  if (waiting_.empty()) {
    for (Following& one : runs_) follow(one);
  }
  std::string text;
  while (!waiting_.empty() && text.size() < kMost) {
    text += waiting_.front();
    waiting_.pop_front();
  }
  return text;
}

void LiveFeed::follow(Following& one) {
  if (one.is_over) return;
  const bool was_held = is_held(one.run.directory);  // before reading: what it wrote last is then read below
  try {
    const JournalFollower::News news = one.follower.next();
    if (news.restarted) {
      one.rows = 0;
      one.known = 0;
      tell("restarted", json_line(Json::Object{{"run", one.run.id}}));
    }
    for (const JournalRow& row : news.rows) take(one, row);
    if (one.rows < one.known) {  // it is shorter than what the reader has
      one.known = 0;
      one.rows = 0;
      one.follower = JournalFollower(one.run.directory / "journal");
      tell("restarted", json_line(Json::Object{{"run", one.run.id}}));
      for (const JournalRow& row : one.follower.next().rows) take(one, row);
    }
  } catch (...) {
    one.is_over = true;
    const std::string text = printable(caught_error("reading").what());
    tell("problem", json_line(Json::Object{{"run", one.run.id}, {"text", text}}));
    return;
  }
  tell_state(one, was_held);
}

void LiveFeed::take(Following& one, const JournalRow& row) {
  ++one.rows;
  if (row.kind == JournalRow::Kind::kState) one.own_state = row.text;
  const std::string data = json_line(Json::Object{{"run", one.run.id},
                                                  {"n", one.rows},
                                                  {"kind", kind_of(row.kind)},
                                                  {"step", row.step},
                                                  {"seconds", real_json(row.seconds)},
                                                  {"text", printable(row.text)},
                                                  {"values", values_json(row)}});
  one.check = check_of(data);
  if (one.rows > one.known) return tell("row", data);
  // The reader has it, unless this is another journal than the one that was read.
  if (one.rows == one.known && one.check != one.known_check) one.known = std::numeric_limits<std::uint64_t>::max();
}

void LiveFeed::tell_state(Following& one, bool is_held_now) {
  std::string state = is_held_now ? "running" : is_end(one.own_state) ? one.own_state : "interrupted";
  if (state == one.told_state) return;
  one.told_state = state;
  const std::string text =
      state == "interrupted" ? "no process works on this run; the command that started it resumes it" : "";
  tell("state", json_line(Json::Object{{"run", one.run.id}, {"state", printable(state)}, {"text", text}}));
}

void LiveFeed::tell(const std::string& event, const std::string& data) {
  waiting_.push_back(fmt::format("event: {}\nid: {}\ndata: {}\n\n", event, position(), data));
}

std::string LiveFeed::position() const {
  std::string text;
  for (const Following& one : runs_) {
    text += fmt::format("{}{}:{}:{}", text.empty() ? "" : ",", one.run.id, one.rows, one.check);
  }
  return text;
}

}  // namespace fovea
