#pragma once

#include <string>
#include <vector>

#include "framework/graph/graph.h"
#include "framework/task.h"
#include "framework/trained/site_changes.h"

// What must hold where a trained model is used with other sites, or on another task.
namespace fovea {

/// Errors    a change whose pattern fits none of the sites that were met.
void expect_patterns(const std::vector<SiteChange>& changes, const std::vector<std::string>& met);

/// Errors    a parameter that the sites as they were trained read, and that nothing reads now.
void expect_use(const Graph& as_trained, const Graph& changed, const std::vector<SiteChange>& changes);

/// Errors    a task that gives other numbers to words or classes than the one that the model was trained on: its answers
///           would mean nothing.
void expect_same_labels(const Task& trained_on, const Task& other, const std::string& text);

/// The changes as one text; "as trained" where there are none.
std::string written(const std::vector<SiteChange>& changes);

}  // namespace fovea
