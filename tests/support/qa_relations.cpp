#include <map>
#include <set>

#include "tests/support/qa_words.h"

namespace fovea::test {
namespace {

const std::map<std::string, std::pair<int, int>>& directions() {
  static const std::map<std::string, std::pair<int, int>> all{
      {"is north of", {0, 1}}, {"is south of", {0, -1}}, {"is east of", {1, 0}},         {"is west of", {-1, 0}},
      {"is above", {0, 1}},    {"is below", {0, -1}},    {"is to the right of", {1, 0}}, {"is to the left of", {-1, 0}}};
  return all;
}

struct Relation {
  std::string subject;
  std::pair<int, int> offset;  // from object to subject
  std::string object;
};

Relation relation_of(const std::string& line) {
  for (const auto& [text, offset] : directions()) {
    const std::size_t at = line.find(" " + text + " the ");
    if (at == std::string::npos) continue;
    const std::size_t object = at + text.size() + 6;
    return {line.substr(4, at - 4), offset, line.substr(object, line.size() - object - 1)};
  }
  return {};
}

/// Where things lie, (east, north) from the first one.
std::map<std::string, std::pair<int, int>> placed(const Lines& lines) {
  std::map<std::string, std::pair<int, int>> places{{relation_of(lines[0]).object, {0, 0}}};
  for (std::size_t round = 0; round < lines.size(); ++round) {
    for (const std::string& line : lines) {
      const Relation r = relation_of(line);
      const bool knows_subject = places.count(r.subject) != 0;
      if (knows_subject == (places.count(r.object) != 0)) continue;
      const int sign = knows_subject ? -1 : 1;
      const auto from = places[knows_subject ? r.subject : r.object];
      places[knows_subject ? r.object : r.subject] = {from.first + sign * r.offset.first,
                                                      from.second + sign * r.offset.second};
    }
  }
  return places;
}

}  // namespace

std::string deduce(const Lines& lines, const Words& q) {
  static const std::map<std::string, std::string> one{{"mice", "mouse"},  {"wolves", "wolf"}, {"cats", "cat"},
                                                      {"sheep", "sheep"}, {"Mice", "mouse"},  {"Wolves", "wolf"},
                                                      {"Cats", "cat"},    {"Sheep", "sheep"}};
  std::map<std::string, std::string> fears;
  std::string kind;
  for (const std::string& line : lines) {
    const Words w = words_of(line);
    if (has(w, "afraid")) fears[one.at(w[0])] = one.at(w.back());
    if (w[0] == capital(q[2])) kind = w.back();
  }
  return fears[kind];
}

std::string induce(const Lines& lines, const Words& q) {
  Words order;
  std::map<std::string, std::string> species;
  std::map<std::string, std::string> colours;
  for (const std::string& line : lines) {
    const Words w = words_of(line);
    (w[2] == "a" ? species : colours)[w[0]] = w.back();
    if (w[2] == "a") order.push_back(w[0]);
  }
  std::string answer;
  for (const std::string& name : order) {
    if (name != q.back() && species[name] == species[q.back()]) answer = colours[name];
  }
  return answer;
}

std::string beside(const Lines& lines, const Words& q) {
  const bool asks_subject = q[2] != "the";
  const auto offset = directions().at("is " + (asks_subject ? q[2] : q[4]) + " of");
  const std::string known = asks_subject ? q.back() : q[3];
  for (const std::string& line : lines) {
    const Relation r = relation_of(line);
    const auto reverse = std::pair{-r.offset.first, -r.offset.second};
    if (r.object == known && (asks_subject ? r.offset : reverse) == offset) return r.subject;
    if (r.subject == known && (asks_subject ? reverse : r.offset) == offset) return r.object;
  }
  return "";
}

std::string side(const Lines& lines, const std::string& question) {
  for (const auto& [text, offset] : directions()) {
    const std::string tail = text.substr(3);
    const std::size_t at = question.find(" " + tail + " the ");
    if (at == std::string::npos) continue;
    const std::string subject = question.substr(7, at - 7);
    const std::size_t object = at + tail.size() + 6;
    auto places = placed(lines);
    const auto a = places.at(subject);
    const auto b = places.at(question.substr(object, question.size() - object - 1));
    const int along = (a.first - b.first) * offset.first + (a.second - b.second) * offset.second;
    return along > 0 ? "yes" : "no";
  }
  return "";
}

std::string path(const Lines& lines, const Words& q) {
  const std::string& from = q[6];
  const std::string& to = q.back();
  static const std::map<std::pair<int, int>, std::string> letters{
      {{0, 1}, "n"}, {{0, -1}, "s"}, {{1, 0}, "e"}, {{-1, 0}, "w"}};
  std::map<std::string, std::map<std::string, std::string>> next;
  for (const std::string& line : lines) {
    const Relation r = relation_of(line);
    next[r.object][r.subject] = letters.at(r.offset);
    next[r.subject][r.object] = letters.at({-r.offset.first, -r.offset.second});
  }
  for (const auto& [middle, letter] : next[from]) {
    if (next[middle].count(to) != 0) return letter + "," + next[middle][to];
  }
  return "";
}

std::string compare(const Lines& lines, const std::string& question) {
  std::map<std::string, std::set<std::string>> smaller;
  for (const std::string& line : lines) {
    const std::size_t is = line.find(" is bigger than the ");
    const std::size_t fits = line.find(" fits inside the ");
    const std::size_t at = std::min(is, fits);
    const std::string first = line.substr(4, at - 4);
    const std::size_t begin = at + (is < fits ? 20 : 17);
    const std::string second = line.substr(begin, line.size() - begin - 1);
    (is < fits ? smaller[first] : smaller[second]).insert(is < fits ? second : first);
  }
  for (std::size_t round = 0; round < 6; ++round) {
    for (auto& [big, below] : smaller) {
      const std::set<std::string> known = below;
      for (const std::string& thing : known) below.insert(smaller[thing].begin(), smaller[thing].end());
    }
  }
  const bool asks_bigger = question.find(" bigger than the ") != std::string::npos;
  const std::string between = asks_bigger ? " bigger than the " : " fit in the ";
  const std::size_t begin = asks_bigger ? 7 : 9;
  const std::size_t at = question.find(between);
  const std::string first = question.substr(begin, at - begin);
  const std::string second = question.substr(at + between.size(), question.size() - at - between.size() - 1);
  return smaller[asks_bigger ? first : second].count(asks_bigger ? second : first) != 0 ? "yes" : "no";
}

std::string motive(const Lines& lines, const Words& q) {
  static const std::map<std::string, std::string> places{
      {"thirsty", "kitchen"}, {"hungry", "kitchen"}, {"tired", "bedroom"}, {"bored", "garden"}};
  std::string state;
  for (const std::string& line : lines) {
    const Words w = words_of(line);
    if (w[0] == capital(q[2]) && w[1] == "is") state = w[2];
  }
  return q[0] == "Why" ? state : places.count(state) != 0 ? places.at(state) : "";
}

}  // namespace fovea::test
