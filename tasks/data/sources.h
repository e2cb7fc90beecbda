#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/error.h"
#include "framework/core/options.h"
#include "framework/files/input.h"
#include "framework/task.h"

// Where the items of a user are, and to which split each belongs.
namespace fovea::data {

/// A task whose items are listed: in an evaluation each comes once.
class ListedTask : public Task {
 public:
  /// Items of a split.
  virtual Extent count(Split split) const = 0;
};

/// Files of items, and shares of the first one for the splits that have no file.
struct Sources {
  std::string path{};
  std::string validation_file{};
  std::string test_file{};
  double validation = 0.1;
  double test = 0.1;
  Extent split_seed = 1;

  /// `what` says what the file at `path` is: "of a file of pairs".
  void fields(Options& options, const std::string& what);
  /// Errors    no path, or shares that leave nothing to train on.
  void check(const std::string& task) const;

  struct File {
    std::string path;
    Split split = Split::kTrain;  // of its items, unless they are shared out
    bool is_shared = false;
  };
  std::vector<File> files() const;
  /// The split of an item of a file: of its own split, or by a hash of `item`, so that equal items are in one split and new
  /// ones move no other.
  Split split_of(const File& file, std::string_view item) const;

  /// Refuses an empty training split, and an empty one that has a file or a share.
  void check_counts(const std::string& task, const std::array<Extent, 3>& counts) const;
  /// What is wrong where items of a split are asked for that has none.
  Error nothing_in(Split split, const std::string& task) const;
};

/// What tasks of the same options load, once for all of them while one is in use.
template <class Data>
class Shared {
 public:
  /// Each call says to the InputLog which files are in use. `options` must have fields(Options&).
  template <class Settings, class Load>
  const Data& of(const std::string& task, Settings options, const Load& load) const {
    std::call_once(once_, [&] {
      Options fields;
      options.fields(fields);
      entry_ = find(canonical(task, fields), load);
    });
    for (const InputFile& file : entry_->inputs) InputLog::note(file);
    return entry_->data;
  }

 private:
  struct Entry {
    Data data;
    std::vector<InputFile> inputs;
  };

  template <class Load>
  static std::shared_ptr<const Entry> find(const std::string& key, const Load& load) {
    static std::mutex mutex;
    static std::map<std::string, std::weak_ptr<const Entry>> in_use;
    const std::scoped_lock lock(mutex);
    std::weak_ptr<const Entry>& known = in_use[key];
    std::shared_ptr<const Entry> entry = known.lock();
    if (entry) return entry;
    const InputLog log;
    auto made = std::make_shared<Entry>(Entry{load(), {}});
    made->inputs = log.files();
    known = made;
    return made;
  }

  mutable std::once_flag once_;
  mutable std::shared_ptr<const Entry> entry_;
};

/// Items by their splits.
template <class Item>
struct Splits {
  std::array<std::vector<Item>, 3> lists;

  std::vector<Item>& of(Split split) { return lists[static_cast<std::size_t>(split)]; }
  const std::vector<Item>& of(Split split) const { return lists[static_cast<std::size_t>(split)]; }
  Extent count(Split split) const { return static_cast<Extent>(of(split).size()); }
  std::array<Extent, 3> counts() const { return {count(Split::kTrain), count(Split::kValidation), count(Split::kTest)}; }
  /// The items that a batch may hold. Errors: none.
  const std::vector<Item>& asked(Split split, const Sources& sources, const std::string& task) const {
    if (of(split).empty()) throw sources.nothing_in(split, task);
    return of(split);
  }
};

/// How often the most frequent class of the training items is right among those of the test; -1: there are none.
double most_frequent_share(const std::vector<Index>& train, const std::vector<Index>& test);

}  // namespace fovea::data
