#include "framework/sweep/search.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <set>

#include "framework/core/error.h"
#include "framework/core/options.h"
#include "framework/core/rng.h"
#include "framework/core/text.h"
#include "framework/core/whole.h"

namespace fovea {
namespace {

constexpr Extent kMostPoints = 100'000;

const char* name_of(Search::Kind kind) {
  return kind == Search::Kind::kGrid ? "grid" : kind == Search::Kind::kRandom ? "random" : "halving";
}

void list_options(Search& search, Options& options) {
  constexpr auto kMost = static_cast<double>(kMostPoints);
  if (search.kind == Search::Kind::kHalving) {
    options.add("first", search.first, "steps before the first choice, >= 1", {.low = 1});
    options.add("factor", search.factor, "one of so many points goes on, for so many times the steps, >= 2", {2, 1000});
  }
  if (search.kind == Search::Kind::kGrid) return;
  const double fewest = search.kind == Search::Kind::kRandom ? 1 : 0;
  options.add("points", search.points, "points that are drawn; 0, of halving: the grid", {fewest, kMost});
  options.add("seed", search.seed, "of the draws, >= 0", {.low = 0});
}

/// The number of all combinations; nothing where there are infinitely many.
std::optional<Extent> space_of(std::span<const Dimension> dimensions) {
  Extent space = 1;
  for (const Dimension& dimension : dimensions) {
    const std::optional<Extent> count = dimension.count();
    if (!count) return std::nullopt;
    space = capped_product(space, *count);
  }
  return space;
}

void add(Point& point, const Dimension& dimension, const std::vector<std::string>& texts) {
  for (std::size_t k = 0; k < texts.size(); ++k) point.emplace_back(dimension.keys()[k], texts[k]);
}

std::vector<Point> grid_of(std::span<const Dimension> dimensions) {
  for (const Dimension& dimension : dimensions) {
    if (dimension.count()) continue;
    throw Error(dimension.call(),
                "values that can be counted were expected of a grid; an interval came; write range(low, high, step) or "
                "log_range(low, high, count), or give --search \"random(points=20)\".");
  }
  const Extent space = *space_of(dimensions);
  if (space > kMostPoints) {
    throw Error("sweep", fmt::format("at most {} points were expected; the grid has {}{}; give --search "
                                     "\"random(points=100)\", or fewer values.",
                                     kMostPoints, space, space == kLargestWhole ? " and more" : ""));
  }
  std::vector<Point> points;
  for (Extent i = 0; i < space; ++i) {
    Point point;
    Extent block = space;
    Extent rest = i;
    for (const Dimension& dimension : dimensions) {
      block /= *dimension.count();
      add(point, dimension, dimension.value(rest / block));
      rest %= block;
    }
    points.push_back(std::move(point));
  }
  return points;
}

Point drawn_point(const Search& search, std::span<const Dimension> dimensions, std::uint32_t number) {
  Point point;
  for (const Dimension& dimension : dimensions) {
    Rng random({.seed = static_cast<std::uint64_t>(search.seed),
                .stream = stream_of(fmt::format("sweep {}", fmt::join(dimension.keys(), " "))),
                .step = number});
    add(point, dimension, dimension.draw(random));
  }
  return point;
}

std::vector<Point> drawn_points(const Search& search, std::span<const Dimension> dimensions) {
  if (const std::optional<Extent> space = space_of(dimensions); space && *space < search.points) {
    throw Error("sweep", fmt::format("at most the {} points that there are were expected; {} came; give --search grid.",
                                     *space, search.points));
  }
  // A draw repeats an earlier one with a chance below 1 but for the last of all points; the limit is far from what that
  // takes.
  const auto most = static_cast<std::uint32_t>(100 * search.points + 10'000);
  std::vector<Point> points;
  std::set<Point> seen;
  for (std::uint32_t draw = 0; static_cast<Extent>(points.size()) < search.points; ++draw) {
    if (draw == most) throw Error("sweep", "points that differ were expected; too few came; give fewer points, or a grid.");
    Point point = drawn_point(search, dimensions, draw);
    if (seen.insert(point).second) points.push_back(std::move(point));
  }
  return points;
}

void expect_distinct_keys(std::span<const Dimension> dimensions) {
  std::set<std::string> seen;
  for (const Dimension& dimension : dimensions) {
    for (const std::string& key : dimension.keys()) {
      if (seen.insert(key).second) continue;
      throw Error("sweep", "each key was expected once; " + in_quotes(key) + " came twice; give one of them.");
    }
  }
}

}  // namespace

std::string Search::text() const {
  Search copy = *this;
  Options options;
  list_options(copy, options);
  return options.fields().empty() ? name_of(kind) : canonical(name_of(kind), options);
}

Search parse_search(std::string_view text) {
  try {
    const Call call = parse_call(text);
    Search search;
    static constexpr Search::Kind kKinds[] = {Search::Kind::kGrid, Search::Kind::kHalving, Search::Kind::kRandom};
    std::vector<std::string> names;
    for (const Search::Kind kind : kKinds) {
      names.emplace_back(name_of(kind));
      if (call.name == names.back()) search.kind = kind;
    }
    if (call.name != name_of(search.kind)) throw Error(unknown_name(call.name, names));
    Options options;
    list_options(search, options);
    apply(call, options);
    if (search.kind == Search::Kind::kRandom && search.points == 0) {
      throw Error("a number of points was expected; none came; write random(points=40).");
    }
    if (search.kind == Search::Kind::kHalving && search.first == 0) {
      throw Error("the steps before the first choice were expected; none came; write halving(first=300, factor=3).");
    }
    return search;
  } catch (const Error& error) {
    throw error.at("--search");
  }
}

std::vector<Point> points_of(const Search& search, std::span<const Dimension> dimensions) {
  if (dimensions.empty()) {
    throw Error("sweep",
                "a key with several values was expected; none came; write, for instance, "
                "\"learning_rate=choice(1e-3, 1e-2)\", or use 'fovea run'.");
  }
  expect_distinct_keys(dimensions);
  return search.points == 0 ? grid_of(dimensions) : drawn_points(search, dimensions);
}

std::vector<Extent> rungs_of(const Search& search, Extent steps) {
  std::vector<Extent> rungs;
  if (search.kind != Search::Kind::kHalving) return rungs;
  for (Extent step = search.first; step < steps; step = capped_product(step, search.factor)) rungs.push_back(step);
  return rungs;
}

std::vector<std::size_t> best_of(std::span<const std::optional<double>> values, Extent factor) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] && !std::isnan(*values[i])) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return *values[a] > *values[b]; });
  const std::size_t most = std::max<std::size_t>(1, values.size() / static_cast<std::size_t>(factor));
  if (order.size() > most) order.resize(most);
  std::sort(order.begin(), order.end());
  return order;
}

}  // namespace fovea
