#pragma once

#include <optional>
#include <string>
#include <vector>

#include "framework/report/item_sample.h"

// What an item of a sample is in words, whatever its task.
namespace fovea {

/// A number as it is read: its label, else as short as its kind allows.
std::string number_words(const ItemSample& sample, const SampleArray& array, double number);

/// The numbers one after the other, without paddings; characters without blanks between them, "..." after `most` of them.
std::string joined_words(const ItemSample& sample, const SampleArray& array, std::span<const double> numbers,
                         std::size_t most);

/// What a site chooses among: a text for each of its items, and which of them the item of the sample has.
struct ItemParts {
  std::string name;  // of the array that they come from; empty: only their numbers are known
  std::vector<std::string> texts;
};
ItemParts parts_of(const ItemSample& sample, const SampleSite& site, Extent item);

/// What a query asks about, in words; empty where the file does not say it.
std::string query_words(const ItemSample& sample, const SampleSite& site, Extent item, std::int64_t query);

/// The array of right answers and that of those given; null where there is none.
struct AnswerArrays {
  const SampleArray* wanted = nullptr;
  const SampleArray* given = nullptr;
};
AnswerArrays answers_of(const ItemSample& sample);

/// An answer in words: places as what is there.
std::string answer_words(const ItemSample& sample, const SampleArray& array, Extent item);

/// One input in words, by lines: of [N, W] a line for each of N.
struct ItemInput {
  std::string name;
  std::vector<std::string> lines;
};
/// The inputs that say something to a reader, without those in `left_out`.
std::vector<ItemInput> inputs_of(const ItemSample& sample, Extent item, const std::vector<std::string>& left_out);

}  // namespace fovea
