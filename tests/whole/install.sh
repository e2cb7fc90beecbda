#!/usr/bin/env bash
# How ./fovea installs what is missing: as root, with sudo, without it, with a refusal, and where apt-get fails. All programs
# that would change the machine are stand-ins that write down how they were called. Argument: the root of the repository.
set -euo pipefail
root="$1"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/source/third_party"
cp "$root/fovea" "$work/source/"
cp "$root/third_party/packages.txt" "$work/source/third_party/"
mkdir "$work/source/.ci"
printf '#!/usr/bin/env bash\necho "style: $*"\n' >"$work/source/.ci/style"
chmod +x "$work/source/.ci/style"
calls="$work/calls"
program="$work/source/build/release/fovea"

stand_in() {
  printf '#!/usr/bin/env bash\n%s\n' "$2" >"$work/bin/$1"
  chmod +x "$work/bin/$1"
}
stand_in id 'echo "${FAKE_UID}"'
stand_in dpkg-query 'shift 2
for name in "$@"; do [[ "$name" =~ ^(libtbb-dev|ninja-build|clang-tidy-14)$ ]] || echo "ii  $name"; done'
stand_in apt-get "echo \"apt-get \$*\" >>'$calls'; [[ -z \"\${FAIL:-}\" || \"\$*\" != *\"\$FAIL\"* ]]"
stand_in cmake "mkdir -p build/release; touch build/release/build.ninja"
stand_in ninja "echo \"ninja \$*\" >>'$work/built'; printf '#!/usr/bin/env bash\necho \"program: \$*\"\n' >'$program'; chmod +x '$program'"
# The tools of the script itself, but no sudo of this machine.
for tool in bash env awk sed tr cat cp mkdir rm find grep flock dirname readlink printf tail touch chmod; do
  ln -sf "$(command -v "$tool")" "$work/bin/$tool"
done

failed=0
# expect NAME PATTERN TEXT
expect() {
  [[ "$3" =~ $2 ]] && return
  printf 'FAILED: %s: expected %s in:\n%s\n' "$1" "$2" "$3"
  failed=1
}
# run_as USER [FAILS [WORDS]]: runs ./fovea WORDS (run x) as this user, from a tree that was never built, where apt-get fails if
# it is called with that. Sets code, text and called.
run_as() {
  rm -rf "$work/source/build" "$calls"
  : >"$calls"
  code=0
  text="$(env -i PATH="$work/bin" HOME="$work" FAKE_UID="$1" FAIL="${2:-}" "$work/source/fovea" ${3:-run x} 2>&1)" || code=$?
  called="$(cat "$calls")"
}

run_as 0
expect "root installs what is missing, and that alone" '^apt-get -q -y update.apt-get .* ninja-build libtbb-dev$' \
  "${called//$'\n'/.}"
expect "root runs the program" 'program: run x$' "$text"

run_as 0 "" "style HEAD~2"
expect "style installs its tools too" '^apt-get -q -y update.apt-get .* ninja-build libtbb-dev clang-tidy-14$' \
  "${called//$'\n'/.}"
expect "style checks the build" "style: $work/source/build/release HEAD~2\$" "$text"

# What is built for a command.
builds() {
  rm -f "$work/built"
  run_as 0 "" "$1"
  tr '\n' ' ' <"$work/built"
}
expect "a run needs one program" ' fovea_program $' "$(builds "run x")"
expect "check needs the double precision" ' fovea_program fovea_f64_program $' "$(builds "check x --plugin ./libx.so")"
expect "check of plugins needs the suite" ' fovea_program fovea_f64_conformance $' "$(builds "check --plugin ./libx.so")"

run_as 1000
expect "without sudo nothing is installed" '^$' "$called"
expect "without sudo one line says what to do" 'as root, run: apt-get install ninja-build libtbb-dev$' "$text"
expect "without sudo it fails" '^1$' "$code"

stand_in sudo "echo \"sudo \$1\" >>'$calls'; [ \"\$1\" = -v ] || exec \"\$@\""
run_as 1000
expect "sudo is asked first" '^sudo -v' "$called"
expect "sudo runs apt-get" 'sudo env.apt-get .* install .* ninja-build libtbb-dev$' "${called//$'\n'/.}"
expect "with sudo the program runs" 'program: run x$' "$text"

run_as 1000 update
expect "old lists of packages are used" 'program: run x$' "$text"
run_as 1000 install
expect "a failure of apt-get is reported" 'apt-get could not install the packages' "$text"
expect "a failure of apt-get fails" '^1$' "$code"

stand_in sudo "echo \"sudo \$1\" >>'$calls'; exit 1"
run_as 1000
expect "a refusal is asked for once" '^sudo -v$' "$called"
expect "a refusal says what to do" 'sudo was refused; as root, run: apt-get install ninja-build libtbb-dev$' "$text"
expect "a refusal fails" '^1$' "$code"
exit "$failed"
