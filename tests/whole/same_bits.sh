#!/usr/bin/env bash
# One run, many ways: on 1, 2, 3 and 8 threads, stopped by one signal or by two and resumed, killed at random moments and
# resumed. The results file is the same byte for byte outside /clock, and what is on disk is a whole file at every moment.
#   tests/whole/same_bits.sh PROGRAM [KILLS]
set -euo pipefail

program="${1:?expected the program; none came; run tests/whole/same_bits.sh build/release/fovea.}"
kills="${2:-6}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
settings=(sort_by_pointing n=6 lengths=4,9 hidden=32 steps=600 evaluate_every=50 checkpoint_every=20 test_rows=500
  validation_rows=200 batch=64 shard_rows=16)

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

# The first Python that has h5py; the files are then opened with it too.
python=""
for candidate in python3 /usr/bin/python3; do
  if "$candidate" -c "import h5py" 2>/dev/null; then
    python="$candidate"
    break
  fi
done

train() { "$program" run "${settings[@]}" --quiet --output "$work/$1" "${@:2}"; }
# In the background, with $! the program itself.
start() { "$program" run "${settings[@]}" --quiet --output "$work/$1" --threads 2 >/dev/null 2>&1 & }
results() { printf '%s/sort_by_pointing/main/results.h5' "$work/$1"; }
same() { "$program" verify "$(results one)" --same "$(results "$1")" >/dev/null || fail "$2"; }

train one --threads 1 >/dev/null
for threads in 2 3 8; do
  train "threads_$threads" --threads "$threads" >/dev/null
  same "threads_$threads" "$threads threads must give the bits of one"
done
echo "1, 2, 3 and 8 threads: the same"

# A signal: the step is finished, the state saved; the same command goes on.
start stopped
sleep 0.5
kill -TERM $! 2>/dev/null || true
code=0
wait $! || code=$?
[ "$code" -eq 143 ] || [ "$code" -eq 0 ] || fail "exit code 143 was expected after SIGTERM; $code came"
train stopped --threads 3 >/dev/null
same stopped "a run that was stopped and resumed must give the bits of one that was not"
echo "stopped (exit code $code) and resumed: the same"

# Two signals: the second one leaves at once, wherever the first one got to; what is on disk is a run to resume.
for ((i = 0; i < 3; ++i)); do
  start hurried
  sleep "0.$((2 + RANDOM % 5))"
  kill -INT $! 2>/dev/null || true
  kill -INT $! 2>/dev/null || true
  code=0
  wait $! || code=$?
  [ "$code" -eq 130 ] || [ "$code" -eq 0 ] || fail "exit code 130 was expected after two SIGINT; $code came"
  if [ -e "$(results hurried)" ]; then
    "$program" verify "$(results hurried)" >/dev/null || fail "two signals must leave a whole file"
  fi
done
train hurried --threads 2 >/dev/null
same hurried "a run that was left at once and resumed must give the bits of one that was not"
echo "left at once and resumed: the same"

# Sites whose results come about in other ways: in tiles, told query by query, and drawn by a policy, whose entropy is summed
# over the steps between evaluations; and settings that change the cost, the parameters and what is kept of them.
also() {
  local experiment="$1" run="$2"
  local -a options=("${@:3}")
  local name="also_$experiment"
  local file="$experiment/$run/results.h5"
  for threads in 1 3 8; do
    "$program" run "$experiment" "${options[@]}" --quiet --output "$work/${name}_$threads" --threads "$threads" >/dev/null
    "$program" verify "$work/${name}_1/$file" --same "$work/${name}_$threads/$file" >/dev/null ||
      fail "$experiment: $threads threads must give the bits of one"
  done
  "$program" run "$experiment" "${options[@]}" --quiet --output "$work/${name}_stopped" --threads 2 >/dev/null 2>&1 &
  sleep 0.3
  kill -TERM $! 2>/dev/null || true
  wait $! || true
  "$program" run "$experiment" "${options[@]}" --quiet --output "$work/${name}_stopped" --threads 3 >/dev/null
  "$program" verify "$work/${name}_1/$file" --same "$work/${name}_stopped/$file" >/dev/null ||
    fail "$experiment: a run that was stopped and resumed must give the bits of one that was not"
  echo "$experiment: the same"
}
also long_recall given "site=scaled_dot | causal & window(8, 0) | softmax | none" kernel=tiles sizes=64x4 tests=64x4 \
  vocabulary=64 positions=rotary batch=16 shard_rows=4 steps=60 evaluate_every=15 checkpoint_every=5 validation_rows=40 test_rows=40 \
  width=16 heads=2
also sort_by_pointing main n=5 lengths=7 hidden=16 batch=32 shard_rows=8 steps=120 evaluate_every=30 checkpoint_every=20 \
  validation_rows=100 test_rows=100 label_smoothing=0.1 "parameter_dropout=*/weight=0.1" "parameter_decay=*=0.01 *bias*=0" \
  "freeze=embedding/*" "objective=2 * cost - cost" "average=ema(decay=0.9)" keep=best
also soft_vs_hard sample steps=120 evaluate_every=40 checkpoint_every=20 validation_rows=100 test_rows=100

# Kills at random moments; a file that is there must be whole, also to h5py.
for ((i = 0; i < kills; ++i)); do
  start killed
  # The first kill comes after the first publication, so that all of them find a file.
  while [ ! -e "$(results killed)" ] && kill -0 $! 2>/dev/null; do sleep 0.02; done
  sleep "0.$((RANDOM % 7))$((RANDOM % 10))"
  kill -9 $! 2>/dev/null || true
  wait $! 2>/dev/null || true
  "$program" verify "$(results killed)" >/dev/null || fail "the file on disk must be whole after kill number $((i + 1))"
  if [ -n "$python" ]; then
    "$python" "$(dirname "$0")/read_all.py" "$(results killed)" || fail "h5py must read it after kill number $((i + 1))"
  fi
done
train killed --threads 2 >/dev/null
same killed "a run that was killed $kills times must give the bits of one that was not"
echo "killed $kills times and resumed: the same"
if [ -n "$python" ]; then
  echo "opened with h5py after each kill"
else
  echo "skipped: not opened with h5py, which no python3 here has"
fi

# A finished run is left alone, another configuration is refused.
before="$(sha256sum "$(results killed)")"
train killed >/dev/null
[ "$before" = "$(sha256sum "$(results killed)")" ] || fail "a finished run must be left alone"
if train killed learning_rate=0.5 >/dev/null 2>"$work/refusal"; then fail "another configuration must be refused"; fi
[ "$(wc -l <"$work/refusal")" -eq 1 ] || fail "a refusal is one line; $(cat "$work/refusal")"
[ "$before" = "$(sha256sum "$(results killed)")" ] || fail "a refusal must leave the results alone"
echo "finished and left alone: the same"
