#include <fmt/format.h>
#include <filesystem>
#include <ostream>

#include "framework/cli/command.h"
#include "framework/cli/screen.h"
#include "framework/core/text.h"
#include "framework/report/item_reads.h"
#include "framework/report/story_text.h"
#include "framework/runs/listing.h"

namespace fovea::cli {
namespace {

constexpr Extent kAny = -1;

struct Arguments {
  std::vector<std::string> places;
  std::string only;
  Extent item = kAny;
  Extent most = 5;

  void fields(ArgumentList& list) {
    list.words("places", places, "results files, or folders with some below; by default runs/");
    list.option("--only", only,
                "right-from-wrong (answered right, read wrong), wrong-from-right, right or wrong (answered)");
    list.option("--item", item, "one item of the sample, from 0", {0});
    list.option("--most", most, "items that are printed of each run, >= 1", {1});
  }
};

/// Which answers and reads are asked for.
struct Wanted {
  std::optional<bool> answered;
  std::optional<bool> read;

  bool fits(const RunReads& reads, Extent item) const {
    return (!answered || reads.is_answered(item) == answered) && (!read || reads.is_read_right(item) == read);
  }
};

Wanted wanted_of(const std::string& only) {
  if (only.empty()) return {};
  if (only == "right-from-wrong") return {true, false};
  if (only == "wrong-from-right") return {false, true};
  if (only == "right") return {true, {}};
  if (only == "wrong") return {false, {}};
  const std::vector<std::string> known{"right-from-wrong", "wrong-from-right", "right", "wrong"};
  throw UsageError("--only", unknown_name(only, known));
}

/// How many items of each kind there are.
std::string counts_text(const RunReads& reads) {
  std::vector<std::vector<std::string>> rows{{"  ", "read right", "read wrong", "not known"}};
  const auto count_of = [&](std::optional<bool> answered, std::optional<bool> read) {
    Extent count = 0;
    for (Extent item = 0; item < reads.sample().items(); ++item) {
      count += reads.is_answered(item) == answered && reads.is_read_right(item) == read ? 1 : 0;
    }
    return count_text(count);
  };
  const auto add = [&](const char* name, std::optional<bool> answered) {
    rows.push_back({name, count_of(answered, true), count_of(answered, false), count_of(answered, std::nullopt)});
  };
  add("  answered right", true);
  add("  answered wrong", false);
  return table_text(rows, {false, true, true, true});
}

bool print_run(const FoundRun& run, const Arguments& arguments, const Console& console) {
  const RunReads reads(run.file);
  if (reads.sites().empty()) return false;
  const Wanted wanted = wanted_of(arguments.only);
  console.out << fmt::format("{}: {} items of the {} sample\n{}", path_text(run), reads.sample().items(),
                             printable(reads.sample().split()), counts_text(reads));
  for (const std::string& note : reads.notes()) console.out << "  " << note << '\n';
  if (arguments.item != kAny) {
    console.out << '\n' << story_text(run.file, arguments.item);
    return true;
  }
  Extent left = arguments.most;
  Extent more = 0;
  for (Extent item = 0; item < reads.sample().items(); ++item) {
    if (!wanted.fits(reads, item)) continue;
    if (left-- > 0) {
      console.out << '\n' << story_text(reads, item);
    } else {
      ++more;
    }
  }
  if (left == arguments.most) console.out << "\nNo item is of this kind.\n";
  if (more > 0) console.out << fmt::format("\n{} more of this kind; --most shows them.\n", count_text(more));
  return true;
}

int reads(const Arguments& arguments, const Console& console) {
  wanted_of(arguments.only);  // what is wrong is said before files are read
  const RunGroups runs = runs_in(arguments.places.empty() ? std::vector<std::string>{"runs"} : arguments.places);
  bool has_printed = false;
  for (const RunGroup& group : runs.groups) {
    for (const FoundRun& run : group.runs) {
      if (has_printed) console.out << '\n';
      has_printed = print_run(run, arguments, console) || has_printed;
    }
  }
  for (const FoundRun& run : runs.unread) console.err << path_text(run) << "  " << problem_text(run) << '\n';
  if (has_printed) return kOk;
  throw Error(
      "fovea reads",
      fmt::format("expected runs with a site that asks at most {} times an item; there is none; see 'fovea figure map' "
                  "for sites that ask more often.",
                  RunReads::kMostReads));
}

}  // namespace

const Command kReads = {"reads", "print which items each read of a run looked at, and whether they were right",
                        "  fovea reads runs/babi_memn2n --only right-from-wrong\n"
                        "  fovea reads runs/sort_by_pointing --item 3\n",
                        run_with<Arguments, reads>};

}  // namespace fovea::cli
