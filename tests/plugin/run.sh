#!/usr/bin/env bash
# Shows that plugins live outside the source tree: installs a build, builds the project beside this script against it, in
# a temporary folder, and tries its plugins.
#   tests/plugin/run.sh BUILD_FOLDER      the variables CMAKE and CXX name other programs
set -euo pipefail

here="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
source="$(cd "$here/../.." && pwd)"
build="$(cd "${1:?expected the build folder; none came; run tests/plugin/run.sh build/release.}" && pwd)"
cmake="${CMAKE:-cmake}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
fovea="$work/fovea/bin/fovea"
ideas="$work/build/libmy_ideas.so"
touch "$work/start"

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  if [ -s "$work/output" ]; then printf 'the last output was:\n' >&2 && tail -n 30 "$work/output" >&2; fi
  exit 1
}

# expect CODE COMMAND...: the exit code of a command, whose whole output goes to $work/output.
expect() {
  local wanted="$1" code=0
  shift
  "$@" >"$work/output" 2>&1 || code=$?
  [ "$code" -eq "$wanted" ] || fail "expected exit code $wanted of '$*'; $code came"
}

# expect_text TEXT: the last output holds it.
expect_text() { grep -qF -- "$1" "$work/output" || fail "expected '$1' in the output"; }

# expect_refusal TEXT FILE: a library is refused in one line that says why, and nothing is run.
expect_refusal() {
  expect 1 "$fovea" run --plugin "$2" look_up_values steps=20 --output "$work/refused"
  expect_text "$1"
  [ "$(wc -l <"$work/output")" -eq 1 ] || fail "expected one line for a library that is refused"
  [ ! -e "$work/refused" ] || fail "expected no results where the plugin is refused"
}

