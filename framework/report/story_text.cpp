#include "framework/report/story_text.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/report/figure.h"
#include "framework/report/item_reads.h"
#include "framework/report/item_words.h"

namespace fovea {
namespace {

constexpr std::size_t kMostLines = 60;  // of the parts of one item
constexpr std::size_t kWidest = 100;    // characters of a part

/// The sites that choose among the same parts.
using Group = std::vector<const SampleSite*>;

std::map<std::string, Group> groups_of(const RunReads& reads, Extent item) {
  std::map<std::string, Group> groups;
  for (const SampleSite& site : reads.sites()) {
    groups[fmt::format("{}", fmt::join(parts_of(reads.sample(), site, item).texts, "\n"))].push_back(&site);
  }
  return groups;
}

struct Read {
  std::string name;
  std::int64_t best = -1;
  double weight = 0;
  std::vector<std::int64_t> right;
};

/// How many letters of the paths are a folder that all sites share.
std::size_t shared_folder(const RunReads& reads) {
  std::string folder = reads.sites().front().path;
  for (const SampleSite& site : reads.sites()) {
    const auto [end, ignored] = std::mismatch(folder.begin(), folder.end(), site.path.begin(), site.path.end());
    folder.erase(end, folder.end());
  }
  const std::size_t slash = reads.sites().size() == 1 ? reads.sites().front().path.rfind('/') : folder.rfind('/');
  return slash == std::string::npos ? 0 : slash + 1;
}

std::string name_of(const RunReads& reads, const SampleSite& site, std::size_t row, Extent item) {
  const std::size_t rows = site.rows[static_cast<std::size_t>(item)].size();
  std::string name = short_text(site.path.substr(shared_folder(reads)), kWidest);
  if (rows == 1) return name;
  const std::string words = query_words(reads.sample(), site, item, site.query_of(row));
  name += fmt::format(" {}", site.query_of(row));
  if (!words.empty()) name += " (" + short_text(words, kWidest) + ")";
  return site.heads == 1 ? name : fmt::format("{}, head {}", name, site.head_of(row));
}

std::vector<Read> reads_of(const RunReads& reads, const Group& group, Extent item) {
  std::vector<Read> all;
  for (const SampleSite* site : group) {
    for (const std::size_t row : site->rows[static_cast<std::size_t>(item)]) {
      Read read{name_of(reads, *site, row, item), site->best_of(row), 0, reads.right_of(*site, row, item)};
      for (const double weight : site->weights_of(row)) read.weight = std::max(read.weight, weight);
      all.push_back(std::move(read));
    }
  }
  return all;
}

bool is_right(const std::vector<Read>& reads, std::int64_t part) {
  return std::any_of(reads.begin(), reads.end(), [&](const Read& read) {
    return std::find(read.right.begin(), read.right.end(), part) != read.right.end();
  });
}

/// Few reads of many parts: a line for each part, with a column for each read.
///
///        hop_0 hop_1
///     1    *     .    Mary moved to the garden   <- right
std::string text_by_parts(const ItemParts& parts, const std::vector<Read>& reads) {
  std::string text = "     ";
  for (const Read& read : reads) text += fmt::format(" {}", read.name);
  text += "\n";
  for (std::size_t part = 0; part < std::min(parts.texts.size(), kMostLines); ++part) {
    const auto place = static_cast<std::int64_t>(part);
    text += fmt::format("{:>4} ", part);
    for (const Read& read : reads) text += fmt::format(" {:^{}}", read.best == place ? "*" : ".", read.name.size());
    text += fmt::format("  {}{}\n", short_text(parts.texts[part], kWidest), is_right(reads, place) ? "   <- right" : "");
  }
  return parts.texts.size() > kMostLines ? text + fmt::format("  ... of {}\n", parts.texts.size()) : text;
}

/// All parts in one line; characters without blanks between them.
std::string row_text(const ItemParts& parts) {
  constexpr std::size_t kMostParts = 200;
  const auto first = parts.texts.begin();
  const auto end = first + static_cast<std::ptrdiff_t>(std::min(parts.texts.size(), kMostParts));
  const bool are_characters = std::all_of(first, end, [](const std::string& text) { return text.size() <= 1; });
  return short_text(
      fmt::format("{}{}", fmt::join(first, end, are_characters ? "" : " "), end == parts.texts.end() ? "" : " ..."),
      4 * kWidest);
}

/// Many reads: a line for each, with the part that it looked at most.
std::string text_by_reads(const ItemParts& parts, const std::vector<Read>& reads) {
  const auto part_text = [&](std::int64_t part) {
    const auto place = static_cast<std::size_t>(part);
    if (part < 0 || place >= parts.texts.size()) return fmt::format("item {}", part);
    return parts.texts[place].empty() ? fmt::format("item {}", part)
                                      : fmt::format("{} (item {})", short_text(parts.texts[place], kWidest), part);
  };
  std::string text = parts.name.empty() ? "" : fmt::format("  {}: {}\n", parts.name, row_text(parts));
  for (const Read& read : reads) {
    text +=
        fmt::format("  {} * {}, weight {:.2f}", read.name, read.best < 0 ? "nothing" : part_text(read.best), read.weight);
    const bool is_known = !read.right.empty();
    const bool is_there = std::find(read.right.begin(), read.right.end(), read.best) != read.right.end();
    if (is_known && !is_there) text += ", right is " + part_text(read.right.front());
    text += "\n";
  }
  return text;
}

std::string inputs_text(const RunReads& reads, Extent item) {
  std::vector<std::string> shown;
  for (const SampleSite& site : reads.sites()) shown.push_back(parts_of(reads.sample(), site, item).name);
  std::string text;
  for (const ItemInput& input : inputs_of(reads.sample(), item, shown)) {
    const bool is_one = input.lines.size() == 1;
    text += fmt::format("  {}:", input.name);
    for (const std::string& line : input.lines) text += fmt::format("{}{}", is_one ? " " : "\n    ", line);
    text += "\n";
  }
  return text;
}

std::string answer_text(const RunReads& reads, Extent item) {
  const ItemSample& sample = reads.sample();
  const AnswerArrays answers = answers_of(sample);
  std::string text;
  if (answers.given != nullptr) {
    text += fmt::format("  answered: {}\n", answer_words(sample, *answers.given, item));
  }
  if (answers.wanted != nullptr) {
    text += fmt::format("  right:    {}\n", answer_words(sample, *answers.wanted, item));
  }
  return text;
}

std::string verdict_text(const RunReads& reads, Extent item) {
  const std::optional<bool> answered = reads.is_answered(item);
  const std::optional<bool> read = reads.is_read_right(item);
  std::string text;
  if (answered) text += *answered ? "answered right" : "answered wrong";
  if (read) text += fmt::format("{}{}", text.empty() ? "" : ", ", *read ? "read the right item" : "read a wrong item");
  return text;
}

}  // namespace

std::string story_text(const RunReads& reads, Extent item) {
  const ItemSample& sample = reads.sample();
  const std::string verdict = verdict_text(reads, item);
  std::string text =
      fmt::format("item {} of the {} sample{}{}\n", item, printable(sample.split()), verdict.empty() ? "" : ": ", verdict);
  for (const auto& [ignored, group] : groups_of(reads, item)) {
    constexpr std::size_t kFewReads = 8;
    const ItemParts parts = parts_of(sample, *group.front(), item);
    const std::vector<Read> all = reads_of(reads, group, item);
    text += all.size() <= kFewReads ? text_by_parts(parts, all) : text_by_reads(parts, all);
  }
  return text + inputs_text(reads, item) + answer_text(reads, item);
}

std::string story_text(const std::filesystem::path& results_file, Extent item) {
  const RunReads reads(results_file);
  if (reads.sites().empty()) {
    throw Error(results_file.string(),
                fmt::format("expected a site that chooses among the parts of an item, at most {} times; there is none; "
                            "choose a run of another experiment, or 'fovea figure map' for long ones.",
                            RunReads::kMostReads));
  }
  if (item < 0 || item >= reads.sample().items()) {
    throw Error(results_file.string(),
                fmt::format("expected an item of the sample, from 0 to {}; {} came; choose one of them.",
                            reads.sample().items() - 1, item));
  }
  return story_text(reads, item);
}

}  // namespace fovea
