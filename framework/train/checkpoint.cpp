#include "framework/train/checkpoint.h"

#include <cstring>
#include <type_traits>

#include "framework/anneal/annealing.h"
#include "framework/core/error.h"
#include "framework/files/atomic_file.h"

namespace fovea {

namespace {

constexpr std::uint64_t kMagic = 0x35544b4341564f46U;  // "FOVACKT5"

template <class Stream, class Counter>
void visit_counter(Stream& stream, Counter& counter) {
  stream(counter.scored_pairs);
  stream(counter.gathered_rows);
  stream(counter.gathered_rows_backward);
  stream(counter.draws);
  stream(counter.surprise);
}

/// Writes fields one after another. Reader has the same calls, so that one function lists the layout for both.
class Writer {
 public:
  template <class T>
    requires std::is_arithmetic_v<T>
  void operator()(const T& value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), bytes, bytes + sizeof(T));
  }
  void operator()(const std::string& text) {
    (*this)(static_cast<std::uint64_t>(text.size()));
    append(text.data(), text.size());
  }
  template <class T>
    requires std::is_floating_point_v<T>
  void operator()(const std::vector<T>& values) {
    (*this)(static_cast<std::uint64_t>(values.size()));
    append(values.data(), values.size() * sizeof(T));
  }
  template <class T>
    requires(!std::is_floating_point_v<T>)
  void operator()(const std::vector<T>& items) {
    (*this)(static_cast<std::uint64_t>(items.size()));
    for (const T& item : items) (*this)(item);
  }
  void operator()(const std::pair<std::string, std::string>& pair) {
    (*this)(pair.first);
    (*this)(pair.second);
  }
  void operator()(const std::map<std::string, Counters>& counters) {
    (*this)(static_cast<std::uint64_t>(counters.size()));
    for (const auto& [site, counter] : counters) {
      (*this)(site);
      visit_counter(*this, counter);
    }
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  void append(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), bytes, bytes + size);
  }
  std::vector<std::byte> bytes_;
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <class T>
    requires std::is_arithmetic_v<T>
  void operator()(T& value) { std::memcpy(&value, take(sizeof(T)), sizeof(T)); }
  void operator()(std::string& text) {
    const std::size_t size = count(1);
    text.assign(reinterpret_cast<const char*>(take(size)), size);
  }
  template <class T>
    requires std::is_floating_point_v<T>
  void operator()(std::vector<T>& values) {
    values.resize(count(sizeof(T)));
    if (!values.empty()) std::memcpy(values.data(), take(values.size() * sizeof(T)), values.size() * sizeof(T));
  }
  template <class T>
    requires(!std::is_floating_point_v<T>)
  void operator()(std::vector<T>& items) {
    items.resize(count(1));
    for (T& item : items) (*this)(item);
  }
  void operator()(std::pair<std::string, std::string>& pair) {
    (*this)(pair.first);
    (*this)(pair.second);
  }
  void operator()(std::map<std::string, Counters>& counters) {
    for (std::size_t left = count(1); left > 0; --left) {
      std::string site;
      (*this)(site);
      visit_counter(*this, counters[site]);
    }
  }
  bool is_at_end() const { return bytes_.empty(); }

 private:
  /// A count of items that take at least `bytes` each, so that a wrong one cannot ask for more memory than the file has.
  std::size_t count(std::size_t bytes) {
    std::uint64_t count = 0;
    (*this)(count);
    if (count > bytes_.size() / bytes)
      throw Error("a checkpoint of this version was expected; its counts do not fit its size; use --restart.");
    return static_cast<std::size_t>(count);
  }
  const std::byte* take(std::size_t size) {
    if (size > bytes_.size()) throw Error("a whole checkpoint was expected; it ends too early; use --restart.");
    const std::byte* data = bytes_.data();
    bytes_ = bytes_.subspan(size);
    return data;
  }
  std::span<const std::byte> bytes_;
};

