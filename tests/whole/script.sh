#!/usr/bin/env bash
# The script ./fovea, with stand-ins for cmake, ninja and dpkg: help and versions build nothing, and a clone that was moved
# keeps what it has built.
#   tests/whole/script.sh SOURCE
set -euo pipefail

source="${1:?expected the root of the repository; none came; run tests/whole/script.sh \"\$PWD\".}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/first/third_party" "$work/first/framework"
cp "$source/fovea" "$work/first/fovea"
cp "$source/third_party/packages.txt" "$work/first/third_party"
cp "$source/CMakeLists.txt" "$source/CMakePresets.json" "$work/first"

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  cat "$work/out" "$work/calls" >&2 || true
  exit 1
}

# Stand-ins, which note that they were called. What "ninja" builds is a program that says where it was built.
cat >"$work/bin/cmake" <<'TEXT'
#!/usr/bin/env bash
echo "cmake $*" >>"$CALLS"
mkdir -p build/release
echo "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" >build/release/CMakeCache.txt
touch build/release/build.ninja
TEXT
cat >"$work/bin/ninja" <<'TEXT'
#!/usr/bin/env bash
echo "ninja $*" >>"$CALLS"
printf '#!/bin/sh\necho "the program: $*"\n' >"$2/fovea"
chmod +x "$2/fovea"
touch "$2/fovea.o"
TEXT
cat >"$work/bin/dpkg-query" <<'TEXT'
#!/usr/bin/env bash
shift 3
for name in "$@"; do echo "ii $name"; done
TEXT
chmod +x "$work"/bin/*
export PATH="$work/bin:$PATH" CALLS="$work/calls"

# Calls the script of a clone: exit code 0, output in $work/out, what was called in $work/calls.
fovea() {
  local clone="$1"
  : >"$CALLS"
  "$work/$clone/fovea" "${@:2}" >"$work/out" 2>&1 </dev/null || fail "$clone: fovea ${*:2} must succeed"
}
says() { grep -qF -- "$1" "$work/out" || fail "'$1' must be said"; }
calls_nothing() { [ ! -s "$CALLS" ] || fail "$1 must build nothing"; }

asked() {
  local words
  for words in "" --help -h help --version "run --help" "check x -h" "test --help" "style --help"; do
    # shellcheck disable=SC2086
    fovea "$1" $words
    calls_nothing "'fovea $words'"
  done
}

asked first
[ ! -e "$work/first/build" ] || fail "help must not make a folder"
fovea first --version
says "$(sed -n 's/^project(fovea VERSION \([0-9.]*\).*/\1/p' "$source/CMakeLists.txt")"

fovea first run x
says "the program: run x"
grep -q cmake "$CALLS" || fail "the first run must configure"
fovea first run x
calls_nothing "a second run"
touch -d "now + 2 seconds" "$work/first/framework/new.cpp"  # a stale build
asked first
fovea first --help
says "the program: --help"
fovea first run -- --help
grep -q ninja "$CALLS" || fail "what stands behind -- is no question"
touch "$work/first/framework/new.cpp"
fovea first run x

# Moved: the program still starts, and is used.
mv "$work/first" "$work/moved"
asked moved
fovea moved run x
calls_nothing "a moved clone that is fresh"
says "the program: run x"

# Moved and changed: configured again in place, with a word; nothing that was built is lost before it is replaced.
touch -d "now + 2 seconds" "$work/moved/framework/new.cpp"
asked moved
touch "$work/moved/build/release/of_the_user"
fovea moved run x
says "configured in another directory"
says "in place"
for kept in fovea.o of_the_user CMakeCache.txt.old; do
  [ -e "$work/moved/build/release/$kept" ] || fail "$kept must stay"
done
grep -q cmake "$CALLS" || fail "a stale build of a moved clone must be configured again"

# The same folder by another name was not moved.
ln -s moved "$work/link"
sed -i "s|$work/moved|$work/link|" "$work/moved/build/release/CMakeCache.txt"
touch -d "now + 4 seconds" "$work/moved/framework/new.cpp"
fovea moved run x
if grep -q "^cmake" "$CALLS"; then fail "a folder that was configured by way of a link must not be configured again"; fi

# Moved, with a program that does not start there.
mv "$work/moved" "$work/again"
printf '#!/bin/sh\nexit 127\n' >"$work/again/build/release/fovea"
asked again
fovea again run x
says "the program: run x"
echo "help builds nothing, and a moved clone keeps its build"
