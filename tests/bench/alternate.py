"""bench/alternate.py: its medians, its ratios and its answers to wrong commands. Argument: the script."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT = sys.argv.pop(1)


def fake(directory, name, per_round):
    """A command that prints the lines of `per_round` in turn, one list a call."""
    path = os.path.join(directory, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(f"""import json, os
count = {path + '.count'!r}
done = int(open(count).read()) if os.path.exists(count) else 0
open(count, "w").write(str(done + 1))
print("text beside the lines")
for line in {per_round!r}[done]:
    print(json.dumps(line))
""")
    return f"{sys.executable} {path}"


def line(name, config, rate):
    return {"name": name, "config": config, "median_s": 1 / rate, "rate": rate, "unit": "seq/s"}


def alternate(*arguments):
    run = subprocess.run([sys.executable, SCRIPT, "--json", *arguments], capture_output=True, text=True, check=False)
    return run.returncode, [json.loads(text) for text in run.stdout.splitlines()], run.stderr


class Alternate(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def test_a_ratio_pairs_the_rounds_and_takes_the_best_peer_of_the_same_length(self):
        # The ratios of the rounds are 2, 1.5 and 1; that of the medians would be 100 / 60.
        ours = fake(self.folder.name, "ours", [[line("a_train", "n=10,B=8", r)] for r in (100, 300, 60)])
        theirs = fake(self.folder.name, "theirs", [
            [line("p_train_slow", "n=10,B=8", 1), line("p_train_fast", "n=10", r), line("p_train_long", "n=20,B=8", 9999)]
            for r in (50, 200, 60)])
        code, lines, _ = alternate("--rounds", "3", "--ratio", "a_train=best:p_train_", ours, theirs)
        self.assertEqual(code, 0)
        first = lines[0]
        self.assertEqual((first["name"], first["rate"], first["lowest"], first["highest"]), ("a_train", 100, 60, 300))
        self.assertEqual((lines[-1]["peer"], lines[-1]["ratio"]), ("p_train_fast", 1.5))

    def test_a_second_command_with_the_same_name_is_told_apart(self):
        one = fake(self.folder.name, "one", [[line("a", "n=1", 30), line("a_own", "n=1", 999)]])
        other = fake(self.folder.name, "other", [[line("a", "n=1", 10)]])
        code, lines, _ = alternate("--rounds", "1", "--ratio", "a=best:a", one, other)
        self.assertEqual(code, 0)
        self.assertEqual([entry["name"] for entry in lines], ["a", "a_own", "a#2", "a"])
        self.assertEqual((lines[-1]["peer"], lines[-1]["ratio"]), ("a#2", 3))

    def test_a_command_that_fails_or_prints_no_line_is_an_error_of_one_line(self):
        for command in ("false", "true", "/no/such/program", "'"):
            code, lines, errors = alternate("--rounds", "1", command)
            self.assertEqual((code, lines), (1, []))
            self.assertEqual(len([text for text in errors.splitlines() if text.startswith("[alternate] ")]), 1, errors)

    def test_a_rule_for_a_name_that_nobody_prints_is_an_error(self):
        code, _, errors = alternate("--rounds", "1", "--ratio", "b=best:a", fake(self.folder.name, "f", [[line("a", "", 1)]]))
        self.assertEqual(code, 1)
        self.assertIn("no command printed the name 'b'; names: a", errors)


if __name__ == "__main__":
    unittest.main()
