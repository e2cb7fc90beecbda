#!/usr/bin/env bash
# A trained model lives on: evaluate, predict, export, from and more steps as a user types them. Argument: the program.
set -euo pipefail
fovea="$(readlink -f "$1")"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
failed=0

# expect NAME CODE PATTERN COMMAND...: the exit code of a command, and a pattern that its whole output fits.
expect() {
  local name="$1" wanted="$2" pattern="$3" code=0
  shift 3
  "$@" >output 2>&1 </dev/null || code=$?
  if [ "$code" -eq "$wanted" ] && grep -qE -- "$pattern" output; then return; fi
  printf 'FAILED: %s: expected code %s and %s; code %s came with:\n' "$name" "$wanted" "$pattern" "$code"
  cat output
  failed=1
}
# answers NAME INPUT EXPECTED RUN [WORDS...]: what predict prints for these lines.
answers() {
  local name="$1" expected="$3"
  printf '%s' "$2" >input
  shift 3
  "$fovea" predict "$@" <input >output 2>errors || true
  if [ "$(cat output)" == "$expected" ]; then return; fi
  printf 'FAILED: %s: expected\n%s\ncame\n' "$name" "$expected"
  cat output errors
  failed=1
}

small=(steps=4 test_rows=48 validation_rows=16 batch=16 --quiet)
expect "a run" 0 accuracy "$fovea" run sort_by_pointing "${small[@]}" lengths=5,8 schedule=constant
run=runs/sort_by_pointing/main

# Figures of an evaluation with the sites as they were are those of the run: both columns of each row are one text.
expect "an evaluation" 0 "^results: evaluations/" "$fovea" evaluate "$run"
awk '/^sort_by_pointing/ && $(NF - 1) != $NF { bad = 1 } /^sort_by_pointing/ { rows++ } END { exit bad || rows < 3 }' output || {
  echo "FAILED: expected the figures of the run:"
  cat output
  failed=1
}
expect "its file is whole" 0 ": whole;" "$fovea" verify evaluations/sort_by_pointing/main/as-trained-*
expect "its file is no run" 1 "these are of an evaluation" "$fovea" predict evaluations/sort_by_pointing/main/as-trained-*
"$fovea" evaluate "$run" --threads 1 --output one --quiet >/dev/null
"$fovea" evaluate "$run" --threads 3 --output three --quiet >/dev/null
expect "threads" 0 "the same byte for byte" "$fovea" verify one/sort_by_pointing/main/as-trained-* --same three/sort_by_pointing/main/as-trained-*
expect "a sweep" 0 "softmax +top_k\(2\) +argmax" "$fovea" evaluate "$run" --sweep "softmax; top_k(2); argmax" --rows 16
expect "a part of a sweep fails" 1 "nothing reads the parameter" "$fovea" evaluate "$run" --sweep "softmax; dot"
expect "an unknown site" 2 "Did you mean 'argmax'" "$fovea" evaluate "$run" --site argmaxx
expect "an unknown path" 1 "it has decoder/pointer" "$fovea" evaluate "$run" --site "zz/*=argmax"
expect "a missing run" 1 "does not exist" "$fovea" evaluate "$run" runs/none
expect "a wrong split" 2 "Did you mean 'test'" "$fovea" evaluate "$run" --split tests
"$fovea" run sort_by_pointing "${small[@]}" lengths=5,8 schedule=constant seed=2 --restart >/dev/null
expect "a run that was trained again" 1 "trained again" "$fovea" evaluate "$run"
expect "is replaced when asked" 0 "results:" "$fovea" evaluate "$run" --restart

expect "the format" 0 "separated by spaces" "$fovea" predict "$run" --format
printf '0.3 0.1 0.2\n0.5 0.4\n\n0.3 0.1 0.2\n' >numbers
expect "one answer a line" 0 "^[0-9. ]+$" "$fovea" predict "$run" --input numbers
[ "$(wc -l <output)" -eq 3 ] && [ "$(sed -n 1p output)" == "$(sed -n 3p output)" ] || {
  echo "FAILED: expected three answers, the first and the last the same"
  failed=1
}
expect "JSON" 0 '"pointers":\[' "$fovea" predict "$run" --input numbers --json
expect "what was chosen" 0 "decoder/pointer 0" "$fovea" predict "$run" --input numbers --explain
expect "for people or programs" 2 "give one of them" "$fovea" predict "$run" --input numbers --explain --json
printf '0.3 0.1 0.2\nnone\n0.1 0.2\n' >numbers
expect "a wrong line" 1 "numbers:2\]" "$fovea" predict "$run" --input numbers
[ "$(grep -c '^[0-9]' output)" -eq 1 ] || { echo "FAILED: expected the answer before the wrong line"; failed=1; }
answers "a name twice" '{"items":[[1]],"items":[[2]]}' "" "$run"
grep -q "comes twice" errors || { echo "FAILED: expected a name twice to be refused:"; cat errors; failed=1; }

expect "weights" 0 "parameters" "$fovea" export "$run" -o weights.safetensors
expect "a run from weights" 0 accuracy "$fovea" run sort_by_pointing "${small[@]}" lengths=5,8 --from weights.safetensors --output tuned
expect "weights that do not fit" 1 "of another shape: .*64, 1. there and .32, 1. here" \
  "$fovea" run sort_by_pointing "${small[@]}" hidden=32 --from weights.safetensors --output narrow
[ ! -e narrow/sort_by_pointing/main/results.h5 ] || { echo "FAILED: expected no results"; failed=1; }
expect "no weights" 1 "nothing is there" "$fovea" run sort_by_pointing --from none --output none
expect "a pattern that fits nothing" 1 "encodr" "$fovea" run sort_by_pointing --freeze "encodr/*" --output none
expect "more steps" 0 accuracy "$fovea" run sort_by_pointing "${small[@]/steps=4/steps=6}" lengths=5,8 schedule=constant seed=2
expect "fewer steps" 1 "steps is '6' there and '4' here" "$fovea" run sort_by_pointing "${small[@]}" lengths=5,8 schedule=constant seed=2

[ "$failed" -eq 0 ] && echo "trained models: all checks passed"
exit "$failed"
