#!/usr/bin/env bash
# Plugins that break their contracts, and models with mistakes: each run is refused in one line that says what came, with
# exit code 1, and never by a signal.
#   tests/plugin/broken/ways.sh PROGRAM LIBRARY [WORD]      WORD: only ways that hold it
set -euo pipefail

program="${1:?expected the program; none came; run tests/plugin/broken/ways.sh build/release/fovea LIBRARY.}"
library="${2:?expected the library of broken plugins; none came; it is built with the tests.}"
word="${3:-}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
ulimit -c 0
tried=0
failed=0

# answers COMMAND TEXT OPTION...: the command fails with one line that holds the text.
answers() {
  local command="$1" text="$2" code=0
  shift 2
  [[ "$*" == *"$word"* ]] || return 0
  tried=$((tried + 1))
  local options=(--plugin "$library" --threads 2)
  [ "$command" = check ] || options+=(--quiet --output "$work/r$tried")
  "$program" "$command" broken "$@" "${options[@]}" >"$work/out" 2>"$work/err" </dev/null || code=$?
  if [ "$code" -eq 1 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && grep -qF -- "$text" "$work/err"; then return 0; fi
  failed=$((failed + 1))
  printf 'FAILED: %s %s\n  expected exit code 1 and: %s\n  came exit code %s and: %s\n' "$command" "$*" "$text" "$code" \
    "$(head -c 600 "$work/err")"
}
refuses() { answers run "$@"; }
selector() { refuses "$2" "site=dot | dense | broken_selector($1)"; }
pattern() { refuses "$2" "site=dot | broken_pattern($1) | softmax"; }
scorer() { refuses "$2" "site=broken_scorer($1) | dense | softmax"; }
estimator() { refuses "$2" "site=dot | dense | sample | broken_estimator($1)"; }
foreign='no exception but fovea::Error was expected'

# A plugin that keeps its contract is trained.
"$program" run broken --plugin "$library" --quiet --output "$work/whole" >"$work/out" || { echo "FAILED: a whole plugin"; exit 1; }

refuses "task 'broken_task', fill] $foreign; 'it is broken' came" task=fill_throw
refuses "task 'broken_task', fill] $foreign; one without a text came" task=fill_throw_seven
refuses "here] a whole one was expected; a broken one came; mend it." task=fill_throw_error
refuses "task 'broken_task', fill] $foreign; 'it is broken' came" task=late_throw
refuses "task 'broken_task', fill] $foreign; one without a text came" task=late_throw_seven
refuses "task 'broken_task', fill] at least one tensor was expected; none came" task=nothing
refuses "'x' must have the 32 rows of the batch as its first axis; its shape is [33, 4]" task=more_rows
refuses "'x' must have the 32 rows of the batch as its first axis; its shape is [31, 4]" task=fewer_rows
refuses "an extent is >= 0; [32, -4] came" task=negative
refuses "for 'x' [32, 1099511627776], a block of" task=huge
refuses "a tensor has at most 2^46 elements; [32, 9223372036854775807] came" task=largest
refuses "x] an input of the kind and the number of axes of Real [16, 4], with which it was built, was expected; Index [16, 4]" \
  task=other_kind
refuses "was expected; Real [16, 4, 1] came" task=other_rank
refuses "one type was expected for 'x' while a batch is filled; it was Real [32, 4] and is now Real [32, 400]" task=made_twice
refuses "a tensor 'target' was expected in every batch; this time the task has not made it" task=forgets
refuses "cross_entropy: index 1000000 at element 1 is outside of [-1, 4)" task=big_target
refuses "task 'broken_task', judge] $foreign; 'it is broken' came" task=judge_throw
refuses "task 'broken_task', judge] $foreign; one without a text came" task=judge_throw_seven
refuses "task 'broken_task', judge] at least one metric was expected; none came" task=no_metric
refuses "the metric 'accuracy' was expected to have one value for each item" task=one_less
refuses "metrics of different names were expected; 'accuracy' came twice" task=twice
refuses "an output 'answer' was expected; the model has: answers, scores. Did you mean 'answers'?" task=other_name
refuses "the output 'scores' was expected to be Index, because index() reads it; Real [" task=other_output

refuses "broken_op] op 'broken_op', infer: $foreign; 'it is broken' came" op=infer_throw
refuses "broken_op] op 'broken_op', infer: $foreign; one without a text came" op=infer_throw_seven
refuses "broken_op] op 'broken_op', infer: at least one output was expected; none came" op=no_outputs
refuses "broken_op] broken_op: an extent is >= 0; [16, -3] came" op=negative
refuses "broken_op] op 'broken_op', forward: $foreign; 'it is broken' came" op=forward_throw
refuses "broken_op] op 'broken_op', forward: $foreign; one without a text came" op=forward_throw_seven
refuses "broken_op] broken_op: here: a whole one was expected; a broken one came; mend it. (built at ways.cpp:" op=forward_throw_error
refuses "broken_op] op 'broken_op', forward: $foreign; one without a text came" op=worker_throw_seven
refuses "broken_op] op 'broken_op', forward: $foreign; one without a text came" op=evaluation_throw_seven
refuses "broken_op] op 'broken_op', backward: $foreign; one without a text came" op=backward_throw_seven

selector capacity_zero "selector 'broken_selector', capacity: a number from 1 to 3 was expected for 3 items; 0 came"
selector capacity_negative "selector 'broken_selector', capacity: a number from 1 to 3 was expected for 3 items; -1 came"
selector capacity_more "selector 'broken_selector', capacity: a number from 1 to 3 was expected for 3 items; 8 came"
selector capacity_largest "was expected for 3 items; 9223372036854775807 came"
selector select_throw "selector 'broken_selector', select: $foreign; 'it is broken' came"
selector select_throw_seven "selector 'broken_selector', select: $foreign; one without a text came"
selector count_negative "selector 'broken_selector', select: a count of at most 3, its capacity, was expected; -1 came"
selector count_more "selector 'broken_selector', select: a count of at most 3, its capacity, was expected; 6 came"
selector keeps_few "all 3 items were expected to be kept, because traits().keeps_all says so; 1 came"
selector kept_far "kept places were expected to ascend within the 3 items of the row; 100000000 came at place 0"
selector kept_negative "-5 came at place 0"
selector kept_twice "0 came at place 1 after 0"
selector nan "every value must be finite"
selector backward_throw_seven "selector 'broken_selector' with estimator 'none': $foreign; one without a text came"

pattern candidates_throw "pattern 'broken_pattern', candidates: $foreign; 'it is broken' came"
pattern candidates_throw_seven "pattern 'broken_pattern', candidates: $foreign; one without a text came"
pattern far "pattern 'broken_pattern', candidates: a pattern gives ascending items in [0, 3); those from 0 to 9 came"
pattern negative "those from -3 to 2 came"
pattern reversed "those from 3 to -1 came"
pattern descending "those from 0 to 0 came after 2"
pattern choose_throw_seven "pattern 'broken_pattern', choose_among: $foreign; one without a text came"
pattern chosen_far "items that ascend within [0, 3) were expected; 1000000 came at place 0"
pattern chosen_more "at most the 3 items that were given were expected; 6 came"
pattern chosen_negative "pattern 'broken_pattern', choose_among: at most the 3 items that were given were expected; -1 came"

scorer declare_throw "site/scorer 'broken_scorer', declare] $foreign; 'it is broken' came"
scorer declare_throw_seven "$foreign; one without a text came"
scorer score_throw "site/scorer 'broken_scorer', score] $foreign; 'it is broken' came"
scorer nothing "scores [B, M, N] of queries [16, 1, 8] were expected; an empty value came"
scorer no_keys "scorer 'broken_scorer', prepare_keys"
scorer no_rows "scores [B, M, N] of queries [16, 1, 8] were expected; Real [16, 8] came"
scorer shape "scores [B, M, N] of queries [16, 1, 8] were expected; Real [16, 3, 8] came"

estimator no_draws "estimator 'broken_estimator', draws: a number from 1 to 1048576 was expected; 0 came"
estimator draws_negative "draws: a number from 1 to 1048576 was expected; -2 came"
estimator draws_largest "draws: a number from 1 to 1048576 was expected; 9223372036854775807 came"
estimator capacity_zero "estimator 'broken_estimator', capacity: a number from 1 to 3 was expected for 3 items; 0 came"
estimator capacity_more "estimator 'broken_estimator', capacity: a number from 1 to 3 was expected for 3 items; 4 came"
estimator choose_throw_seven "estimator 'broken_estimator', choose: $foreign; one without a text came"
estimator kept_far "estimator 'broken_estimator', choose: kept places were expected to ascend within the 3 items"
estimator share_throw_seven "$foreign; one without a text came"

refuses "$foreign; one without a text came" model=runs_throw_seven
refuses "$foreign; one without a text came" model=build_throw_seven
refuses "model] $foreign; 'it is broken' came" model=build_throw
refuses "model] a model was expected; none came; set RunSpec::model." model=none
refuses "no 'y'; known: target, x." model=other_input
refuses "read/target] no 'read/target'; known: target, x." model=input_in_scope
refuses "build 'target' before the scope is opened. (built at ways.cpp:" model=input_in_scope
refuses "the output 'cost' [B] of training was expected, one number for each item; only loss came" model=no_cost
refuses "the output 'cost' was expected to have a gradient; none passes from it to any parameter" model=detached
answers check "the output 'cost' was expected to have a gradient; none passes from it to any parameter" model=detached
refuses "the output 'cost' must be Real [B]" model=cost_shape
refuses "an output 'answers' was expected; the model has: cost. Those are of training" model=no_evaluation
refuses "a tensor has at most 2^46 elements; [4611686018427387904, 8] came" model=width
refuses "a tensor has at most 2^46 elements; [9223372036854775807, 8] came" model=largest_width
refuses "(built at ways.cpp:" model=site_shape

# `check` looks at everything that a choice says.
answers check "finite weights were expected, because the scores are; nan came at place 0" "site=dot | dense | broken_selector(nan)"
answers check "a count of at most 3, its capacity, was expected; 6 came" "site=dot | dense | broken_selector(count_more)"

echo "broken plugins: $tried ways, $failed failures"
[ "$failed" -eq 0 ]
