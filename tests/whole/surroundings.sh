#!/usr/bin/env bash
# What surrounds the program: streams that are closed or full, signals, limits, paths that lead to no file, links where a run
# keeps its files. Every failure is one line with exit code 1, nothing that is there is lost, and nothing waits for ever.
#   tests/whole/surroundings.sh PROGRAM [LIBRARY]      LIBRARY: a plugin of which an initialiser throws
set -euo pipefail

program="$(readlink -f "${1:?expected the program; none came; run tests/whole/surroundings.sh build/release/fovea.}")"
library="${2:+$(readlink -f "$2")}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
ulimit -c 0
small=(soft_vs_hard steps=20 validation_rows=0 test_rows=64 --quiet --threads 2)
endless=(soft_vs_hard steps=10000000 log_every=50 checkpoint_every=100 validation_rows=0 test_rows=64 --quiet --threads 2)
main=soft_vs_hard/soft

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  if [ -s err ]; then printf 'it said:\n' >&2 && head -n 5 err >&2; fi
  exit 1
}

# expect CODE COMMAND...: within 20 seconds, with at most one line on the standard error, which nobody has to decipher.
expect() {
  local wanted="$1" code=0
  shift
  timeout 20 "$@" >out 2>err || code=$?
  [ "$code" -eq "$wanted" ] || fail "exit code $wanted was expected of '$*'; $code came"
  [ "$(wc -l <err)" -eq "$((wanted == 0 ? 0 : 1))" ] || fail "one line for a failure was expected of '$*'"
  ! grep -q 'no exception but' err || fail "a message that was foreseen was expected of '$*'"
}
said() { grep -qF -- "$1" err || fail "expected '$1' in the message"; }
state() { "$program" watch "$1" --once | tail -n 1; }
files() { (cd "$1" && find . -exec stat -c '%n %F %s' {} + && find . -type f -exec sha256sum {} +) | sort; }
# Waits until a run in the background has written its first rows.
wait_for_rows() {
  for ((turn = 0; turn < 400; ++turn)); do
    if [ "$(stat -c %s "$1/journal" 2>/dev/null || echo 0)" -gt 300 ]; then return; fi
    sleep 0.05
  done
  fail "expected rows in $1/journal"
}

# --- output that cannot be written
for command in list 'describe top_k' 'sample sort_numbers' 'draw soft_vs_hard' --version --help 'run --help'; do
  code=0
  "$program" $command >/dev/full 2>err || code=$?
  [ "$code" -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] || fail "exit code 1 and a line were expected of '$command' on a full disk; $code came"
  said "expected to print everything"
done
code=0
"$program" run "${small[@]}" --output full >/dev/full 2>err || code=$?
[ "$code" -eq 1 ] || fail "exit code 1 was expected where the closing table is lost; $code came"
expect 0 "$program" verify full/$main
for command in list 'describe soft_vs_hard'; do
  code=0
  { "$program" $command 2>err || echo $? >code; } | true
  [ "$(cat code)" -eq 1 ] || fail "exit code 1 was expected of '$command' into a closed pipe; $(cat code) came"
  rm code
done
echo "lost output is an error"

# --- streams that are closed at the start
for closed in '0<&- 1>&- 2>&-' '1>&-' '2>&-' '0<&-'; do
  rm -rf closed
  (eval "exec $closed"; exec "$program" run "${endless[@]/--quiet/--restart}" --output closed) >/dev/null 2>&1 &
  run=$!
  wait_for_rows closed/$main
  kill -INT $run
  code=0
  wait $run || code=$?
  [ "$code" -eq 130 ] || fail "exit code 130 was expected with $closed; $code came"
  ! grep -qa 'sequences/s' closed/$main/journal || fail "rows alone were expected in the journal with $closed"
  [[ "$(state closed/$main)" == *"state stopped"* ]] || fail "a stopped run was expected with $closed"
  expect 0 "$program" show closed/$main
done
echo "closed streams stay closed to the files of a run"

