#include <fmt/format.h>
#include <algorithm>

#include "framework/train/run_session.h"

namespace fovea {

namespace {
constexpr double kSecondsBetween = 0.1;
}

void RunSession::judge_progress(double metric) {
  training_.observe(metric);
  if (metric > progress_.best_metric) {
    progress_.best_metric = metric;
    progress_.best_step = progress_.step;
    progress_.evaluations_without_gain = 0;
    if (keeps_best()) {
      const Averaging::Shown shown = training_.show_average();
      const std::span<const Real> values = training_.parameters().values();
      progress_.best.assign(values.begin(), values.end());
      progress_.best_states.clear();
      for (const AnnealedSlot& slot : training_.graph().annealed()) {
        const std::span<double> state = slot.number->annealing().state();
        progress_.best_states.emplace_back(state.begin(), state.end());
      }
    }
  } else {
    progress_.evaluations_without_gain += 1;
  }
  const bool is_patience_used = settings_.patience > 0 && progress_.evaluations_without_gain >= settings_.patience;
  progress_.is_trained = progress_.step >= settings_.steps || is_patience_used;
  if (is_patience_used && progress_.step < settings_.steps) {
    say(fmt::format("step {}: no better validation metric in {} evaluations; training ends", progress_.step,
                    settings_.patience));
  }
  // Together with is_trained, so that every checkpoint of a trained run has them already.
  if (progress_.is_trained) restore_best();
}

void RunSession::restore_best() {
  if (progress_.best.empty() || progress_.best_step == progress_.step) return;
  training_.put_back(progress_.best);
  // What was annealed by the metric was so far at that evaluation, and no further.
  for (std::size_t i = 0; i < progress_.best_states.size(); ++i) {
    const std::vector<double>& state = progress_.best_states[i];
    std::copy(state.begin(), state.end(), training_.graph().annealed()[i].number->annealing().state().begin());
  }
  say(fmt::format("step {}: the parameters of step {} are restored, which had the best validation metric", progress_.step,
                  progress_.best_step));
}

void RunSession::show(const std::string& phase) {
  if (!hooks_.progress) return;
  Progress progress;
  progress.run = request_.run.name;
  progress.phase = phase;
  progress.step = progress_.step;
  progress.steps = settings_.steps;
  progress.metrics = validated_;
  hooks_.progress(progress);
}

/// Called after every step: cheap unless a line is due.
void RunSession::show_step() {
  if (!hooks_.progress || report_ == nullptr) return;
  const double waited = std::chrono::duration<double>(Clock::now() - last_shown_).count();
  const bool is_first_or_last = shown_step_ == 0 || progress_.step == settings_.steps;
  if (waited < kSecondsBetween && !is_first_or_last) return;
  Progress progress;
  progress.run = request_.run.name;
  progress.phase = "train";
  progress.step = progress_.step;
  progress.steps = settings_.steps;
  progress.loss = report_->loss;
  for (std::size_t i = 0; i < report_->metrics.size(); ++i) {
    progress.metrics.emplace_back(training_.metric_names()[i], report_->metrics[i]);
  }
  progress.metrics.insert(progress.metrics.end(), validated_.begin(), validated_.end());
  const double steps_per_second = static_cast<double>(progress_.step - shown_step_) / waited;
  progress.sequences_per_second = steps_per_second * static_cast<double>(settings_.batch);
  progress.seconds_left = static_cast<double>(settings_.steps - progress_.step) / steps_per_second;
  shown_step_ = progress_.step;
  last_shown_ = Clock::now();
  hooks_.progress(progress);
}

}  // namespace fovea