/// The layout, for writing and for reading.
template <class Stream, class Fields>
void visit(Stream& stream, Fields& fields) {
  stream(fields.config);
  stream(fields.inputs);
  stream(fields.builds);
  stream(fields.step);
  stream(fields.evaluated_at);
  stream(fields.best_metric);
  stream(fields.best_step);
  stream(fields.evaluations_without_gain);
  stream(fields.best);
  stream(fields.best_states);
  stream(fields.is_trained);
  stream(fields.is_finished);
  stream(fields.journal_offset);
  stream(fields.seconds);
  stream(fields.train_seconds);
  stream(fields.resumes);
  stream(fields.start);
  stream(fields.counters);
  stream(fields.evaluated_counters);
  stream(fields.blocks);
  stream(fields.states);
}

std::vector<std::span<Real>> blocks_of(Training& training) {
  std::vector<std::span<Real>> blocks{training.parameters().values()};
  for (const std::span<Real> state : training.optimizer().state()) blocks.push_back(state);
  return blocks;
}

std::vector<std::span<double>> states_of(Training& training) {
  std::vector<std::span<double>> states = training.schedule().state();
  for (const EstimatorSlot& slot : training.graph().estimators())
    states.push_back(half_of<ScoreFunction>(*slot.estimator)->state());
  for (const AnnealedSlot& slot : training.graph().annealed()) states.push_back(slot.number->annealing().state());
  if (const std::span<double> mean = training.averaging().state(); !mean.empty()) states.push_back(mean);
  return states;
}

template <class T>
void copy_back(const std::vector<std::vector<T>>& from, const std::vector<std::span<T>>& to) {
  bool fits = from.size() == to.size();
  for (std::size_t i = 0; fits && i < to.size(); ++i) fits = from[i].size() == to[i].size();
  if (!fits)
    throw Error("checkpoint", "the same model and optimizer were expected; their sizes have changed since; use --restart.");
  for (std::size_t i = 0; i < to.size(); ++i) std::copy(from[i].begin(), from[i].end(), to[i].begin());
}

}  // namespace

void Checkpoint::take(Training& training) {
  step = training.steps_done();
  blocks.clear();
  states.clear();
  for (const auto block : blocks_of(training)) blocks.emplace_back(block.begin(), block.end());
  for (const auto state : states_of(training)) states.emplace_back(state.begin(), state.end());
  for (const auto& [site, counter] : training.take_counters()) counters[site] += counter;
}

void Checkpoint::restore(Training& training) const {
  copy_back(blocks, blocks_of(training));
  copy_back(states, states_of(training));
  training.resume_at(step);
  training.anneal(step);
  training.take_counters();
}

void Checkpoint::write(const std::filesystem::path& directory) const {
  Writer writer;
  writer(kMagic);
  writer(std::string(kPrecision));
  visit(writer, *this);
  write_hashed(directory / kCheckpointName, writer.bytes());
}

std::optional<Checkpoint> Checkpoint::read(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / kCheckpointName;
  std::error_code failure;
  if (!std::filesystem::exists(std::filesystem::symlink_status(path, failure))) return std::nullopt;
  const std::vector<std::byte> bytes = read_hashed(path);
  Reader reader(bytes);
  Checkpoint checkpoint;
  try {
    std::uint64_t magic = 0;
    reader(magic);
    if (magic != kMagic) throw Error("a checkpoint of this version was expected; another format came; use --restart.");
    std::string precision;
    reader(precision);
    if (precision != kPrecision) {
      throw Error("a checkpoint of the " + std::string(kPrecision) + " program was expected; it is of the " + precision +
                  " program; use that one, --restart or another --output.");
    }
    visit(reader, checkpoint);
    if (!reader.is_at_end()) throw Error("the end of the checkpoint was expected; more bytes came; use --restart.");
  } catch (const Error& error) {
    throw Error(path.string(), error.fact());
  }
  return checkpoint;
}

}  // namespace fovea
