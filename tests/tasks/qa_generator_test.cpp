#include "tasks/qa/generator.h"

#include <doctest/doctest.h>

#include <set>

#include "framework/core/error.h"
#include "tasks/qa/reader.h"
#include "tasks/qa/words.h"
#include "tests/support/qa_data.h"
#include "tests/support/qa_solver.h"

namespace fovea::qa {
namespace {

struct Known {
  Extent task;
  std::size_t number;
  std::string text;
};

/// A story with seed 7 of one task of each family. Every answer and every supporting statement was checked by hand.
const Known kStories[] = {
    {10, 0,
     R"(1 Fred is either in the park or the school.
2 Mary moved to the cinema.
3 Is Fred in the bedroom? 	no	1
4 Fred is either in the school or the bedroom.
5 Julie is either in the kitchen or the bedroom.
6 Is Fred in the office? 	no	4
7 Mary is either in the park or the school.
8 Bill travelled to the bedroom.
9 Is Julie in the park? 	no	5
10 Fred went to the park.
11 Julie is either in the school or the cinema.
12 Is Fred in the park? 	yes	10
13 Julie travelled to the cinema.
14 Bill is in the park.
15 Is Julie in the school? 	no	13
)"},
    {13, 0,
     R"(1 Sandra and John moved to the hallway.
2 Following that they travelled to the bathroom.
3 Where is Sandra? 	bathroom	1 2
4 Daniel and John went back to the office.
5 Following that they journeyed to the kitchen.
6 Where is Daniel? 	kitchen	4 5
7 Mary and Daniel travelled to the garden.
8 Afterwards they moved to the office.
9 Where is Mary? 	office	7 8
10 John and Mary went back to the hallway.
11 After that they journeyed to the office.
12 Where is Daniel? 	office	7 8
13 Mary and John journeyed to the bedroom.
14 Afterwards they journeyed to the office.
15 Where is Mary? 	office	13 14
)"},
    {14, 0,
     R"(1 Fred journeyed to the park this morning.
2 Fred moved to the cinema yesterday.
3 Where was Fred before the park? 	cinema	1 2
4 Fred journeyed to the bedroom this evening.
5 Fred journeyed to the cinema this afternoon.
6 Where was Fred before the bedroom? 	cinema	4 5
7 Yesterday Mary travelled to the bedroom.
8 Julie journeyed to the park yesterday.
9 Where was Fred before the cinema? 	park	5 1
10 Bill moved to the school yesterday.
11 Mary journeyed to the park this morning.
12 Where was Mary before the park? 	bedroom	11 7
13 This afternoon Julie travelled to the bedroom.
14 Julie went back to the school this morning.
15 Where was Julie before the school? 	park	14 8
)"},
    {8, 0,
     R"(1 John journeyed to the office.
2 Sandra journeyed to the bedroom.
3 Mary went back to the kitchen.
4 Daniel went to the bathroom.
5 Sandra journeyed to the kitchen.
6 Daniel journeyed to the bedroom.
7 Daniel travelled to the garden.
8 Mary moved to the garden.
9 Mary picked up the football there.
10 Mary put down the football.
11 What is Mary carrying? 	nothing	9 10
12 Daniel went to the office.
13 Daniel travelled to the hallway.
14 What is Mary carrying? 	nothing	9 10
15 John went back to the hallway.
16 Sandra got the milk there.
17 What is Mary carrying? 	nothing	9 10
18 Mary took the football there.
19 Sandra put down the milk.
20 What is Sandra carrying? 	nothing	16 19
21 Daniel picked up the apple there.
22 Mary went back to the office.
23 What is Mary carrying? 	football	9 10 18
)"},
    {19, 0,
     R"(1 The bathroom is east of the office.
2 The bedroom is south of the office.
3 The garden is west of the kitchen.
4 The hallway is west of the garden.
5 The kitchen is north of the office.
6 How do you go from the office to the garden?	n,w	5 3
)"},
    {18, 0,
     R"(1 The box is bigger than the container.
2 The container fits inside the chest.
3 The suitcase fits inside the container.
4 The box is bigger than the chocolate.
5 The suitcase fits inside the chest.
6 Is the suitcase bigger than the box?	no	3 1
7 Does the box fit in the suitcase?	no	3 1
8 Is the suitcase bigger than the box?	no	3 1
9 Does the box fit in the suitcase?	no	3 1
10 Is the suitcase bigger than the box?	no	3 1
)"},
    {16, 0,
     R"(1 Julius is a lion.
2 Bernhard is a lion.
3 Bernhard is yellow.
4 Lily is a rhino.
5 Greg is a lion.
6 Greg is gray.
7 Julius is gray.
8 Lily is white.
9 Brian is a lion.
10 What color is Brian?	gray	9 5 6
)"},
    {20, 0,
     R"(1 Sumit is thirsty.
2 Where will sumit go?	kitchen	1
3 Jason is hungry.
4 Where will jason go?	kitchen	3
5 Sumit went to the kitchen.
6 Why did sumit go to the kitchen?	thirsty	1
7 Jason journeyed to the kitchen.
8 Why did jason go to the kitchen?	hungry	3
9 Jason grabbed the apple there.
10 Why did jason get the apple?	hungry	3
11 Antoine is tired.
12 Where will antoine go?	bedroom	11
13 Yann is hungry.
14 Where will yann go?	kitchen	13
15 Yann travelled to the kitchen.
16 Why did yann go to the kitchen?	hungry	13
17 Sumit got the milk there.
18 Why did sumit get the milk?	thirsty	1
19 Antoine went to the bedroom.
20 Why did antoine go to the bedroom?	tired	11
21 Antoine got the pajamas there.
22 Why did antoine get the pajamas?	tired	11
)"},
    {18, 40,
     R"(1 The box of chocolates fits inside the container.
2 The chocolate fits inside the chest.
3 The container is bigger than the box.
4 The box is bigger than the box of chocolates.
5 The box is bigger than the box of chocolates.
6 Does the container fit in the box of chocolates?	no	5 3
7 Is the box of chocolates bigger than the container?	no	5 3
8 Is the box of chocolates bigger than the container?	no	5 3
9 Does the box of chocolates fit in the container?	yes	3 4
10 Is the box of chocolates bigger than the container?	no	5 3
)"},
};

std::vector<Story> made(Extent task, Extent questions, std::uint64_t seed = 7, const Difficulty& difficulty = {}) {
  return generate({task, questions, seed, "train", difficulty});
}

std::string whole_text(const std::vector<Story>& stories, Extent task) {
  std::string text;
  for (const Story& story : stories) text += text_of(story, task);
  return text;
}

/// Shares of the questions that the solver answers rightly: from all statements before, and from the supporting ones.
struct Solved {
  double by_story = 0;
  double by_support = 0;
};

Solved solved(Extent task, const std::vector<Story>& stories) {
  double all = 0;
  Solved sum;
  for (const Story& story : stories) {
    for (std::size_t number = 1; number <= story.size(); ++number) {
      const Line& line = story[number - 1];
      if (!line.is_question()) continue;
      all += 1;
      sum.by_story += test::solve(task, test::statements_before(story, number), line.text) == line.answer ? 1 : 0;
      sum.by_support += test::solve(task, test::supporting_statements(story, number), line.text) == line.answer ? 1 : 0;
    }
  }
  return {sum.by_story / all, sum.by_support / all};
}

Extent statements_in(const std::vector<Story>& stories) {
  Extent count = 0;
  for (const Story& story : stories) count += static_cast<Extent>(story.size()) - questions_of(story);
  return count;
}

std::set<std::string> people_in(const std::vector<Story>& stories, Extent task) {
  std::set<std::string> people;
  for (const std::string& name : people_of(task)) {
    if (whole_text(stories, task).find(name) != std::string::npos) people.insert(name);
  }
  return people;
}

}  // namespace

TEST_CASE("a story of each family is the one that was checked by hand") {
  for (const auto& [task, number, text] : kStories) {
    const Extent of_task = task;
    CAPTURE(of_task);
    CHECK(text_of(made(task, 1000)[number], task) == text);
  }
}

TEST_CASE("every answer follows from the story, and from the supporting statements alone") {
  for (Extent task = 1; task <= kTasks; ++task) {
    CAPTURE(task);
    const Solved share = solved(task, made(task, 600));
    CHECK(share.by_support == 1);
    CHECK(share.by_story >= (task == 5 ? 0.99 : 1));  // in task 5 a question may be about a gift that another one followed
  }
}

TEST_CASE("the solver that generated stories are compared with answers the released questions") {
  const auto root = test::released_stories();
  if (!root) return;
  for (int task = 1; task <= 20; ++task) {
    CAPTURE(task);
    const StoryFile file = read_story_file(test::released_file(*root, "en", task, "_test.txt"));
    const Solved share = solved(task, file.stories);
    CHECK(share.by_support == 1);
    CHECK(share.by_story >= (task == 5 ? 0.99 : 1));
  }
}

TEST_CASE(
    "the same seed gives the same stories, another seed or stream gives others, and more stories start with the same") {
  for (Extent task = 1; task <= kTasks; ++task) {
    CAPTURE(task);
    const std::vector<Story> stories = made(task, 40);
    CHECK(stories == made(task, 40));
    CHECK(stories != made(task, 40, 8));
    CHECK(stories != generate({task, 40, 7, "test", {}}));
    const std::vector<Story> more = made(task, 80);
    CHECK(std::equal(stories.begin(), stories.end() - 1, more.begin()));
  }
}

TEST_CASE("every generated file is read back by the strict reader") {
  for (Extent task = 1; task <= kTasks; ++task) {
    CAPTURE(task);
    const std::vector<Story> stories = made(task, 300);
    CHECK(questions_of(stories) == 300);
    CHECK(read_stories(whole_text(stories, task), "file").stories == stories);
  }
}

TEST_CASE("difficulty changes what it names: people, questions of a story, statements before a question") {
  for (Extent task = 1; task <= kTasks; ++task) {
    CAPTURE(task);
    const Knobs knobs = knobs_of(task);
    if (knobs.actors) CHECK(people_in(made(task, 400, 7, {.actors = 7}), task).size() == 7);
    if (knobs.questions) {
      const std::vector<Story> stories = made(task, 6, 7, {.questions = 2});
      CHECK(questions_of(stories.front()) >= 2);
      CHECK(questions_of(stories.front()) < (task == 18 ? 4 : 3));
    }
    if (knobs.distractors) {
      const std::vector<Story> stories = made(task, 100, 7, {.distractors = 3});
      CHECK(statements_in(stories) >= statements_in(made(task, 100)) + 3 * static_cast<Extent>(stories.size()));
      const Solved share = solved(task, stories);
      CHECK(share.by_support == 1);
      CHECK(share.by_story >= (task == 5 ? 0.95 : 1));
    }
  }
}

TEST_CASE("a difficulty that a task does not have is an error, and so is too much of it, and a task that does not exist") {
  CHECK_THROWS_WITH_AS(
      made(17, 10, 7, {.actors = 3}),
      "[qa] actors of task 17 must be 0, as it has none; it is 3; set actors=0 for stories like the released ones.", Error);
  CHECK_THROWS_WITH_AS(
      made(19, 10, 7, {.distractors = 4}),
      "[qa] distractors of task 19 must be from 1 to 3; it is 4; set distractors=0 for stories like the released ones.",
      Error);
  CHECK_THROWS_WITH_AS(made(12, 10, 7, {.actors = 2}), doctest::Contains("actors of task 12 must be from 3 to"), Error);
  CHECK_THROWS_WITH_AS(made(21, 10), doctest::Contains("a task from 1 to 20 was expected; 21 came"), Error);
}

}  // namespace fovea::qa
