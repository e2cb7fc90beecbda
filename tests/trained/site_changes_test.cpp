#include "framework/trained/site_changes.h"

#include <doctest/doctest.h>

#include <string>

#include "framework/core/error.h"

using fovea::SiteChange;

namespace {

std::string problem_of(const std::string& text) {
  try {
    SiteChange::parse(text);
  } catch (const fovea::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a part changes the part of its kind, a whole site all of them") {
  const std::string given = "bilinear | window(8) | top_k(4) | straight_through";
  CHECK(SiteChange::parse("argmax").changed(given) == "bilinear | window(8) | argmax | none");
  CHECK(SiteChange::parse("top_k(k=2)").changed(given) == "bilinear | window(8) | top_k(k=2) | none");
  CHECK(SiteChange::parse("window(2) + global(1)").changed(given) ==
        "bilinear | window(2) + global(1) | top_k(4) | straight_through");
  CHECK(SiteChange::parse("cosine(sharpness=3)").changed(given) ==
        "cosine(sharpness=3) | window(8) | top_k(4) | straight_through");
  CHECK(SiteChange::parse("dot | dense | argmax | none").changed(given).starts_with("dot"));
  CHECK(SiteChange::parse("dot | dense | argmax | none").changed(given).find("argmax | none") != std::string::npos);
}

TEST_CASE("a change may name its sites") {
  CHECK(SiteChange::parse("decoder/*=argmax").pattern == "decoder/*");
  CHECK(SiteChange::parse(" a = top_k(k=2)").pattern == "a");
  CHECK(SiteChange::parse(" a = top_k(k=2)").text == "top_k(k=2)");
  CHECK(SiteChange::parse("top_k(k=2)").pattern == "*");
  CHECK(SiteChange::parse("*=argmax").written() == "argmax");
  CHECK(SiteChange::parse("a/b=argmax").written() == "a/b=argmax");
}

TEST_CASE("what is no site is refused with the nearest name") {
  CHECK(problem_of("argmaxx").find("argmax") != std::string::npos);
  CHECK(problem_of("").find("PATTERN=SITE was expected") != std::string::npos);
  CHECK(problem_of("a=").find("PATTERN=SITE was expected") != std::string::npos);
  CHECK(problem_of("=argmax").find("PATTERN=SITE was expected") != std::string::npos);
  CHECK(problem_of("dot | dense | argmax | none | more").find("more parts") != std::string::npos);
  CHECK_FALSE(problem_of("top_k(4").empty());
}
