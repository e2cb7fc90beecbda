#include "framework/serve/server.h"

#include <fmt/format.h>
#include <unistd.h>
#include <array>
#include <ostream>

#include "framework/cli/command.h"
#include "framework/cli/report_request.h"
#include "framework/cli/signals.h"
#include "framework/core/text.h"
#include "framework/report/report.h"
#include "framework/runs/search.h"
#include "framework/serve/access.h"
#include "framework/serve/run_cache.h"

namespace fovea::cli {
namespace {

struct Arguments {
  std::vector<std::string> places;
  Extent port = 0;

  void fields(ArgumentList& list) {
    list.words("places", places, "results files, or folders with some below; by default runs/");
    list.option("--port", port, "port on this machine, 1024 to 65535; by default a free one", {1024, 65535});
  }
};

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "HOST";
}

int serve(const Arguments& arguments, const Console& console) {
  const StopSignals signals;  // before any thread
  ServeSettings settings;
  settings.places = arguments.places.empty() ? std::vector<std::string>{"runs"} : arguments.places;
  find_results(settings.places);  // one that does not exist is said at once
  settings.kept = cache_file(settings.places);
  settings.token = make_token();
  settings.page = report_page(nullptr);
  std::string command = "fovea report";
  for (const std::string& place : settings.places) command += " " + shell_word(place);
  settings.model = [command](const RunGroups& runs) { return report_model(runs, report_request(runs, command)); };
  settings.stop = signals.flag();
  Server server(static_cast<int>(arguments.port));
  settings.port = server.port();
  console.out << fmt::format("http://127.0.0.1:{}/?token={}\n", settings.port, settings.token)
              << fmt::format("On another machine, first: ssh -N -L {0}:127.0.0.1:{0} {1}\n", settings.port, host_name())
              << std::flush;
  Routes routes(std::move(settings));
  server.run(routes, *signals.flag());
  return kOk;
}

}  // namespace

const Command kServe = {"serve", "show results in a browser, live, on this machine only",
                        "  fovea serve\n  fovea serve runs/sort_by_pointing --port 8123\n", run_with<Arguments, serve>};

}  // namespace fovea::cli