build_project() {
  expect 0 "$cmake" --install "$build" --prefix "$work/fovea"
  (cd "$work/fovea" && find . -type f -exec sha256sum {} + | sort) >"$work/installed"
  mkdir "$work/project"
  cp "$here"/CMakeLists.txt "$here"/*.cpp "$work/project"
  local warnings="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"
  local options=(-G Ninja "-DCMAKE_PREFIX_PATH=$work/fovea" "-DCMAKE_CXX_FLAGS=$warnings")
  if command -v ccache >/dev/null; then
    export CCACHE_BASEDIR="$work" CCACHE_NOHASHDIR=1
    options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
  expect 0 "$cmake" -S "$work/project" -B "$work/build" "${options[@]}"
  expect 0 "$cmake" --build "$work/build"
}

# The guide shows these very files.
check_guide() {
  local file
  for file in "$here"/*.cpp; do
    awk -v wanted="$(sed -n 1p "$file")" '
      /^```/ { inside = !inside; first = inside; if (!inside && found) exit; next }
      inside && first { first = 0; found = ($0 == wanted) }
      inside && found { print }' "$source/docs/adding_plugins.md" >"$work/shown"
    diff -u "$file" "$work/shown" >"$work/output" || fail "docs/adding_plugins.md must show $(basename "$file") as it is"
  done
}

check_commands() {
  local runs="$work/runs/look_up_values"
  expect 2 "$fovea" describe nucleus
  expect 2 "$fovea" run look_up_values steps=20 --output "$work/refused"
  expect_text "no 'look_up_values'"
  expect 0 "$fovea" list selector --plugin "$ideas"
  expect_text "nucleus"
  expect 0 "$fovea" list --plugin "$ideas"
  local name
  for name in projected own_block nucleus identity sign_descent look_up look_up_values; do expect_text "  $name "; done
  expect 0 "$fovea" describe nucleus --plugin "$ideas"
  expect_text "share of the probability that is kept"
  expect 2 "$fovea" describe nucleuss --plugin "$ideas"
  expect_text "Did you mean 'nucleus'?"

  expect 0 "$fovea" run --plugin "$ideas" look_up_values steps=20 "optimizer=sign_descent(momentum=0.8)" --output "$work/runs"
  expect_text "accuracy"
  for name in soft few one; do
    expect 0 "$fovea" verify "$runs/$name/results.h5"
    expect 0 "$fovea" show "$runs/$name/results.h5"
  done
  # The double-precision program loads the twin of the plugin.
  expect 0 "$fovea" check look_up_values batch=4 shard_rows=4 --plugin "$ideas"
  expect_text "gradient of run few: right"
  expect_text "estimator 'identity' at memory"
}

# The conformance suite finds nothing wrong with the plugins of the guide, and a selector that is wrong on purpose.
check_conformance() {
  expect 0 "$fovea" check --plugin "$ideas"
  local name
  for name in "scorer projected" "pattern own_block" "selector nucleus" "estimator identity" "optimizer sign_descent" \
    "task look_up" "experiment look_up_values"; do
    [ "$(grep -c "^$name: .* \.\.\. ok$" "$work/output")" -ge 2 ] || fail "expected claims that were tried on the $name"
  done
  if grep -vE ' \.\.\. ok$|^plugins 7, claims [0-9]+, failed 0$' "$work/output" >"$work/rest"; then
    fail "expected claims that hold; '$(head -n 1 "$work/rest")' came"
  fi

  expect 0 "$cmake" -S "$here/broken" -B "$work/broken" -G Ninja "-DCMAKE_PREFIX_PATH=$work/fovea"
  expect 0 "$cmake" --build "$work/broken"
  expect 1 "$fovea" check --plugin "$work/broken/libbroken.so"
  expect_text "selector tilted: every selector gives weights >= 0 that sum to 1, kept ascending, at scales from 1e-5 to 1e4 ... FAILED"
  expect_text "came weights that do not sum to 1"
  expect_text "selector tilted: every differentiable selector has the derivative that central differences give, and adds it ... FAILED"
  expect_text "selector tilted: no selector keeps more than there is"

  mv "$work/fovea/bin/fovea_f64_conformance" "$work"
  expect 1 "$fovea" check --plugin "$ideas"
  expect_text "build the target fovea_f64_conformance"
  mv "$work/fovea_f64_conformance" "$work/fovea/bin"
}

# A copy of the plugin whose tag says that it was built for Fovea 0.0.0: the version is text at byte 80 of the tag.
check_refusals() {
  local offset
  offset="$(LC_ALL=C grep -abo 'fovea plugin 1' "$ideas" | cut -d: -f1)"
  [[ "$offset" =~ ^[0-9]+$ ]] || fail "expected one tag in $ideas; found at '$offset'"
  cp "$ideas" "$work/libold.so"
  printf '0.0.0\0' | dd of="$work/libold.so" bs=1 seek=$((offset + 80)) conv=notrunc status=none
  expect_refusal "it was built for Fovea 0.0.0" "$work/libold.so"
  expect_refusal "expected a plugin for precision float32" "$work/build/libmy_ideas_f64.so"
  head -c 5000 "$ideas" >"$work/libcut.so"
  expect_refusal "truncated" "$work/libcut.so"
  expect_refusal "there is no such file" "$work/libnone.so"
  cp "$ideas" "$work/libtwice.so"
  expect 1 "$fovea" list --plugin "$ideas" --plugin "$work/libtwice.so"
  expect_text "registered twice"
}

# Neither the source tree nor the installed Fovea has a part in a plugin, and neither is changed by one.
check_nothing_touched() {
  local name
  for name in projected own_block nucleus identity sign_descent look_up look_up_values; do
    if grep -rnw --include='*.cpp' --include='*.h' --include='*.cmake' --include=CMakeLists.txt -- "\"$name\"" \
      "$source"/{framework,modules,tasks,experiments,cmake} >"$work/output"; then
      fail "expected no file of the source tree to know the plugin '$name'"
    fi
  done
  expect 0 ninja -C "$work/build" -t deps
  expect_text "framework/attention/selector.h"
  if grep -qF -- "$source/" "$work/output"; then fail "expected the project to be built without the source tree"; fi
  # Sanitizers keep the place of every check, whatever the options say of paths; such a build is not for installing.
  if ! grep -qx "FOVEA_SANITIZE:BOOL=ON" "$build/CMakeCache.txt" &&
    grep -rlF -- "$source/" "$work/fovea/lib" "$work/fovea/bin" >"$work/output"; then
    fail "expected no path of the source tree in what is installed"
  fi
  (cd "$work/fovea" && find . -type f -exec sha256sum {} + | sort) | diff "$work/installed" - >"$work/output" ||
    fail "expected the installed Fovea to stay as it was"
  find "$source/cmake" "$here" -newer "$work/start" -print >"$work/output"
  [ ! -s "$work/output" ] || fail "expected nothing new in the source tree"
}

check_guide
build_project
check_commands
check_conformance
check_refusals
check_nothing_touched
echo "plugins outside the source tree: all checks passed"
