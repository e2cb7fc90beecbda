// Tasks 4, 17 and 19: things beside each other on a grid, and questions for their relations.

#include <array>
#include <optional>

#include "tasks/qa/generator.h"
#include "tasks/qa/words.h"

namespace fovea::qa {
namespace {

/// Directions 0 to 3; direction d and d ^ 1 are opposite.
constexpr std::array<const char*, 4> kCompass{"north", "south", "east", "west"};
constexpr std::array<const char*, 4> kSides{"above", "below", "to the right of", "to the left of"};
constexpr std::array<Extent, 4> kRight{0, 0, 1, -1};
constexpr std::array<Extent, 4> kUp{1, -1, 0, 0};

Extent opposite(Extent direction) { return direction ^ 1; }

const Words& shapes() {
  static const Words names{"triangle", "pink rectangle", "blue square", "red sphere", "red square", "yellow square"};
  return names;
}

/// Thing `to` lies in the direction from thing `from`.
struct Edge {
  Extent from = 0;
  Extent to = 0;
  Extent direction = 0;
  Extent line = 0;      // 0: not said yet
  Extent subject = -1;  // the thing that its statement is about
};

/// Things 0, 1 and 2 are a path; every other thing lies beside one of these three.
class Grid {
 public:
  Grid(Words names, Extent others, bool is_straight, Teller& teller) : teller_(teller), names_(std::move(names)) {
    teller_.rng().shuffle(std::span<std::string>(names_));
    const Extent first = teller_.rng().below(4);
    const Extent second = is_straight ? first : teller_.other_than(opposite(first), 4);
    edges_ = {{0, 1, first, 0, -1}, {1, 2, second, 0, -1}};
    std::vector<Edge> free;
    for (Extent thing = 0; thing < 3; ++thing) {
      for (Extent direction = 0; direction < 4; ++direction) {
        if (!neighbour(thing, direction)) free.push_back({thing, 0, direction, 0, -1});
      }
    }
    teller_.rng().shuffle(std::span<Edge>(free));
    for (Extent i = 0; i < others; ++i) {
      edges_.push_back(free[i]);
      edges_.back().to = 3 + i;
    }
  }

  const std::string& name(Extent thing) const { return names_[thing]; }
  const std::vector<Edge>& edges() const { return edges_; }

  /// From one end of the path to its middle, or from the middle to the other end.
  const Edge& step(Extent from) const { return edges_[from == 0 ? 0 : 1]; }

  /// Draws a thing and a thing beside it until every pair was said once.
  void say_all(bool is_compass) {
    const auto things = static_cast<Extent>(edges_.size()) + 1;
    for (std::size_t said = 0; said < edges_.size();) {
      const Extent thing = teller_.rng().below(things);
      std::vector<std::size_t> beside;
      for (std::size_t i = 0; i < edges_.size(); ++i) {
        if (edges_[i].from == thing || edges_[i].to == thing) beside.push_back(i);
      }
      Edge& edge = edges_[teller_.one_of(beside)];
      if (edge.line > 0) continue;
      const Extent other = edge.from == thing ? edge.to : edge.from;
      say(edge, is_compass ? thing : other, is_compass ? other : thing, is_compass);
      ++said;
    }
  }

 private:
  bool neighbour(Extent thing, Extent direction) const {
    return std::any_of(edges_.begin(), edges_.end(), [&](const Edge& edge) {
      return (edge.from == thing && edge.direction == direction) ||
             (edge.to == thing && opposite(edge.direction) == direction);
    });
  }

  void say(Edge& edge, Extent subject, Extent object, bool is_compass) {
    const auto way = static_cast<std::size_t>(edge.from == object ? edge.direction : opposite(edge.direction));
    const std::string relation = is_compass ? std::string(kCompass[way]) + " of" : kSides[way];
    edge.subject = subject;
    edge.line = teller_.state("The " + name(subject) + " is " + relation + " the " + name(object) + ".");
  }

  Teller& teller_;
  Words names_;
  std::vector<Edge> edges_;
};

void ask_for_neighbour(const Grid& grid, Teller& teller) {
  const Edge& edge = teller.one_of(grid.edges());
  const Extent object = edge.subject == edge.from ? edge.to : edge.from;
  const Extent way = edge.from == object ? edge.direction : opposite(edge.direction);
  const std::string text = teller.coin() ? "What is " + std::string(kCompass[way]) + " of the " + grid.name(object) + "?"
                                         : "What is the " + grid.name(object) + " " + kCompass[opposite(way)] + " of?";
  teller.ask(text, grid.name(edge.subject), {edge.line});
}

/// Half of the questions name a relation that holds.
void ask_for_side(const Grid& grid, Teller& teller) {
  const bool is_forward = teller.coin();
  const Edge& first = grid.step(is_forward ? 0 : 1);
  const Edge& second = grid.step(is_forward ? 1 : 0);
  const auto offset = [&](const std::array<Extent, 4>& axis) {  // from the second thing to the first one
    const Extent sum = axis[first.direction] + axis[second.direction];
    return is_forward ? -sum : sum;
  };
  const std::array<bool, 4> holds{offset(kUp) > 0, offset(kUp) < 0, offset(kRight) > 0, offset(kRight) < 0};
  const bool wanted = teller.coin();
  std::vector<std::size_t> sides;
  for (std::size_t i = 0; i < holds.size(); ++i) {
    if (holds[i] == wanted) sides.push_back(i);
  }
  const std::string text = "Is the " + grid.name(is_forward ? 0 : 2) + " " + kSides[teller.one_of(sides)] + " the " +
                           grid.name(is_forward ? 2 : 0) + "?";
  teller.ask(text, wanted ? "yes" : "no", {first.line, second.line});
}

void ask_for_path(const Grid& grid, Teller& teller) {
  const auto letter = [&](Extent from) { return std::string(1, kCompass[grid.step(from).direction][0]); };
  teller.ask("How do you go from the " + grid.name(0) + " to the " + grid.name(2) + "?", letter(0) + "," + letter(1),
             {grid.step(0).line, grid.step(1).line});
}

}  // namespace

void tell_grid(Extent task, const Difficulty& difficulty, Teller& teller) {
  const Extent others = (task == 19 ? 3 : 0) + difficulty.distractors;
  Words names = task == 17 ? shapes() : all_places();
  if (task != 17) names.resize(std::max<Extent>(6, 3 + others));
  Grid grid(names, others, task == 4, teller);
  grid.say_all(task != 17);
  const Extent questions = difficulty.questions > 0 ? difficulty.questions : task == 17 ? 8 : 1;
  for (Extent asked = 0; asked < questions; ++asked) {
    if (task == 4) ask_for_neighbour(grid, teller);
    if (task == 17) ask_for_side(grid, teller);
    if (task == 19) ask_for_path(grid, teller);
  }
}

}  // namespace fovea::qa
