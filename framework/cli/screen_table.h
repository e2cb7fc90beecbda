#pragma once

#include <string>

#include "framework/runs/text_table.h"

namespace fovea::cli {

/// The table without what it says more than once. Of the first `keys` columns, which name the rows, those with one text in
/// all of them go, but one stays. Of the others, where there are three rows and more, all but the first: a column that
/// repeats an earlier one, or has one text in all rows, becomes a sentence below.
TextTable without_repeats(TextTable table, std::size_t keys);

/// Title, table and sentences in lines of at most `width` columns, as far as a cell allows. Where the table is wider, it
/// comes in parts, each with the first column; empty where there are no rows.
std::string screen_text(const TextTable& table, std::size_t width);

}  // namespace fovea::cli
