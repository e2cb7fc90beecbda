#include "framework/anneal/annealing.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "framework/attention/site/site.h"
#include "tests/conformance/site_run.h"

namespace fovea {
namespace {

double value(const std::string& text, Extent step, Extent steps = 100) {
  double target = 0;
  Annealed number("x", text, &target, nullptr);
  number.set(step, steps);
  return target;
}

std::string failure_of(const std::string& site) {
  Builder builder;
  try {
    const Site made(builder, site, 4, 4);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("annealings have the values computed by hand") {
  CHECK(value("constant(3)", 70) == 3);
  CHECK(value("linear(from=2, to=1)", 0) == 2);
  CHECK(value("linear(from=2, to=1)", 25) == doctest::Approx(1.75));
  CHECK(value("linear(from=2, to=1)", 100) == 1);
  CHECK(value("linear(from=2, to=1, steps=10)", 11) == 1);
  CHECK(value("linear(from=2, to=1, steps=10, begin=20)", 20) == 2);
  CHECK(value("linear(from=2, to=1, steps=10, begin=20)", 25) == doctest::Approx(1.5));
  CHECK(value("linear(from=2, to=1, begin=20)", 60) == doctest::Approx(1.5));
  CHECK(value("exponential(from=4, to=1)", 50) == doctest::Approx(2));
  CHECK(value("cosine(from=1, to=0)", 25) == doctest::Approx(0.8535533906));
}

TEST_CASE("the largest whole number of steps never ends, and never jumps") {
  const std::string most = "9223372036854775807";
  for (const char* name : {"linear", "cosine", "exponential"}) {
    const std::string begin = std::string(name) + "(from=2, to=1, ";
    for (const std::string& options :
         {"begin=2, steps=" + most, "begin=" + most + ", steps=" + most, "begin=" + most, "begin=" + most + ", steps=3"}) {
      CAPTURE(begin + options);
      for (const Extent step : {0, 1, 2, 3, 99, 100}) CHECK(value(begin + options + ")", step) == doctest::Approx(2));
    }
  }
  CHECK(value("warmup(" + most + ")", 100) == doctest::Approx(0));
  CHECK(value("warmup(3)", 9223372036854775807, 9223372036854775807) == 1);
  CHECK(value("step(every=" + most + ")", 100) == 1);
  CHECK(value("decay(every=" + most + ")", 100) == doctest::Approx(1));
}

TEST_CASE("an annealed whole number stops at the ends of its range") {
  Extent target = 0;
  Annealed number("k", "linear(from=1e30, to=-1e30)", &target, nullptr);
  number.set(0, 100);
  CHECK(target == 9223372036854775807);
  number.set(100, 100);
  CHECK(target < -9223372036854775807);
}

TEST_CASE("plateau moves when the metric no longer rises, and resumes from its saved state") {
  double target = 0;
  Annealed number("x", "plateau(from=1, to=0, moves=2, patience=1)", &target, nullptr);
  const auto after = [&](std::vector<double> metrics) {
    for (const double metric : metrics) number.annealing().observe(metric);
    number.set(7, 100);
    return target;
  };
  CHECK(after({0.5, 0.6, 0.6}) == 1);  // one without a gain is tolerated
  CHECK(after({0.6}) == 0.5);
  Annealed other("x", "plateau(from=1, to=0, moves=2, patience=1)", &target, nullptr);
  std::copy_n(number.annealing().state().begin(), number.annealing().state().size(), other.annealing().state().begin());
  other.set(8, 100);
  CHECK(target == 0.5);
  CHECK(after({0.1, 0.1, 0.1, 0.1}) == 0);  // never beyond its end
}

TEST_CASE("an integer option is rounded to the nearest integer") {
  Extent k = 0;
  Annealed number("k", "linear(from=8, to=1)", &k, nullptr);
  number.set(50, 100);
  CHECK(k == 5);  // 4.5
  number.set(60, 100);
  CHECK(k == 4);  // 3.8
}

TEST_CASE("a call spells out annealings and keeps the other options as they are written") {
  double temperature = 1;
  Extent k = 8;
  Options options;
  options.add("k", k, "items", {.low = 1});
  options.add("temperature", temperature, "of the scores", {.low = 1e-6});
  const AnnealedCall call = apply_annealed(parse_call("some(3, temperature=linear(from=2, to=0.5))"), options, nullptr);
  CHECK(call.text == "some(k=3, temperature=linear(from=2, to=0.5, steps=0, begin=0))");
  CHECK(k == 3);
  CHECK(temperature == 2);  // that of the first step
  REQUIRE(call.numbers.size() == 1);
  const auto calls = extremes(parse_call("some(linear(from=4, to=1), temperature=linear(from=2, to=0.5))"), options);
  REQUIRE(calls.size() == 4);
  CHECK(calls[0].arguments[0].value == "1");
  CHECK(calls[3].arguments[0].value == "4");
  CHECK(calls[3].arguments[1].value == "2");
}

TEST_CASE("an annealing that is unknown or leaves the bounds of its option is an error when the site is built") {
  CHECK(holds(failure_of("dot | dense | softmax(temperature=linear(from=1, to=0)) | none"),
              "is a number, >= 1e-06; '0' came"));
  CHECK(holds(failure_of("dot | dense | softmax(temperature=linea(from=1)) | none"), "Did you mean 'linear'?"));
  CHECK(holds(failure_of("dot | dense | softmax(temperature=exponential(from=1, to=-1)) | none"), "use linear to reach 0"));
  CHECK(holds(failure_of("dot | dense | top_k(k=linear(from=4, to=1.5)) | none"), "a whole number"));
  CHECK(holds(failure_of("dot | dense | sample | reinforce(draws=linear(from=2, to=4))"),
              "is a whole number that cannot be annealed"));
  CHECK(failure_of("dot | dense | top_k(k=linear(from=4, to=2)) | straight_through(temperature=cosine())").empty());
}

TEST_CASE("a site has room for the most that an annealed selector keeps") {
  conformance::SiteRun run({.text = "dot | dense | top_k(k=linear(from=2, to=5)) | none"});
  CHECK(run.shape("kept") == Shape{2, 3, 5});
  for (const Extent step : {0, 50, 100}) {
    run.graph->annealed().at(0).number->set(step, 100);
    run.forward();
    for (const Index count : run.indices("count")) CHECK(count == (step == 0 ? 2 : step == 50 ? 4 : 5));
  }
}

TEST_CASE("a pattern that chooses by scores alone keeps as many items as its annealed number says") {
  conformance::SiteRun run({.text = "dot | window(0) + content_top_k(k=linear(from=2, to=4)) | softmax | none"});
  REQUIRE(run.graph->annealed().size() == 1);
  CHECK(run.graph->annealed()[0].path == "site/pattern_k");
  for (const Extent step : {0, 50, 100}) {
    const Index k = step == 0 ? 2 : step == 50 ? 3 : 4;
    run.graph->annealed().at(0).number->set(step, 100);
    run.forward();
    for (const Index count : run.indices("count"))
      CHECK((count == k || count == k + 1));  // the query's own place may be one of them
  }
}

TEST_CASE("two annealed numbers of one pattern have separate names") {
  const std::string text = "content_top_k(k=linear(from=4, to=2))";
  conformance::SiteRun run({.text = "dot | " + text + " + " + text + " | softmax | none"});
  REQUIRE(run.graph->annealed().size() == 2);
  CHECK(run.graph->annealed()[1].path == "site/pattern_k_2");
}

TEST_CASE("a number on which places, tags or parameters of a pattern depend cannot be annealed") {
  CHECK(holds(failure_of("dot | window(before=linear(from=2, to=4)) | softmax | none"), "'before' cannot be annealed"));
  CHECK(holds(failure_of("dot | hash_buckets(linear(from=2, to=4)) | softmax | none"), "cannot be annealed"));
  CHECK(failure_of("dot | causal & content_top_k(linear(from=4, to=2)) | softmax | none").empty());
}

}  // namespace fovea
