#!/usr/bin/env python3
"""Runs benchmark commands in turn, so that the drift of a shared machine falls on all alike, and compares their rates.

Each command prints JSON lines {"name", "config", "median_s", "best_s", "rate", "unit"}; other lines are passed over.
Printed are, for each (name, config), the median of the rates over the rounds with the lowest and the highest, and for each
rule the ratios. A rule OURS=best:THEIRS compares the name OURS with those names of other commands that match THEIRS (a
beginning, or a pattern with * and ?; several are joined by |) and whose configs agree in every key that both have; the peer
with the highest median stands for all. A ratio is the median over rounds of the rate of one round over that of the peer in the
same round.

Examples:
  bench/alternate.py 'build/release/bench/bench_recurrent 3 lstm --json' 'build/before/bench/bench_recurrent 3 lstm --json'
  bench/alternate.py --rounds 7 --ratio 'pointer_train=best:ptrnet_train_' \\
    'build/release/bench/bench_pointer full 2 64 10 --seconds 1 --json' 'peers/torch.sh python3 /peers/ptrnet.py'
Where two commands give the same name and config, the second one is listed as name#2, the third as name#3.
"""
import argparse
import fnmatch
import json
import math
import shlex
import statistics
import subprocess
import sys


class Failure(Exception):
    """Something the user can repair."""


def lines_of(command):
    """The measurements that one run of a command prints; a list of (name, config, rate, unit)."""
    try:
        words = shlex.split(command)
        run = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    except (OSError, ValueError, IndexError) as error:
        raise Failure(f"'{command}' could not be started: {error}") from error
    if run.returncode != 0:
        raise Failure(f"'{command}' was expected to end with 0; it ended with {run.returncode}")
    found = []
    for text in run.stdout.splitlines():
        line = parse_line(text)
        if line is None:
            continue
        if "error" in line:
            print(f"alternate: {line['name']} {line.get('config', '')}: {line['error']}", file=sys.stderr)
            continue
        rate = line.get("rate") or (1 / line["median_s"] if line.get("median_s") else math.nan)
        unit = line["unit"] if line.get("rate") else "calls/s"
        if not math.isfinite(rate) or rate <= 0:
            raise Failure(f"'{command}' printed no positive rate: {text}")
        found.append((line["name"], line.get("config", ""), float(rate), unit))
    if not found:
        raise Failure(f"'{command}' printed no line of JSON with a name; is --json missing?")
    return found


def parse_line(text):
    try:
        line = json.loads(text)
    except ValueError:
        return None
    return line if isinstance(line, dict) and "name" in line else None


def measure(commands, rounds):
    """{(name, config): {"unit": ..., "command": ..., "rates": {round: rate}}}, in the order of the commands."""
    table, owner = {}, {}
    for number in range(rounds):
        for index, command in enumerate(commands):
            print(f"alternate: round {number + 1} of {rounds}: {command}", file=sys.stderr)
            for name, config, rate, unit in lines_of(command):
                owners = owner.setdefault((name, config), [])
                if index not in owners:
                    owners.append(index)
                place = owners.index(index)
                key = (name if place == 0 else f"{name}#{place + 1}", config)
                entry = table.setdefault(key, {"unit": unit, "command": index, "rates": {}})
                entry["rates"][number] = rate
    return table


def median(entry):
    return statistics.median(entry["rates"].values())


def pairs_of(config):
    """{"hidden": "128", ...} of "hidden=128,T=50"; a part without a key stands for itself."""
    return dict(part.split("=", 1) if "=" in part else (part, part) for part in config.split(",") if part)


def agree(one, other):
    if one == other:
        return True
    a, b = pairs_of(one), pairs_of(other)
    shared = a.keys() & b.keys()
    return bool(shared) and all(a[key] == b[key] for key in shared)


def parse_rule(text):
    ours, _, theirs = text.partition("=")
    if not ours or not theirs.startswith("best:") or theirs == "best:":
        raise argparse.ArgumentTypeError(f"expected OURS=best:THEIRS; '{text}' came")
    pattern = theirs[len("best:"):]
    return ours, [p if any(c in p for c in "*?[") else p + "*" for p in pattern.split("|")]


def peers_of(table, key, patterns):
    for other, entry in table.items():
        if entry["command"] == table[key]["command"] or not agree(key[1], other[1]):
            continue
        if any(fnmatch.fnmatchcase(other[0], pattern) for pattern in patterns):
            yield other


def ratios(table, rule):
    """[(key of ours, key of the best peer, ratio)] of a rule, one for each config of ours that has a peer."""
    ours, patterns = rule
    found = []
    for key, entry in table.items():
        if key[0] != ours:
            continue
        peers = list(peers_of(table, key, patterns))
        if not peers:
            print(f"alternate: {ours} {key[1]} has no peer that matches '{'|'.join(patterns)}'", file=sys.stderr)
            continue
        best = max(peers, key=lambda k: median(table[k]))
        rates = table[best]["rates"]
        if entry["unit"] != table[best]["unit"]:
            raise Failure(f"{ours} is in {entry['unit']} but {best[0]} in {table[best]['unit']}")
        shared = entry["rates"].keys() & rates.keys()
        if not shared:
            raise Failure(f"{ours} and {best[0]} share no round")
        found.append((key, best, statistics.median(entry["rates"][r] / rates[r] for r in shared)))
    if not any(key[0] == ours for key in table):
        raise Failure(f"no command printed the name '{ours}'; names: {', '.join(sorted({k[0] for k in table}))}")
    return found


def print_text(table, compared):
    for (name, config), entry in table.items():
        rates = entry["rates"].values()
        print(f"{name:<34} {config:<36} {median(entry):10.5g} {entry['unit']:<10} "
              f"{min(rates):.5g} to {max(rates):.5g} over {len(rates)} rounds")
    for key, best, ratio in compared:
        print(f"ratio {ratio:.3f}  {key[0]} / {best[0]}  {key[1]}")


def print_json(table, compared):
    for (name, config), entry in table.items():
        rates = list(entry["rates"].values())
        print(json.dumps({"name": name, "config": config, "rate": median(entry), "unit": entry["unit"],
                          "lowest": min(rates), "highest": max(rates), "rounds": len(rates)}))
    for key, best, ratio in compared:
        print(json.dumps({"ratio": ratio, "name": key[0], "config": key[1], "peer": best[0], "peer_config": best[1]}))


def count(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a number >= 1; {text} came")
    return number


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commands", nargs="+", metavar="COMMAND", help="a command, quoted as one word")
    parser.add_argument("--rounds", type=count, default=5, help="how often each command runs, >= 1 (5)")
    parser.add_argument("--ratio", type=parse_rule, action="append", default=[], metavar="RULE",
                        help="OURS=best:THEIRS; may be repeated")
    parser.add_argument("--json", action="store_true", help="print JSON lines instead of text")
    arguments = parser.parse_args()
    try:
        table = measure(arguments.commands, arguments.rounds)
        compared = [found for rule in arguments.ratio for found in ratios(table, rule)]
    except Failure as failure:
        print(f"[alternate] {failure}", file=sys.stderr)
        return 1
    (print_json if arguments.json else print_text)(table, compared)
    return 0


if __name__ == "__main__":
    sys.exit(main())
