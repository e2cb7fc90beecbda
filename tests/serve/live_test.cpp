#include "framework/serve/live_feed.h"

#include <doctest/doctest.h>
#include <optional>

#include "framework/results/run_lock.h"
#include "tests/serve/sample_server.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

struct Watched {
  Watched() : directory(scratch.path() / "main") {
    std::filesystem::create_directories(directory);
    journal.emplace(Journal::open(directory / "journal"));
    runs = {{"0123456789abcdef", directory}};
  }
  void write(std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i <= last; ++i) journal->append(train_row(i, 0.5));
  }

  ScratchDirectory scratch;
  std::filesystem::path directory;
  std::optional<Journal> journal;
  std::vector<LiveRun> runs;
};

int count_of(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

/// The id of the last event.
std::string last_id(const std::string& events) {
  const std::size_t place = events.rfind("id: ") + 4;
  return events.substr(place, events.find('\n', place) - place);
}

}  // namespace

TEST_CASE("each row of a journal is one event, and only once") {
  Watched watched;
  watched.write(1, 3);
  LiveFeed feed(watched.runs, "");
  const std::string first = feed.next();
  CHECK(count_of(first, "event: row\n") == 3);
  CHECK(contains(first, "\"n\":3,\"kind\":\"train\",\"step\":3"));
  CHECK(contains(first, "[\"loss\",\"\",0.97"));
  CHECK(feed.next().empty());
  watched.write(4, 4);
  CHECK(count_of(feed.next(), "event: row\n") == 1);
}

TEST_CASE("a page that was asleep gets the rows since then") {
  Watched watched;
  watched.write(1, 5);
  LiveFeed feed(watched.runs, "");
  const std::string id = last_id(feed.next());
  watched.write(6, 7);
  LiveFeed again(watched.runs, id);
  const std::string events = again.next();
  CHECK(count_of(events, "event: row\n") == 2);
  CHECK(contains(events, "\"n\":6,"));
  CHECK_FALSE(contains(events, "restarted"));
}

TEST_CASE("a journal that is another one than was read is told from its first row") {
  Watched watched;
  watched.write(1, 5);
  LiveFeed feed(watched.runs, "");
  const std::string id = last_id(feed.next());
  watched.journal.reset();
  std::filesystem::remove(watched.directory / "journal");
  watched.journal.emplace(Journal::open(watched.directory / "journal"));
  watched.write(11, 12);
  for (int more = 0; more < 2; ++more) {  // shorter than what was read, and then longer
    LiveFeed again(watched.runs, id);
    const std::string events = again.next();
    CHECK(count_of(events, "event: restarted\n") == 1);
    CHECK(count_of(events, "event: row\n") == 2 + 6 * more);
    if (more == 0) watched.write(13, 18);
  }
  CHECK(count_of(feed.next(), "event: restarted\n") == 1);  // the page that stayed
}

TEST_CASE("a run that a process works on is told from one that was killed and from one that has ended") {
  Watched watched;
  watched.write(1, 1);
  LiveFeed feed(watched.runs, "");
  CHECK(contains(feed.next(), "no process works on this run; the command that started it resumes it"));
  {
    const RunLock lock(watched.directory);
    CHECK(contains(feed.next(), "\"state\":\"running\""));
  }
  CHECK(contains(feed.next(), "\"state\":\"interrupted\""));
  watched.journal->append({JournalRow::Kind::kState, 1, 1, "finished", {}});
  CHECK(contains(feed.next(), "\"state\":\"finished\""));
}

TEST_CASE("a journal that is none is a problem of its run alone, and odd texts and numbers stay data") {
  Watched watched;
  const std::filesystem::path other = watched.scratch.path() / "other";
  std::filesystem::create_directories(other);
  overwrite(other / "journal", std::as_bytes(std::span(std::string_view("not a journal"))));
  watched.runs.push_back({"fedcba9876543210", other});
  const std::string evil = "a\n\nevent: row\ndata: {}\n\xff</script>";
  watched.journal->append(
      {JournalRow::Kind::kMessage, 1, std::nan(""), evil, {{"x\r\n", std::numeric_limits<double>::infinity(), ""}}});
  LiveFeed feed(watched.runs, "fedcba9876543210:zz:,:::,0123456789abcdef:99999999999999999999999:x");
  const std::string events = feed.next();
  CHECK(count_of(events, "event: row\n") == 1);
  CHECK(count_of(events, "event: problem\n") == 1);
  CHECK(count_of(events, "\n\n") == 3);  // with the state of the first one: no text ends an event
  CHECK(contains(events, "[\"x\\\\r\\\\n\",\"\",null]"));
}

TEST_CASE("events come over the socket as rows are written, and a page that asks again continues") {
  Watched watched;
  watched.write(1, 2);
  SampleRun{}.publish_in(watched.directory);
  ServeLimits limits;
  limits.turn = std::chrono::milliseconds(10);
  const SampleServer server(watched.scratch.path(), limits);
  const std::string target = "/api/live?run=" + run_id(watched.directory / "results.h5") + "&token=" + kToken;
  std::string id;
  {
    Client client(server.port());
    client.send(server.request(target));
    CHECK(contains(client.read_until("\"n\":2,"), "Content-Type: text/event-stream"));
    watched.write(3, 3);
    const std::string events = client.read_until("\"n\":3,");
    CHECK(contains(events, "\"step\":3"));
    id = last_id(events);
  }
  watched.write(4, 4);
  Client client(server.port());
  client.send(server.request(target, "Last-Event-ID: " + id + "\r\n"));
  const std::string events = client.read_until("\"n\":4,");
  CHECK(contains(events, "\"n\":4,"));
  CHECK_FALSE(contains(events, "\"n\":3,"));
}