# --- signals
for signal in HUP USR1 USR2 TERM INT; do
  rm -rf stopped
  "$program" run "${endless[@]}" --output stopped >out 2>err &
  run=$!
  wait_for_rows stopped/$main
  kill -$signal $run
  sleep 0.1
  kill -HUP $run 2>/dev/null || true  # which comes more than once where a terminal is closed
  code=0
  wait $run || code=$?
  [ "$code" -eq $((128 + $(kill -l $signal))) ] || fail "exit code 128 + the number of SIG$signal was expected; $code came"
  said "stopped by SIG$signal at step "
  [[ "$(state stopped/$main)" == *"state stopped"* ]] || fail "a stopped run was expected after SIG$signal"
  expect 0 "$program" verify stopped/$main
done
(trap '' HUP; exec "$program" run "${endless[@]}" --output stopped) >out 2>err &
run=$!
sleep 0.5
kill -HUP $run
sleep 0.3
kill -0 $run || fail "a run whose parent ignores SIGHUP was expected to go on"
kill -TERM $run
code=0
wait $run || code=$?
[ "$code" -eq 143 ] || fail "exit code 143 was expected; $code came"
echo "signals stop a run in order"

# --- watch asks the lock
"$program" run "${endless[@]}" --output killed >/dev/null 2>&1 &
run=$!
wait_for_rows killed/$main
code=0
timeout 0.5 "$program" watch killed/$main >/dev/null || code=$?
[ "$code" -eq 124 ] || fail "watch was expected to follow a run that works; $code came"
kill -KILL $run
wait $run 2>/dev/null || true
echo "process $$ on $(uname -n)" >killed/$main/lock
expect 0 "$program" watch killed/$main
grep -q 'no process works on this run' out || fail "watch was expected to see that a run was killed"
echo "watch asks the lock"

# --- a refused resume changes no file
refused() {
  files killed/$main >before
  expect 1 "$program" run "$@" --output killed
  files killed/$main >after
  cmp before after || fail "no change was expected where '$1' is refused"
}
cp -r killed good
size=$(stat -c %s killed/$main/journal)
refused "${endless[@]}" batch=3
truncate -s 20 killed/$main/journal && refused "${endless[@]}"
truncate -s 3 killed/$main/journal && refused "${endless[@]}"
rm killed/$main/journal && refused "${endless[@]}"
head -c "$size" /dev/zero >killed/$main/journal && refused "${endless[@]}"
rm -r killed && cp -r good killed && printf x | dd of=killed/$main/journal bs=1 seek=12 conv=notrunc status=none
refused "${endless[@]}"
rm -r killed && cp -r good killed && truncate -s -1 killed/$main/checkpoint && refused "${endless[@]}"
rm -r killed && cp -r good killed && rm killed/$main/lock && truncate -s 20 killed/$main/journal && refused "${endless[@]}"
echo "a refused resume changes no file"

# --- limits
code=0
(ulimit -f 8; exec "$program" run "${small[@]}" --output limited) >out 2>err || code=$?
[ "$code" -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] || fail "exit code 1 and a line were expected at the limit of the size of files; $code came"
said "free some space or raise the limit"
[ -z "$(find limited -name '*.tmp')" ] || fail "no temporary file was expected"
chmod 755 "$work"
mkdir -m 777 few
as_other=()
if [ "$(id -u)" -eq 0 ]; then as_other=(setpriv --reuid=65534 --regid=65534 --clear-groups); fi
if "${as_other[@]}" "$program" --version >/dev/null 2>&1; then
  for processes in 1 3; do
    code=0
    "${as_other[@]}" bash -c "ulimit -u $processes; exec '$program' run soft_vs_hard steps=20 --quiet --threads 8 --output few/$processes" \
      >out 2>err || code=$?
    [ "$code" -eq 0 ] && continue  # of a user who may have as many as he likes
    [ "$code" -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] || fail "exit code 1 and a line were expected with $processes processes; $code came"
    said "--threads"
  done
fi
echo "limits are a message"

