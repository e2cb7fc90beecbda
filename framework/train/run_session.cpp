#include "framework/train/run_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"

namespace fovea {

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string text_of(const std::vector<JournalValue>& values) {
  std::string text;
  for (const JournalValue& value : values) {
    if (value.slice.empty()) text += fmt::format("{}{} {:.4g}", text.empty() ? "" : ", ", value.name, value.value);
  }
  return text;
}

}  // namespace

RunSession::RunSession(const RunRequest& request, const TrainerHooks& hooks, const RunConfig& config, Training& training)
    : request_(request),
      settings_(request.run.train),
      hooks_(hooks),
      config_(config),
      training_(training),
      recorder_(request, config, training) {
  const RunSpec& run = request.run;
  ParameterStore& parameters = training.parameters();
  if (settings_.validation_rows > 0) {
    validation_ = std::make_unique<Evaluation>(
        Evaluation::Config{"validation", run.task, Split::kValidation, settings_.validation_rows}, run, parameters);
  }
  const auto add_final = [&](const std::string& name, const std::string& task, Extent rows) {
    finals_.push_back(std::make_unique<Evaluation>(Evaluation::Config{name, task, Split::kTest, rows}, run, parameters));
  };
  if (settings_.test_rows > 0) add_final("test", run.task, settings_.test_rows);
  for (const ExtraEvaluation& extra : run.evaluations) add_final(extra.name, extra.task, extra.rows);
}

void RunSession::try_out() {
  std::vector<Evaluation*> all;
  if (validation_) all.push_back(validation_.get());
  for (const auto& evaluation : finals_) all.push_back(evaluation.get());
  for (Evaluation* evaluation : all) {
    training_.anneal(0);
    evaluation->follow(training_.graph(), 0);
  }
  recorder_.try_out(all);
}

RunOutcome RunSession::run(const std::optional<Checkpoint>& checkpoint) {
  start(checkpoint);
  try {
    if (train() == Next::kStop || finish() == Next::kStop) {
      publish_stopped();
      return outcome(RunState::kStopped);
    }
  } catch (const NotFiniteError& error) {
    const std::string command = request_.command_line.empty() ? config_.command : request_.command_line;
    fail(Error(error.where(), error.fact() + "; to replay it: " + command));
  } catch (...) {
    const Error error = caught_error(place());
    const bool has_place = error.where().find(place()) != std::string::npos ||
                           error.where().find(request_.directory.string()) != std::string::npos;
    fail(has_place ? error : error.at(place()));
  }
  return outcome(RunState::kFinished);
}

void RunSession::start(const std::optional<Checkpoint>& checkpoint) {
  if (checkpoint) {
    progress_ = *checkpoint;
    progress_.restore(training_);
    progress_.resumes += 1;
    progress_.is_finished = false;
    if (progress_.builds.back() != config_.build) progress_.builds.push_back(config_.build);
    recorder_.resume(progress_);
    say(fmt::format("resumed at step {}", progress_.step));
    if (progress_.is_trained) trained_offset_ = progress_.journal_offset;
  } else {
    recorder_.begin();
    progress_.config = config_.pairs;
    progress_.inputs = config_.inputs;
    progress_.builds = {config_.build};
    progress_.start = recorder_.record().clock.start;
    progress_.is_trained = settings_.steps == 0 && !validation_;
    write_checkpoint();
  }
  if (const std::string note = training_.task().note(); !note.empty()) say(note);
  recorder_.state_row(progress_.step, "running");
  shown_step_ = progress_.step;
  last_shown_ = Clock::now();
}

RunSession::Next RunSession::train() {
  while (true) {
    if (is_stopped()) return Next::kStop;
    if (is_validation_due() && validate() == Next::kStop) return Next::kStop;
    if (progress_.is_trained) return Next::kGoOn;
    if (hooks_.until > 0 && progress_.step >= hooks_.until) return Next::kStop;
    step();
  }
}

void RunSession::step() {
  const auto begin = Clock::now();
  const StepReport& report = training_.step();
  report_ = &report;
  progress_.step = training_.steps_done();
  progress_.train_seconds += seconds_since(begin);
  const Extent step = progress_.step;
  if (step == 1 || step % settings_.log_every == 0 || step == settings_.steps) recorder_.train_row(step, report);
  if (!validation_ && step == settings_.steps) progress_.is_trained = true;
  checkpoint_if_due();
  show_step();
}

bool RunSession::is_validation_due() const {
  if (!validation_ || progress_.evaluated_at == progress_.step) return false;
  const bool is_regular =
      settings_.evaluate_every > 0 && progress_.step > 0 && progress_.step % settings_.evaluate_every == 0;
  return is_regular || progress_.step == settings_.steps;
}

RunSession::Next RunSession::validate() {
  const auto values = evaluate(*validation_);
  if (!values) return Next::kStop;
  progress_.evaluated_at = progress_.step;
  recorder_.evaluation_row(progress_.step, "validation", *values);
  for (const auto& [site, counters] : training_.take_counters()) progress_.counters[site] += counters;
  for (const SiteHealth& site : validation_->health()) {
    const Counters& now = progress_.counters[site.path()];
    recorder_.site_row(progress_.step, site, now, now - progress_.evaluated_counters[site.path()]);
  }
  progress_.evaluated_counters = progress_.counters;
  judge_progress(values->front().value);
  say(fmt::format("step {}: validation {}", progress_.step, text_of(*values)));
  if (progress_.is_trained) return Next::kGoOn;
  if (checkpointing_ <= 0.01 * recorder_.seconds()) write_checkpoint();
  if (recorder_.may_publish()) publish({validation_.get()});
  last_shown_ = Clock::now();  // files were written, which says nothing of the speed of training
  return Next::kGoOn;
}

