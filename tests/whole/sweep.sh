#!/usr/bin/env bash
# Sweeps of a tiny experiment: killed at odd moments and called again, by two processes at once, with a point that fails, with
# runs that pause. The files of results are those of a sweep that nothing disturbed, byte for byte outside /clock, and nothing is
# trained twice.
#   tests/whole/sweep.sh PROGRAM [KILLS]
set -euo pipefail

program="${1:?expected the program; none came; run tests/whole/sweep.sh build/release/fovea.}"
kills="${2:-4}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
tiny=(sort_by_pointing n=4 n_min=4 lengths=5 hidden=8 batch=16 shard_rows=16 test_rows=16 validation_rows=16 evaluate_every=2
  checkpoint_every=2)
grid=("${tiny[@]}" steps=6 "learning_rate=choice(1e-3, 1e-2)" "clip_norm=choice(1, 2)" --seeds 2)

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  tail -n 30 "$work"/*.txt "$work"/sweeps/*/*/*/failed.txt >&2 2>/dev/null || true
  exit 1
}
has() { grep -qF -- "$2" "$1" || fail "$1 must say '$2'"; }
# Ends with the exit code that was expected; what it says goes to a file.
sweep() {
  local expected="$1" file="$2" code=0
  shift 2
  "$program" sweep "$@" >"$file" 2>&1 || code=$?
  [ "$code" -eq "$expected" ] || fail "exit code $expected was expected of sweep $*; $code came"
}
files() { (cd "sweeps/$1" && find . -name results.h5 | sort); }
same() {
  [ "$(files one)" = "$(files "$1")" ] || fail "$1 must have the runs of the undisturbed sweep: $(files "$1")"
  local file
  for file in $(files one); do
    "$program" verify "sweeps/one/$file" --same "sweeps/$1/$file" >/dev/null || fail "$1/$file must have the same bits"
  done
}
trained() { find "sweeps/$1" -name log.txt -exec cat {} + | grep -c "$2" || true; }

sweep 0 dry.txt "${grid[@]}" --name one --dry-run
[ ! -e sweeps ] || fail "--dry-run must write nothing"
has dry.txt "0004 learning_rate=1e-2 clip_norm=2"
sweep 0 one.txt "${grid[@]}" --name one --jobs 2
[ "$(files one | wc -l)" -eq 8 ] || fail "four points with two seeds were expected"
[ -f "sweeps/one/0003-learning_rate=1e-2,clip_norm=1/seed2/results.h5" ] || fail "a folder tells its point and seed"
[ "$(wc -l <sweeps/one/index.csv)" -eq 9 ] || fail "index.csv must have a row for each run"
has one.txt "[8/8]"
"$program" ls sweeps/one >ls.txt
[ "$(grep -c "sort_by_pointing/main  2 " ls.txt)" -eq 4 ] || fail "fovea ls must show four groups of two seeds"
sweep 0 again.txt "${grid[@]}" --name one
if grep -qF "[1/" again.txt; then fail "nothing is left to train the second time"; fi
# A run of the sweep is the run of the command `run`.
"$program" run "${tiny[@]}" steps=6 learning_rate=1e-2 clip_norm=1 seed=2 --quiet --output alone >/dev/null
"$program" verify alone/sort_by_pointing/main/results.h5 --same \
  "sweeps/one/0003-learning_rate=1e-2,clip_norm=1/seed2/results.h5" >/dev/null || fail "it must be the run of fovea run"
echo "a sweep, and nothing the second time"

# Killed: its runs end in order by themselves; the same command goes on.
for ((i = 0; i < kills; ++i)); do
  "$program" sweep "${grid[@]}" --name killed --jobs 2 >/dev/null 2>&1 &
  pid=$!
  sleep "0.$((2 + RANDOM % 6))"
  children=()
  if [ $((i % 2)) -eq 1 ]; then mapfile -t children < <(ps -o pid= --ppid "$pid"); fi  # or at once, wherever they are
  # shellcheck disable=SC2068
  kill -KILL "$pid" ${children[@]} 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
done
# A signal: the runs stop in order.
"$program" sweep "${grid[@]}" --name killed --jobs 2 >term.txt 2>&1 &
sleep 0.6
kill -TERM $! 2>/dev/null || true
code=0
wait $! || code=$?
[ "$code" -eq 143 ] || [ "$code" -eq 0 ] || fail "exit code 143 was expected after SIGTERM; $code came"
sweep 0 killed.txt "${grid[@]}" --name killed
same killed
echo "killed $kills times, stopped by SIGTERM (exit code $code): the same results"

# Runs that would take an hour end with the sweep that started them, stopped or killed.
long=("${tiny[@]}" steps=10000000 "learning_rate=choice(1e-4, 1e-3)" --name long --jobs 2)
runs_of() { (ps -o pid=,args= --ppid "$1" || true) | awk '/ run sort_by_pointing /{print $1}'; }
for signal in TERM KILL; do
  "$program" sweep "${long[@]}" >long.txt 2>&1 &
  pid=$!
  for ((i = 0; i < 100 && $(runs_of "$pid" | wc -l) < 2; ++i)); do sleep 0.1; done
  both="$(runs_of "$pid" | tr '\n' ' ')"
  [ "$(wc -w <<<"$both")" -eq 2 ] || fail "two runs side by side were expected"
  sleep 0.5
  kill "-$signal" "$pid"
  for ((i = 0; i < 200; ++i)); do
    left=0
    for child in $both; do if kill -0 "$child" 2>/dev/null; then left=1; fi; done
    [ "$left" -eq 1 ] || break
    sleep 0.1
  done
  # shellcheck disable=SC2086
  if [ "$left" -eq 1 ]; then
    kill -KILL $both "$pid" 2>/dev/null || true
    fail "runs must end after SIG$signal to their sweep"
  fi
  wait "$pid" 2>/dev/null || true
done
echo "runs end with their sweep"

# Two at once share the work: each run begins once.
"$program" sweep "${grid[@]}" --name shared --jobs 1 >first.txt 2>&1 &
first=$!
sweep 0 second.txt "${grid[@]}" --name shared --jobs 1
wait "$first" || fail "the first of two sweeps must end well"
same shared
if grep -q "failed" first.txt second.txt; then fail "a run that another sweep trains is no failure"; fi
[ "$(trained shared "step 2: validation")" -eq 8 ] || fail "two sweeps must train each run once"
[ "$(trained shared "resumed")" -eq 0 ] || fail "two sweeps must not resume each other's runs"
echo "two at once: each run trained once"

# Another definition is refused; more seeds are an extension.
sweep 1 refused.txt "${tiny[@]}" steps=6 "learning_rate=choice(1e-3, 1e-2)" "clip_norm=choice(1, 2)" --name one
has refused.txt "--seeds: '2' there, '1' here"
sweep 2 wrong.txt "${tiny[@]}" "hidden_=choice(1, 2)" --name wrong
[ ! -e sweeps/wrong ] || fail "a wrong setting must be told before anything is written"

# A point that fails is told, and the others finish.
bad=("${tiny[@]}" steps=6 "learning_rate=choice(1e-3, 1e30, 1e-2)" --name bad)
sweep 1 bad.txt "${bad[@]}"
has bad.txt "0002-learning_rate=1e30/seed1: failed: "
has bad.txt "failed: 0002-learning_rate=1e30/seed1; "
has "sweeps/bad/0002-learning_rate=1e30/seed1/failed.txt" "exit code 1"
[ "$(grep -c finished "sweeps/bad/index.csv")" -eq 2 ] || fail "the other points must finish"
sweep 1 bad2.txt "${bad[@]}"
if grep -qF "[1/" bad2.txt; then fail "what failed is not trained again unasked"; fi
sweep 1 bad3.txt "${bad[@]}" --retry-failed
has bad3.txt "[1/1] 0002-learning_rate=1e30/seed1: failed: "
sweep 1 fast.txt "${bad[@]/#bad/fast}" --fail-fast --jobs 1
has fast.txt "1 run is left"
echo "a failure is told, and the others finish"

# Halving: runs pause, the best go on, and end as those that never paused.
half=("${tiny[@]}" steps=8 "learning_rate=choice(1e-4, 1e-3, 1e-2, 3e-2)" "--search" "halving(first=2, factor=2)")
sweep 0 half.txt "${half[@]}" --name half
has half.txt "step 2: of 4 points, 2 go on"
has half.txt "step 4: of 2 points, 1 goes on"
[ "$(grep -c ",finished,8," sweeps/half/index.csv)" -eq 1 ] || fail "one point must be finished"
[ "$(grep -c ",paused,2," sweeps/half/index.csv)" -eq 2 ] || fail "two points must be paused at step 2"
[ "$(grep -c ",paused,4," sweeps/half/index.csv)" -eq 1 ] || fail "one point must be paused at step 4"
sweep 0 half2.txt "${half[@]}" --name half
if grep -qF "[1/" half2.txt; then fail "nothing is left to train the second time"; fi
rate="$(grep ",finished,8," sweeps/half/index.csv | cut -d, -f3)"
"$program" run "${tiny[@]}" steps=8 "learning_rate=$rate" --quiet --output whole >/dev/null
"$program" verify whole/sort_by_pointing/main/results.h5 --same sweeps/half/*"learning_rate=$rate"/seed1/results.h5 \
  >/dev/null || fail "a run that was paused must give the bits of one that was not"
echo "halving pauses and goes on: the same"

# Seeds side by side: the same files and the same closing table.
"$program" run "${tiny[@]}" steps=6 --seeds 3 --quiet --output serial >serial.txt
"$program" run "${tiny[@]}" steps=6 --seeds 3 --quiet --output beside --jobs 2 >beside.txt
diff <(sed 's/serial/beside/' serial.txt | grep -v '^training') <(grep -v '^training' beside.txt) >diff.txt ||
  fail "what is said at the end must be the same"
for seed in 1 2 3; do
  "$program" verify "serial/sort_by_pointing/main-seed$seed/results.h5" --same \
    "beside/sort_by_pointing/main-seed$seed/results.h5" >/dev/null || fail "seed $seed must have the same bits"
done
"$program" run "${tiny[@]}" steps=6 --until 3 --quiet --output parts >until.txt
has until.txt "stopped at step 3"
"$program" run "${tiny[@]}" steps=6 --quiet --output parts >/dev/null
"$program" run "${tiny[@]}" steps=6 --quiet --output whole6 >/dev/null
"$program" verify whole6/sort_by_pointing/main/results.h5 --same parts/sort_by_pointing/main/results.h5 >/dev/null ||
  fail "a run in two parts must give the bits of one"
echo "seeds side by side, and a run in two parts: the same"
