#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <fmt/format.h>
#include <iostream>
#include <set>

#include "framework/cli/plugin_library.h"
#include "tests/conformance/subject.h"

// The program that `fovea check --plugin` starts: the conformance suite on every plugin that some libraries register, one
// after the other, with the plugins of this tree as partners.
//   fovea_f64_conformance FILE...
namespace fovea::conformance {
namespace {

struct Tally {
  int tried = 0;
  int failed = 0;
};
Tally tally;  // of the current run; doctest creates the reporter

/// The values that the surrounding scopes captured: "text := nucleus, items := 5".
std::string captured() {
  std::string all;
  const auto* contexts = doctest::IReporter::get_active_contexts();
  for (int i = 0; i < doctest::IReporter::get_num_active_contexts(); ++i) {
    std::ostringstream one;
    contexts[i]->stringify(&one);
    all += (i > 0 ? ", " : "") + one.str();
  }
  return all.empty() ? "" : "; where " + all;
}

std::string what_came(const doctest::AssertData& data) {
  if (data.m_threw) return std::string("an exception, ") + data.m_exception.c_str();
  if ((data.m_at & doctest::assertType::is_throws) != 0) return "no exception";
  const std::string values = data.m_decomp.c_str();
  return values.find("{?}") == std::string::npos ? values : "something else";  // doctest cannot print them
}

/// One line for each claim on the subject; a claim that asserted nothing does not apply to a plugin of this kind.
class ClaimReporter final : public doctest::IReporter {
 public:
  explicit ClaimReporter(const doctest::ContextOptions& /*options*/) {}

  void test_case_start(const doctest::TestCaseData& data) override {
    claim_ = data.m_name;
    faults_.clear();
    others_ = 0;
  }
  void log_assert(const doctest::AssertData& data) override {
    if (!data.m_failed) return;
    add(fmt::format("expected {}; came {}{}", data.m_expr, what_came(data), captured()));
  }
  void log_message(const doctest::MessageData& data) override {
    add(fmt::format("{}{}", data.m_string.c_str(), captured()));
  }
  void test_case_exception(const doctest::TestCaseException& data) override {
    std::string where;
    for (int i = 0; i < get_num_stringified_contexts(); ++i) {
      where += (i > 0 ? ", " : "; where ") + std::string(get_stringified_contexts()[i].c_str());
    }
    const char* what = data.is_crash ? "crashed" : "threw";
    faults_.insert(faults_.begin(), fmt::format("it {}: {}{}", what, data.error_string.c_str(), where));
  }
  void test_case_end(const doctest::CurrentTestCaseStats& data) override {
    if (data.numAssertsCurrentTest == 0 && data.testCaseSuccess) return;
    ++tally.tried;
    tally.failed += data.testCaseSuccess ? 0 : 1;
    std::cout << fmt::format("{} {}: {} ... {}\n", subject()->kind, subject()->name, claim_,
                             data.testCaseSuccess ? "ok" : "FAILED");
    for (const std::string& fault : faults_) std::cout << "  " << fault << '\n';
    if (others_ > 0) std::cout << fmt::format("  and {} more\n", others_);
    std::cout << std::flush;  // the next one may take its time
  }

  void report_query(const doctest::QueryData& /*data*/) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats& /*data*/) override {}
  void test_case_reenter(const doctest::TestCaseData& /*data*/) override {}
  void subcase_start(const doctest::SubcaseSignature& /*data*/) override {}
  void subcase_end() override {}
  void test_case_skipped(const doctest::TestCaseData& /*data*/) override {}

 private:
  static constexpr std::size_t kMostFaults = 3;

  /// The first ones that differ are printed.
  void add(const std::string& fault) {
    const bool is_known = std::find(faults_.begin(), faults_.end(), fault) != faults_.end();
    if (is_known || faults_.size() == kMostFaults) {
      ++others_;
    } else {
      faults_.push_back(fault);
    }
  }

  std::string claim_;
  std::vector<std::string> faults_;
  int others_ = 0;
};

REGISTER_REPORTER("claims", 0, ClaimReporter);

/// What these libraries register.
std::vector<Subject> plugins_in(const std::vector<std::string>& libraries) {
  std::set<std::pair<std::string, std::string>> before;
  for (const PluginInfo& info : Catalogue::instance().all()) before.emplace(info.kind, info.name);
  cli::load_plugins(libraries);
  std::vector<Subject> plugins;
  for (const PluginInfo& info : Catalogue::instance().all()) {
    if (!before.contains({info.kind, info.name})) plugins.push_back({info.kind, info.name});
  }
  return plugins;
}

Tally try_out(const Subject& plugin) {
  subject() = plugin;
  tally = {};
  doctest::Context context;
  context.setOption("reporters", "claims");
  context.run();
  return tally;
}

int try_all(const std::vector<std::string>& libraries) {
  const std::vector<Subject> plugins = plugins_in(libraries);
  if (plugins.empty()) {
    throw Error("check", fmt::format("expected plugins in {}; there is none; end each source by its registration, such as "
                                     "FOVEA_SELECTOR.",
                                     fmt::join(libraries, ", ")));
  }
  Tally sum;
  for (const Subject& plugin : plugins) {
    const Tally one = try_out(plugin);
    sum.tried += one.tried;
    sum.failed += one.failed;
  }
  std::cout << fmt::format("plugins {}, claims {}, failed {}\n", plugins.size(), sum.tried, sum.failed);
  return sum.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace fovea::conformance

int main(int count, char** arguments) {
  try {
    return fovea::conformance::try_all({arguments + 1, arguments + count});
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
