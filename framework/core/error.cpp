#include "framework/core/error.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "framework/core/text.h"

namespace fovea {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row[b.size()];
}

}  // namespace

Error::Error(const std::string& fact) : std::runtime_error(printable(fact)), fact_(fact) {}

Error::Error(const std::string& where, const std::string& fact)
    : std::runtime_error(printable(where.empty() ? fact : "[" + where + "] " + fact)), where_(where), fact_(fact) {}

Error Error::at(std::string_view outer) const {
  if (where_.empty()) return {std::string(outer), fact_};
  return {std::string(outer) + (where_.starts_with('/') ? " " : "/") + where_, fact_};  // an absolute path stays one
}

Error caught_error(std::string_view at_work) {
  const std::string expected = "no exception but fovea::Error was expected; ";
  const std::string remedy = "; catch it where it comes from, or report it with the command line.";
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return {std::string(at_work), "enough memory was expected; there is none left; use a smaller batch or model."};
  } catch (const std::exception& error) {
    return {std::string(at_work), expected + in_quotes(error.what()) + " came" + remedy};
  } catch (...) {
    return {std::string(at_work), expected + "one without a text came" + remedy};
  }
}

std::string nearest_name(std::string_view name, std::span<const std::string> known) {
  std::string nearest;
  std::size_t best = std::max<std::size_t>(2, name.size() / 3) + 1;  // further away is unlikely to be a typo
  for (const std::string& candidate : known) {
    const bool is_prefix = name.size() >= 3 && candidate.starts_with(name);
    const std::size_t distance = is_prefix ? 1 : edit_distance(name, candidate);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string unknown_name(std::string_view name, std::span<const std::string> known) {
  std::string text = "no " + in_quotes(name) + "; known: ";
  for (std::size_t i = 0; i < known.size(); ++i) text += (i == 0 ? "" : ", ") + known[i];
  if (known.empty()) text += "none";
  const std::string nearest = nearest_name(name, known);
  return text + "." + (nearest.empty() ? "" : " Did you mean '" + nearest + "'?");
}

namespace detail {

// The one place that stops the program: a broken promise of our own code, in debug builds.
void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
  std::abort();
}

}  // namespace detail
}  // namespace fovea
