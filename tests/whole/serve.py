"""fovea serve as its users and others meet it: who is answered, what a page gets, a run that trains and is killed, damaged
files, Ctrl-C; then in a browser without a window, at three widths, light and dark.

usage: serve.py PROGRAM [--pictures FOLDER]      exits with 77 where what draws figures is absent; without a browser, or
without axe-core (tests/whole/axe.py says where it is looked for), that part is left out
"""
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import axe  # noqa: E402
import webdriver  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
PICTURES = sys.argv[3] if sys.argv[2:3] == ["--pictures"] else None
WIDTHS = (390, 900, 1500)
SMALL = ["batch=16", "shard_rows=16", "validation_rows=64", "test_rows=64", "--quiet"]
failures = []


def check(holds, claim, seen=""):
    if not holds:
        failures.append(claim)
        print(f"FAILED: {claim}{': ' if seen else ''}{str(seen)[:2000]}", flush=True)


class Served:
    """A server of a folder, which is asked like a browser does."""

    def __init__(self, folder, *options):
        self.process = subprocess.Popen([PROGRAM, "serve", folder, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        self.ssh = self.process.stdout.readline().strip()
        found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\?token=([0-9a-f]{32})", self.address)
        if not found:
            error = self.process.stderr.read()
            if "libjs-vega" in error:
                print("skipped: libjs-vega is not installed")
                sys.exit(77)
            raise RuntimeError(f"expected an address; {self.address!r} came: {error}")
        self.port, self.token = int(found[1]), found[2]

    def ask(self, path, method="GET", token=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        mark = "&" if "?" in path else "?"
        connection.request(method, f"{path}{mark}token={self.token if token is None else token}", headers=headers)
        answer = connection.getresponse()
        body = answer.read() if "event-stream" not in (answer.getheader("Content-Type") or "") else b""
        connection.close()
        return answer.status, answer, body

    def json(self, path):
        status, _, body = self.ask(path)
        check(status == 200, f"{path} is answered", (status, body))
        return json.loads(body)

    def events(self, path, seconds, until):
        """Events that come within some seconds, until one holds."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        mark = "&" if "?" in path else "?"
        connection.request("GET", f"{path}{mark}token={self.token}")
        answer = connection.getresponse()
        events, event = [], {}
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                line = answer.readline().decode().rstrip("\n")
                if line:
                    name, _, value = line.partition(": ")
                    event[name] = value
                    continue
                if "data" in event:
                    events.append((event["event"], json.loads(event["data"])))
                    if until(*events[-1]):
                        break
                event = {}
        except TimeoutError:
            pass
        connection.close()
        return events

    def stop(self):
        start = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(20)
        return code, time.monotonic() - start, self.process.stderr.read()


def run(folder, *words):
    subprocess.run([PROGRAM, "run", *words, "--output", folder], check=True, stdout=subprocess.DEVNULL)


def addresses_of(port):
    """Local addresses that are listened on at a port."""
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table, encoding="ascii") as lines:
            for line in list(lines)[1:]:
                place, state = line.split()[1], line.split()[3]
                if state == "0A" and int(place.split(":")[1], 16) == port:
                    found.append(place.split(":")[0])
    return found


def check_access(served):
    check(served.ssh.endswith(tuple([f"ssh -N -L {served.port}:127.0.0.1:{served.port} {os.uname().nodename}"])), "the ssh line", served.ssh)
    check(addresses_of(served.port) == ["0100007F"], "only 127.0.0.1 is listened on", addresses_of(served.port))
    status, answer, body = served.ask("/")
    check(status == 200 and b"<!doctype html>" in body.lower()[:40], "the page comes with the token", status)
    policy = answer.getheader("Content-Security-Policy") or ""
    check("default-src 'none'" in policy and "connect-src 'self'" in policy and "unsafe-eval" not in policy, "the policy", policy)
    for name, value in {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}.items():
        check(answer.getheader(name) == value, f"the header {name}", answer.getheader(name))
    check(answer.getheader("Access-Control-Allow-Origin") is None, "no other site may read")
    for path in ("/", "/api/runs", "/api/model", "/api/live", "/api/run/0", "/api/rows/0"):
        for token in ("", "0" * 32, served.token[:-1]):
            check(served.ask(path, token=token)[0] == 403, f"{path} is kept from who has no token")
        check(served.ask(path, Host="evil.example")[0] == 421, f"{path} is kept from another host")
        check(served.ask(path, method="POST")[0] == 405, f"{path} takes no POST")
    check(served.ask("/", Host=f"localhost:{served.port}")[0] == 200, "localhost is this machine")
    for path in ("/../../etc/passwd", "/api/run/..%2f..%2f..%2fetc%2fpasswd", "/api/rows/x?site=../../train"):
        check(served.ask(path)[0] == 404, f"{path} is nothing")


def check_answers(served, folder):
    groups = served.json("/api/runs")["groups"]
    check(sorted(group["run"] for group in groups if group["experiment"] == "soft_vs_hard")[:1] == ["argmax"], "the list has the runs", groups)
    ids = [one["id"] for group in groups for one in group["runs"]]
    one = served.json(f"/api/run/{ids[0]}")
    check(one["id"] == ids[0] and one["state"] == "finished" and one["config"], "one run is told", one)
    model = served.json("/api/model")
    shown = [one["id"] for section in model["sections"] for one in section["runs"]]
    check(sorted(shown) == sorted(ids), "the model has all runs", (shown, ids))
    some = served.json("/api/model?run=" + ",".join(ids[:2]))
    check(sum(len(section["runs"]) for section in some["sections"]) == 2, "a model has the runs that are asked for")
    site = next(site["path"] for site in one["sites"])
    rows = served.json(f"/api/rows/{ids[0]}?site={site}&from=0&to=3")
    check(len(rows["offsets"]) == 4 and len(rows["kept"]) == len(rows["weights"]) == rows["offsets"][-1], "exact rows", rows)
    text = subprocess.run([PROGRAM, "ls", folder, "--json"], stdout=subprocess.PIPE, check=True, text=True).stdout
    listed = {(group["experiment"], group["run"]): group["statistics"]["mean"] for group in json.loads(text)["groups"]}
    check({(group["experiment"], group["run"]): group["value"] for group in groups} == listed, "the means are those of fovea ls")


def check_damage(served, folder):
    """Damaged files are rows, and the server goes on."""
    with open(os.path.join(folder, "soft_vs_hard", "soft", "results.h5"), "rb") as file:
        whole = file.read()
    for i in range(12):
        target = os.path.join(folder, f"damaged{i}")
        os.makedirs(target)
        damaged = bytearray(whole)
        for place in range(600 + 37 * i, 20000, 211):
            damaged[place] ^= 0xFF >> (i % 8)
        with open(os.path.join(target, "results.h5"), "wb") as file:
            file.write(damaged if i else b"")
    time.sleep(1)  # a list is half a second old at most
    listing = served.json("/api/runs")
    check(len(listing["unread"]) >= 1 and "damaged: " in listing["unread"][0]["problem"], "a damaged file is told", listing["unread"])
    check(len(listing["groups"]) >= 5, "and hides no other")
    served.json("/api/model")
    for i in range(12):
        shutil.rmtree(os.path.join(folder, f"damaged{i}"))


def check_live(served, folder):
    words = ["soft_vs_hard", "steps=10000000", "log_every=20", "checkpoint_every=50", "evaluate_every=100", *SMALL]
    trained = subprocess.Popen([PROGRAM, "run", *words, "--output", os.path.join(folder, "live")], stdout=subprocess.DEVNULL)
    try:
        found = []
        for _ in range(200):
            found = [one for group in served.json("/api/runs")["groups"] for one in group["runs"] if one["state"] == "running"]
            if found:
                break
            time.sleep(0.1)
        check(found, "a run that trains is in the list")
        if not found:
            return
        last = int(found[0]["step"]) + 100
        events = served.events("/api/live", 30, lambda kind, data: kind == "row" and data["kind"] == "train" and data["step"] >= last)
        steps = [data["step"] for kind, data in events if kind == "row" and data["kind"] == "train"]
        check(steps and steps[-1] >= last and steps == sorted(set(steps)), "each train row is one event", steps[:20])
        trained.kill()
        trained.wait()
        events = served.events(f"/api/live?run={found[0]['id']}", 20, lambda kind, data: kind == "state")
        check(events[-1][1].get("state") == "interrupted" and "no process works on this run" in events[-1][1]["text"], "a killed run is told", events[-1:])
        time.sleep(1)  # a list is at most half a second old
        states = [one["state"] for group in served.json("/api/runs")["groups"] for one in group["runs"] if one["id"] == found[0]["id"]]
        check(states == ["interrupted"], "also in the list", states)
    finally:
        trained.kill()
        trained.wait()


def check_end(served):
    held = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    held.request("GET", f"/api/live?token={served.token}")
    held.getresponse()
    code, seconds, errors = served.stop()
    check(code == 0 and not errors and seconds < 5, "Ctrl-C ends it", (code, seconds, errors))
    check(addresses_of(served.port) == [], "and frees the port")


def settled(browser):
    """Waits until the page has its list and its figures."""
    for _ in range(400):
        if browser.script("""return document.querySelector('#board tbody tr') !== null && document.querySelector('.experiment') !== null &&
            document.getElementById('report').getAttribute('aria-busy') !== 'true' &&
            [...document.querySelectorAll('.plot')].every((one) => one.clientWidth === 0 || one.querySelector('svg'))"""):
            return True
        time.sleep(0.05)
    return False


def check_look(browser, served, script, width, scheme):
    place = f"at {width} pixels, {scheme}"
    browser.show_as(width, scheme=scheme)
    browser.errors(), browser.requests()
    browser.open(served.address)
    check(settled(browser), f"the page is drawn {place}", browser.script("return document.body.innerText.slice(0, 500)"))
    overflow = browser.script("return document.documentElement.scrollWidth - window.innerWidth")
    check(overflow <= 0, f"the page does not scroll sideways {place}", overflow)
    if script:
        found = axe.violations(browser, script)
        check(not found, f"axe finds nothing {place}", "\n  ".join(found))
    errors = browser.errors()
    check(not errors, f"the console has no message {place}", errors)
    own = f"http://127.0.0.1:{served.port}/"
    foreign = [one for one in browser.requests() if not one.startswith((own, "data:", "blob:"))]
    check(not foreign, f"nobody else is asked {place}", foreign)
    if PICTURES:
        browser.picture(os.path.join(PICTURES, f"serve_{width}_{scheme}.png"))


def check_choice(browser):
    """The list is filtered and chosen from by the keyboard."""
    browser.script("document.querySelector('#only').focus()")
    for key in "argmax":
        browser.press(key)
    check(browser.script("return document.querySelectorAll('#board tbody tr').length") == 1, "the list is filtered")
    browser.script("document.querySelector('#board tbody input').focus()")
    browser.press(" ")
    browser.script("[...document.querySelectorAll('#board button')].find((one) => one.textContent.startsWith('Show the chosen')).focus()")
    browser.press(webdriver.ENTER)
    for _ in range(200):
        if browser.script("return document.querySelectorAll('.experiment').length") == 1:
            break
        time.sleep(0.05)
    check(browser.script("return document.querySelectorAll('.experiment').length") == 1, "what is chosen is shown")


def check_live_page(browser, served, folder, script):
    words = ["soft_vs_hard", "steps=10000000", "log_every=20", "checkpoint_every=50", "evaluate_every=100", *SMALL]
    trained = subprocess.Popen([PROGRAM, "run", *words, "--output", os.path.join(folder, "seen")], stdout=subprocess.DEVNULL)
    try:
        text = ""
        for _ in range(300):
            text = browser.script("return document.querySelector('#board .live').innerText")
            if "running" in text and browser.script("return document.querySelector('#board .live svg[role=img]') !== null"):
                break
            time.sleep(0.1)
        check("running" in text and "loss" in text, "a run that trains is drawn", text)
        if PICTURES:
            browser.picture(os.path.join(PICTURES, "serve_live.png"))
        if script:
            found = axe.violations(browser, script)
            check(not found, "axe finds nothing while a run trains", "\n  ".join(found))
        trained.kill()
        trained.wait()
        for _ in range(100):
            text = browser.script("return document.querySelector('#board .live').innerText")
            if "no process works on this run" in text:
                break
            time.sleep(0.1)
        check("no process works on this run" in text, "a killed run is told in the page", text)
    finally:
        trained.kill()
        trained.wait()


def check_browser(served, folder):
    absent = webdriver.missing()
    if absent:
        return f"without a browser, as {absent} is not installed"
    script = ""
    if file := axe.axe_file():
        with open(file, encoding="utf-8") as opened:
            script = opened.read()
    with webdriver.Browser() as browser:
        for width in WIDTHS:
            for scheme in ("light", "dark"):
                check_look(browser, served, script, width, scheme)
        check_choice(browser)
        check_live_page(browser, served, folder, script)
        check(not browser.errors(), "the console stays without a message while the page is used")
    return "with a browser" + ("" if script else ", without axe-core")


def main():
    with tempfile.TemporaryDirectory() as work:
        os.environ["XDG_CACHE_HOME"] = os.path.join(work, "cache")
        folder = os.path.join(work, "runs")
        run(folder, "soft_vs_hard", "n=5", "hidden=8", "steps=30", "evaluate_every=10", *SMALL)
        served = Served(folder)
        check_access(served)
        check_answers(served, folder)
        check_damage(served, folder)
        check_live(served, folder)
        shutil.rmtree(os.path.join(folder, "live"), ignore_errors=True)
        check_end(served)
        served = Served(folder, "--port", str(served.port))
        how = check_browser(served, folder)
        check(served.stop()[0] == 0, "Ctrl-C ends it again")
    print(f"{len(failures)} failed; {how}")
    return 1 if failures else 0


sys.exit(main())