/// The final evaluations are made as a whole: a run that is interrupted among them makes all of them again.
RunSession::Next RunSession::finish() {
  if (trained_offset_ == 0) {
    write_checkpoint();
    trained_offset_ = progress_.journal_offset;
  }
  for (const auto& evaluation : finals_) {
    const auto values = evaluate(*evaluation);
    if (!values) return Next::kStop;
    recorder_.evaluation_row(progress_.parameter_step(), evaluation->config().name, *values);
    say(fmt::format("{}: {}", evaluation->config().name, text_of(*values)));
  }
  // What a file says of its only evaluation is of a run of it, also where the run was interrupted after that.
  if (finals_.empty() && validation_ && !validation_->has_run() && !evaluate(*validation_)) return Next::kStop;
  recorder_.state_row(progress_.step, "finished");
  publish(samples_so_far());
  is_published_ = true;
  progress_.is_finished = true;
  write_checkpoint();
  return Next::kGoOn;
}

/// A step looks at the loss and the gradient before it moves the parameters; this looks at what has come of them.
void RunSession::check_parameters() const {
  for (const ParameterStore::Entry& entry : training_.parameters().entries()) {
    const Tensor values = training_.parameters().view(entry.path);
    const Real* const begin = values.real();
    const Real* const end = begin + values.size();
    const Real* const found = std::find_if_not(begin, end, [](Real value) { return std::isfinite(value); });
    if (found == end) continue;
    throw NotFiniteError(entry.path,
                         fmt::format("{}: every parameter must be finite; element {} is {} after the last update; use a "
                                     "smaller learning_rate, or clip_norm",
                                     place(), found - begin, *found));
  }
}

std::optional<std::vector<JournalValue>> RunSession::evaluate(Evaluation& evaluation) {
  check_parameters();
  const std::string& name = evaluation.config().name;
  const std::string phase = name == "validation" ? "validate" : name == "test" ? "test" : "evaluate " + name;
  follow(evaluation);
  const Averaging::Shown shown = training_.show_average();
  auto values = evaluation.run([&](double) {
    show(phase);
    return !is_stopped();
  });
  if (values) warn_of_collapse(evaluation);
  shown_step_ = progress_.step;  // the speed of training is measured anew
  last_shown_ = Clock::now();
  if (values && name == "validation") {
    validated_.clear();
    for (const JournalValue& value : *values) {
      if (value.slice.empty()) validated_.emplace_back(value.name, value.value);
    }
  }
  return values;
}

/// The annealed numbers of an evaluation are those of the step that the parameters come from.
void RunSession::follow(Evaluation& evaluation) {
  training_.anneal(progress_.parameter_step());
  evaluation.follow(training_.graph(), progress_.parameter_step());
}

void RunSession::warn_of_collapse(const Evaluation& evaluation) {
  for (const SiteHealth& site : evaluation.health()) {
    const std::string problem = site.collapse();
    if (problem.empty() || !warned_.insert(site.path()).second) continue;
    say(fmt::format("warning: [{}] step {}, {}: {}", site.path(), progress_.step, evaluation.config().name, problem));
  }
}

void RunSession::write_checkpoint() {
  const auto begin = Clock::now();
  progress_.take(training_);
  progress_.seconds = recorder_.seconds();
  // Once the last step is done, later rows belong to the final evaluations, which a resumed run makes again.
  progress_.journal_offset = recorder_.flush();
  if (trained_offset_ != 0) progress_.journal_offset = trained_offset_;
  progress_.write(request_.directory);
  last_checkpoint_ = Clock::now();
  checkpointing_ += seconds_since(begin);
}

void RunSession::checkpoint_if_due() {
  constexpr double kSeconds = 30;
  const bool is_due = settings_.checkpoint_every > 0 ? progress_.step % settings_.checkpoint_every == 0
                                                     : seconds_since(last_checkpoint_) >= kSeconds;
  if (is_due) write_checkpoint();
}

std::vector<Evaluation*> RunSession::samples_so_far() {
  std::vector<Evaluation*> samples;
  for (const auto& evaluation : finals_) samples.push_back(evaluation.get());
  if (samples.empty() && validation_) samples.push_back(validation_.get());
  return samples;
}

void RunSession::publish(const std::vector<Evaluation*>& samples) {
  for (const auto& [site, counters] : training_.take_counters()) progress_.counters[site] += counters;
  for (Evaluation* evaluation : samples) follow(*evaluation);
  const Averaging::Shown shown = training_.show_average();
  recorder_.publish(progress_, samples);
}

void RunSession::publish_stopped() {
  write_checkpoint();
  recorder_.state_row(progress_.step, "stopped");
  recorder_.flush();
  publish(validation_ ? std::vector<Evaluation*>{validation_.get()} : samples_so_far());
  say(fmt::format("stopped at step {}", progress_.step));
}

void RunSession::fail(const Error& error) {
  if (is_published_) throw error;  // only its checkpoint is missing; the same command writes it
  try {
    recorder_.message_row(progress_.step, error.what());
    recorder_.state_row(progress_.step, "failed");
    recorder_.flush();
    publish({});
  } catch (...) {  // NOLINT(bugprone-empty-catch)
    // The first failure is the one to report; the file that was published before stays.
  }
  throw error;
}

std::string RunSession::place() const {
  return fmt::format("run '{}', step {}", request_.run.name, training_.steps_done() + (progress_.is_trained ? 0 : 1));
}

RunOutcome RunSession::outcome(RunState state) const {
  const RunRecord& record = recorder_.record();
  return {state, progress_.step, progress_.train_seconds, final_metrics(record.evaluation), "", train_cost(record.train)};
}

void RunSession::say(const std::string& text) const {
  if (hooks_.message) hooks_.message(text);
}

}  // namespace fovea
