"""Every program of bench/ answers wrong command lines with one line, and help without working. Arguments: the folder of the
sources, that of the programs."""
import glob
import os
import resource
import subprocess
import sys
import unittest

PROGRAMS = sys.argv.pop(2)
SOURCES = sys.argv.pop(1)
SHARED = {"command_line", "measure"}
NAMES = sorted({os.path.splitext(os.path.basename(path))[0] for path in glob.glob(os.path.join(SOURCES, "*.cpp"))} - SHARED)


def less_memory():
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))


def call(name, *arguments, out=subprocess.PIPE, before=None):
    """Exit code, output and errors of a program that is not given time to measure anything."""
    command = [os.path.join(PROGRAMS, "bench_" + name), *arguments]
    done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, timeout=60, text=True, check=False,
                          preexec_fn=before)
    return done.returncode, done.stdout, done.stderr


class CommandLines(unittest.TestCase):
    def refused(self, name, *arguments, saying=""):
        with self.subTest(name=name, arguments=arguments):
            code, out, err = call(name, *arguments)
            self.assertEqual((code, out, err.count("\n")), (2, "", 1), err)
            self.assertTrue(err.startswith("["), err)
            self.assertIn(saying, err)

    def present(self):
        found = [name for name in NAMES if os.path.exists(os.path.join(PROGRAMS, "bench_" + name))]
        self.assertGreaterEqual(len(found), len(NAMES) - 1, "only bench_small_ops may be left out")
        return found

    def test_help_has_examples_and_every_option(self):
        for name in self.present():
            code, out, err = call(name, "--help")
            self.assertEqual((code, err), (0, ""), name)
            for part in ("Examples:", "bench_" + name, "--json"):
                self.assertIn(part, out)
            for line in out.split("Examples:")[1].strip().splitlines():
                self.assertNotIn("   ", line.split("#")[0].strip(), "words behind a command are a comment of the shell")

    def test_unknown_options_and_words_are_refused(self):
        for name in self.present():
            self.refused(name, "--no-such-option", saying=f"see 'bench_{name} --help'")
            self.refused(name, "--json=perhaps")
            self.refused(name, "--threads", "x")
            self.refused(name, "--no\nsuch\x1b[1m")

    def test_values_that_cannot_be_are_refused(self):
        self.refused("selectors", "--threads", saying="--threads")
        self.refused("selectors", "--threads", "-1")
        self.refused("selectors", "--threads", "99999999999999999999")
        self.refused("selectors", "2", saying="no '2'")
        self.refused("selectors", "sparsmax", saying="Did you mean 'sparsemax'")
        self.refused("selectors", "top_k(k=0)")
        self.refused("selectors", "--rounds", "0")
        self.refused("attention", "windw(3)", saying="Did you mean 'window'")
        self.refused("attention", "--lengths", "0")
        self.refused("attention", "--lengths", saying="--lengths")
        self.refused("attention", "--products", "int8")
        self.refused("head_sites", "dot | dense | nothing | none", saying="no 'nothing'")
        self.refused("slot_index", "lists(probes=none)", saying="probes")
        self.refused("sparse_memory", "--index", "tree", saying="no 'tree'")
        self.refused("work_follows", "argmax | nothing", saying="no 'nothing'")
        self.refused("work_follows", "--pattern", "dense +", saying="dense")
        self.refused("pointer", "full", "2", "63", saying="63 does not divide")
        self.refused("recurrent", "3", "transformer", saying="no layer begins with 'transformer'")

    def test_work_that_cannot_be_done_is_one_line_and_another_code(self):
        self.refused("work_follows", "top_k(8) | rebar")
        code, out, err = call("large_memory", "--slots", "16777216", "--threads", "1", before=less_memory)
        self.assertEqual((code, err.count("\n")), (1, 1), out + err)

    def test_output_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            code, _, err = call("selectors", "--help", out=full)
        self.assertEqual((code, err.count("\n")), (1, 1), err)


if __name__ == "__main__":
    unittest.main()
