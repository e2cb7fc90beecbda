#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <sstream>

#include "tasks/qa/generator.h"
#include "tasks/qa/reader.h"
#include "tasks/qa/words.h"
#include "tests/support/qa_data.h"

namespace fovea::qa {
namespace {

constexpr Extent kQuestions = 10000;

/// A statistic is a sum over stories divided by another; both are kept story by story, for the error due to drawing
/// stories.
struct Ratio {
  std::vector<double> above;
  std::vector<double> below;

  double value() const { return sum(above) / sum(below); }
  double error() const {
    const double ratio = value();
    double squares = 0;
    for (std::size_t i = 0; i < above.size(); ++i) squares += std::pow(above[i] - ratio * below[i], 2);
    return std::sqrt(squares) / sum(below);
  }
  static double sum(const std::vector<double>& numbers) { return std::accumulate(numbers.begin(), numbers.end(), 0.0); }
};
using Statistics = std::map<std::string, Ratio>;

std::vector<std::string> words_in(std::string text) {
  for (char& letter : text) {
    letter = letter == '.' || letter == '?' || letter == ','
                 ? ' '
                 : static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

/// What one story adds to the statistics.
class StoryCount {
 public:
  explicit StoryCount(const Story& story) {
    add("questions of a story", 0, 1);
    for (const Line& line : story) {
      if (line.is_question()) {
        question(line);
      } else {
        const double words = static_cast<double>(words_in(line.text).size());
        add("words of a statement", words, 1);
        words_ += words;
        lines_.push_back(number_);
        gap_ += 1;
      }
      ++number_;
    }
  }

  const std::map<std::string, std::pair<double, double>>& sums() const { return sums_; }

 private:
  void add(const std::string& name, double above, double below) {
    sums_[name].first += above;
    sums_[name].second += below;
  }

  void question(const Line& line) {
    const auto statements = static_cast<double>(lines_.size());
    add("questions of a story", 1, 0);
    add("statements before a question", statements, 1);
    add("more than 50 statements", statements > 50 ? 1 : 0, 1);
    add("words before a question", words_, 1);
    add("words of a question", static_cast<double>(words_in(line.text).size()), 1);
    for (std::size_t count = 1; count <= 5; ++count) {
      add(std::to_string(count) + " supporting statements", line.support.size() == count ? 1 : 0, 1);
    }
    add("last support is the last statement",
        *std::max_element(line.support.begin(), line.support.end()) == lines_.back() ? 1 : 0, 1);
    for (const Extent support : line.support) {
      add("age of a supporting statement",
          static_cast<double>(std::count_if(lines_.begin(), lines_.end(), [&](Extent at) { return at > support; })), 1);
    }
    add(is_first_ ? "first gap is 2" : "later gap is 2", gap_ == 2 ? 1 : 0, 1);
    add(is_first_ ? "first gap" : "later gap", gap_, 1);
    for (const char* answer :
         {"yes", "no", "maybe", "nothing", "none", "one", "two", "kitchen", "apple", "s,w", "wolf", "green"}) {
      add(std::string("answer ") + answer, line.answer == answer ? 1 : 0, 1);
    }
    is_first_ = false;
    gap_ = 0;
  }

  std::map<std::string, std::pair<double, double>> sums_;
  std::vector<Extent> lines_;  // the statements so far
  Extent number_ = 1;
  double words_ = 0;
  double gap_ = 0;
  bool is_first_ = true;
};

Statistics statistics_of(const std::vector<Story>& stories) {
  Statistics all;
  for (const Story& story : stories) {
    const StoryCount count(story);
    for (const auto& [name, sums] : count.sums()) {
      all[name].above.push_back(sums.first);
      all[name].below.push_back(sums.second);
    }
  }
  return all;
}

/// How far two ratios are apart, in standard errors of their difference.
double distance(const Ratio& a, const Ratio& b) {
  const double error = std::hypot(a.error(), b.error());
  const double difference = std::abs(a.value() - b.value());
  return error > 0 ? difference / error : difference < 1e-12 ? 0 : 1e9;
}

/// Sentences with people, places and objects replaced by their kinds.
std::set<std::string> templates_in(const std::vector<Story>& stories, Extent task) {
  std::map<std::string, std::string> kinds;
  for (const std::string& name : people_of(task)) kinds[words_in(name)[0]] = "P";
  for (const std::string& name : all_places()) kinds[name] = "L";
  for (const std::string& name : objects()) kinds[name] = "O";
  std::set<std::string> found;
  for (const Story& story : stories) {
    for (const Line& line : story) {
      std::string text = line.is_question() ? "Q" : "S";
      for (const std::string& word : words_in(line.text)) text += " " + (kinds.count(word) != 0 ? kinds.at(word) : word);
      found.insert(text);
    }
  }
  return found;
}

std::set<std::string> answers_in(const std::vector<Story>& stories) {
  std::set<std::string> answers;
  for (const Story& story : stories) {
    for (const Line& line : story) {
      for (const std::string& word : words_in(line.answer)) answers.insert(word);
    }
  }
  return answers;
}

std::vector<Story> released(const std::filesystem::path& root, int task) {
  std::vector<Story> stories;
  for (const char* end : {task == 3 ? "_train.PARTIAL.txt" : "_train.txt", "_test.txt"}) {
    std::vector<Story> some = read_story_file(test::released_file(root, "en-10k", task, end)).stories;
    stories.insert(stories.end(), some.begin(), some.end());
  }
  return stories;
}

}  // namespace

TEST_CASE("generated stories have the statistics of the released ones, and their sentences, words and answers") {
  const auto root = test::released_stories();
  if (!root) return;
  int compared = 0;
  int beyond_two = 0;
  for (int task = 1; task <= kTasks; ++task) {
    CAPTURE(task);
    const std::vector<Story> theirs = released(*root, task);
    const std::vector<Story> ours = generate({task, kQuestions, 1, "train", {}});
    CHECK(templates_in(theirs, task) == templates_in(ours, task));
    CHECK(answers_in(theirs) == answers_in(ours));
    Statistics released_ones = statistics_of(theirs);
    for (const auto& one : statistics_of(ours)) {
      const auto& name = one.first;
      const auto& ratio = one.second;
      CAPTURE(name);
      CAPTURE(released_ones[name].value());
      CAPTURE(ratio.value());
      const double errors = distance(released_ones[name], ratio);
      CHECK(errors < 4);
      compared += ratio.error() > 0 ? 1 : 0;
      beyond_two += errors > 2 ? 1 : 0;
    }
  }
  CHECK(compared > 140);
  CHECK(beyond_two < 0.08 * compared);  // 0.05 are expected where all are the same
}

TEST_CASE("a difference beyond sampling noise is found: that to the other task of a pair") {
  const auto root = test::released_stories();
  if (!root) return;
  Statistics released_ones = statistics_of(released(*root, 7));
  Statistics others = statistics_of(generate({8, kQuestions, 1, "train", {}}));
  CHECK(distance(released_ones["words of a statement"], others["words of a statement"]) > 10);
}

}  // namespace fovea::qa