# --- paths that lead to no file
mkfifo pipe
ln -s loop loop
ln -s pipe link_to_pipe
mkdir directory
long="$(printf 'n%.0s' {1..300})"
for path in ./pipe link_to_pipe loop directory "$long" pipe/below /dev/zero none; do
  expect 1 "$program" show "$path"
  expect 3 "$program" verify "$path"
  expect 1 "$program" list --plugin "$path"
  [ "$path" = directory ] || expect 1 "$program" watch "$path" --once
  said "$path"
done
mkdir -p piped && mkfifo piped/journal piped/results.h5 && expect 1 "$program" watch piped --once
expect 1 "$program" show piped
if [ -n "$library" ]; then
  expect 1 "$program" list --plugin "$library"
  said "one of its initialisers has thrown: 'no table\nof this size'"
fi
echo "a path that leads to no file is a message"

# --- outputs
echo precious >precious
ln -s "$work/precious" link.dot
ln -s "$work/precious" link.svg
mkdir directory.dot
mkfifo pipe.dot
for path in link.dot link.svg directory.dot pipe.dot none/model.dot; do
  expect 1 "$program" draw soft_vs_hard -o "$path"
  said "$path"
done
study=(study estimators soft_vs_hard --run sample --of exact --samples 2 --quiet)
files full >before
for name in results.h5 results.h5.xxh128 journal checkpoint; do
  expect 1 "$program" "${study[@]}" -o full/$main/$name
  said "this one belongs to a run"
done
cp full/$main/results.h5* . && expect 1 "$program" "${study[@]}" -o results.h5
files full >after
cmp before after || fail "the files of a run were expected to stay as they are"
# A device of its own, which root may make: a program that is broken would replace that of the system.
if mknod device c 1 3 2>/dev/null; then
  expect 1 "$program" "${study[@]}" -o device
  [ -c device ] || fail "a device was expected to stay one"
fi
echo mine >table.h5.tmp
expect 0 "$program" "${study[@]}" -o table.h5
expect 0 "$program" "${study[@]}" -o table.h5
[ "$(cat table.h5.tmp)" = mine ] || fail "a file beside the output was expected to stay as it is"
[ "$(cat precious)" = precious ] || fail "the target of a link was expected to stay as it is"
echo "an output replaces files only"

# --- links where a run keeps its files
for name in results.h5.tmp checkpoint.tmp results.h5.xxh128.tmp results.h5 results.h5.xxh128 checkpoint journal lock log.txt; do
  for planted in link pipe; do
    rm -rf planted
    mkdir -p planted/$main
    if [ $planted = link ]; then ln -s "$work/precious" planted/$main/$name; else mkfifo planted/$main/$name; fi
    code=0
    timeout 20 "$program" run "${small[@]}" --output planted >out 2>err || code=$?
    [ "$code" -eq 0 ] || { [ "$code" -eq 1 ] && [ "$(wc -l <err)" -eq 1 ]; } || fail "a run or a line was expected with a $planted at $name; $code came"
    [ "$(cat precious)" = precious ] || fail "the target of a link at $name was expected to stay as it is"
  done
done
echo "links where a run keeps its files are not followed"

# --- a hash that does not fit, and bytes that are no text
expect 0 "$program" show full/$main
printf x | dd of=full/$main/results.h5 bs=1 seek=$(($(stat -c %s full/$main/results.h5) - 1)) conv=notrunc status=none
code=0
"$program" show full/$main >out 2>err || code=$?
[ "$code" -ne 0 ] && said "" || fail "show was expected to say that the hash does not fit"
expect 0 "$program" run "${small[@]}" --output "$(printf 'a\xe9b')"
expect 0 "$program" show --all "$(printf 'a\xe9b')"/$main
grep -qF 'a\xe9b' out || fail "a command line that is no text was expected to be recorded with escapes"
# Plain lines on a terminal that cannot redraw them.
if command -v script >/dev/null; then
  for kind in dumb ''; do
    TERM="$kind" script -qec "$program run ${small[*]/--quiet/} --output dumb_$kind" /dev/null >out </dev/null
    ! grep -q $'\x1b' out || fail "plain lines were expected with TERM='$kind'"
  done
fi
echo "surroundings: done"
