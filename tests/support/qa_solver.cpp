#include "tests/support/qa_solver.h"

#include <map>
#include <set>

#include "tests/support/qa_words.h"

namespace fovea::test {
namespace {

/// "move", "get", "drop" or "give"; "": something else.
std::string action_of(const Words& w) {
  const auto any = [&](const Words& verbs) {
    return std::any_of(verbs.begin(), verbs.end(), [&](const std::string& v) { return has(w, v); });
  };
  if (any({"got", "took", "grabbed", "picked"})) return "get";
  if (any({"dropped", "discarded", "left", "put"})) return "drop";
  if (any({"gave", "passed", "handed"})) return "give";
  return any({"went", "journeyed", "travelled", "moved"}) ? "move" : "";
}

/// Who goes where: task 1, 6, 11, 12, 13, and the last statements of 9 and 10.
std::map<std::string, Words> last_said(const Lines& lines) {
  std::map<std::string, Words> said;
  Words group;
  for (const std::string& line : lines) {
    const Words w = words_of(line);
    const bool is_pronoun = has(w, "he") || has(w, "she") || has(w, "they");
    if (!is_pronoun) group = w.size() > 1 && w[1] == "and" ? Words{w[0], w[2]} : Words{w[0]};
    if (!is_pronoun && action_of(w) != "move" && !has(w, "is")) continue;
    for (const std::string& who : group) said[who] = w;
  }
  return said;
}

struct Thing {
  std::string action;
  std::string who;
  std::string to;
  std::size_t line = 0;
};

std::map<std::string, std::vector<Thing>> things_in(const Lines& lines) {
  std::map<std::string, std::vector<Thing>> things;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Words w = words_of(lines[i]);
    const std::string action = action_of(w);
    if (action == "move") continue;
    things[after(w, "the")].push_back({action, w[0], action == "give" ? w.back() : "", i});
  }
  return things;
}

/// Where a person is after a line, by the text; "": it does not say.
std::string place_at(const Lines& lines, const std::string& who, std::size_t line) {
  std::string place;
  for (std::size_t i = 0; i <= line && i < lines.size(); ++i) {
    const Words w = words_of(lines[i]);
    if (w[0] == who && action_of(w) == "move") place = w.back();
  }
  return place;
}

/// Where an object is after each line. Whoever puts it down without having taken it has carried it from the start.
Words places_of_object(const Lines& lines, const std::string& object) {
  const std::vector<Thing> things = things_in(lines)[object];
  Words places;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto next = std::find_if(things.begin(), things.end(), [&](const Thing& thing) { return thing.line > i; });
    if (next == things.begin()) {
      places.push_back(next->action == "drop" ? place_at(lines, next->who, i) : "");
    } else {
      const Thing& last = *(next - 1);
      places.push_back(place_at(lines, last.who, last.action == "drop" ? last.line : i));
    }
  }
  return places;
}

std::string where_was(const Lines& lines, const Words& q) {
  const Words places = places_of_object(lines, q[3]);
  std::size_t i = places.size();
  while (i-- > 1) {
    if (places[i] == q.back() && places[i - 1] != q.back()) return places[i - 1];
  }
  return "";
}

std::string about_gift(const Lines& lines, const Words& q) {
  const auto things = things_in(lines);
  std::string answer;
  std::size_t latest = 0;
  for (const auto& [object, events] : things) {
    for (const Thing& gift : events) {
      if (gift.action != "give") continue;
      const bool is_meant = q[0] == "What" ? gift.who == q[2] && gift.to == q[5] : has(q, object);
      const bool fits = q[0] == "What" || ((!has(q, "did") || has(q, gift.who)) &&
                                           (q.back() == object || q.back() == "to" || q.back() == gift.to));
      if (!is_meant || !fits || (!answer.empty() && gift.line < latest)) continue;
      latest = gift.line;
      answer = q[0] == "What" ? object : has(q, "gave") ? gift.who : gift.to;
    }
  }
  return answer;
}

std::string carried(const Lines& lines, const Words& q, bool counts) {
  const std::string& who = counts ? q[4] : q[2];
  Words order;
  std::set<std::string> held;
  for (const std::string& line : lines) {
    const Words w = words_of(line);
    const std::string action = action_of(w);
    if (action == "move" || (w[0] != who && !(action == "give" && w.back() == who))) continue;
    const std::string object = after(w, "the");
    if (!has(order, object)) order.push_back(object);
    if (w[0] == who && action != "get") held.erase(object);
    if (w[0] != who || action == "get") held.insert(object);
  }
  if (counts) return Words{"none", "one", "two", "three"}[held.size()];
  std::string answer;
  for (const std::string& object : order) {
    if (held.count(object) != 0) answer += (answer.empty() ? "" : ",") + object;
  }
  return answer.empty() ? "nothing" : answer;
}

std::string whether_in(const Lines& lines, const Words& q) {
  const Words said = last_said(lines)[q[1]];
  if (has(said, "either")) return has(said, q.back()) ? "maybe" : "no";
  const bool is_denied = has(said, "not") || has(said, "no");
  return !is_denied && said.back() == q.back() ? "yes" : "no";
}

std::string where_before(const Lines& lines, const Words& q) {
  static const Words when{"yesterday", "morning", "afternoon", "evening"};
  std::map<std::size_t, std::string> visits;
  for (const std::string& line : lines) {
    Words w = words_of(line);
    if (!has(w, q[2])) continue;
    if (w[0] == "Yesterday") w[0] = "yesterday";
    for (std::size_t t = 0; t < when.size(); ++t) {
      if (has(w, when[t])) visits[t] = after(w, "the");
    }
  }
  for (auto visit = visits.rbegin(); visit != visits.rend(); ++visit) {
    if (visit->second == q.back() && std::next(visit) != visits.rend()) return std::next(visit)->second;
  }
  return "";
}

}  // namespace

std::string solve(Extent task, const Lines& lines, const std::string& question) {
  const Words q = words_of(question);
  switch (task) {
    case 2: return places_of_object(lines, q.back()).back();
    case 3: return where_was(lines, q);
    case 4: return beside(lines, q);
    case 5: return about_gift(lines, q);
    case 6:
    case 9:
    case 10: return whether_in(lines, q);
    case 7: return carried(lines, q, true);
    case 8: return carried(lines, q, false);
    case 14: return where_before(lines, q);
    case 15: return deduce(lines, q);
    case 16: return induce(lines, q);
    case 17: return side(lines, question);
    case 18: return compare(lines, question);
    case 19: return path(lines, q);
    case 20: return motive(lines, q);
    default: return last_said(lines)[q.back()].back();
  }
}

Lines statements_before(const qa::Story& story, std::size_t number) {
  Lines lines;
  for (std::size_t i = 0; i + 1 < number; ++i) {
    if (!story[i].is_question()) lines.push_back(story[i].text);
  }
  return lines;
}

Lines supporting_statements(const qa::Story& story, std::size_t number) {
  std::vector<Extent> support = story[number - 1].support;
  std::sort(support.begin(), support.end());
  Lines lines;
  for (const Extent line : support) lines.push_back(story[line - 1].text);
  return lines;
}

}  // namespace fovea::test
