#!/usr/bin/env bash
# Runs what docs/writing_an_op.md, docs/from_pytorch.md, docs/tutorial.md and docs/trained_models.md show: installs a build,
# compares the code of the pages with the files in op/, tutorial/ and embedded/ beside this script, builds these as projects in
# a temporary folder, and runs the commands of the pages as they stand there.
#   tests/plugin/guides.sh BUILD_FOLDER      the variables CMAKE and CXX name other programs
set -euo pipefail

here="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
docs="$here/../../docs"
build="$(cd "${1:?expected the build folder; none came; run tests/plugin/guides.sh build/release.}" && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
output="$work/output"

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  if [ -s "$output" ]; then printf 'the last output was:\n' >&2 && tail -n 30 "$output" >&2; fi
  exit 1
}

# expect_text TEXT: the last output holds it.
expect_text() { grep -qF -- "$1" "$output" || fail "expected '$1' in the output"; }

# blocks PAGE INFO: the code blocks of a page that are opened by ```INFO, with an empty line between two.
blocks() {
  awk -v wanted="\`\`\`$2" '
    /^```/ {
      if (is_open) { is_open = is_shown = 0; next }
      is_open = 1
      is_shown = ($0 == wanted)
      if (is_shown && count++) print ""
      next
    }
    is_shown { print }' "$docs/$1"
}

# check_page PAGE FOLDER FILE...: the page shows these files as they are, whole or in pieces, and no others.
check_page() {
  local page="$1" folder="$2" file info
  shift 2
  for file in "$@"; do
    info="$(sed -nE "s/^\`\`\`([a-z]+ $file)$/\1/p" "$docs/$page" | head -n 1)"
    blocks "$page" "$info" | diff -u "$here/$folder/$file" - >"$output" || fail "docs/$page must show $folder/$file as it is"
  done
  sed -nE 's/^```(cpp|cmake|python) (.+)$/\2/p' "$docs/$page" | sort -u >"$work/shown"
  printf '%s\n' "$@" | sort | diff - "$work/shown" >"$output" || fail "docs/$page shows other files than this test knows"
}

# run_page PAGE INFO: its commands, one after the other, in the present folder; HOME is where ~/fovea is installed.
run_page() {
  blocks "$1" "$2" >"$work/commands"
  [ -s "$work/commands" ] || fail "docs/$1 has no commands in blocks of '$2'"
  HOME="$work" bash -euxo pipefail "$work/commands" >"$output" 2>&1 || fail "expected the commands of docs/$1 to succeed"
}

# open_project FOLDER: a copy to work in.
open_project() {
  mkdir "$work/$1"
  cp "$here/$1"/* "$work/$1"
  cd "$work/$1"
}

try_op() {
  open_project op
  mkdir -p tests/support
  cp "$here"/../support/{gradient_check,model_run}.{h,cpp} tests/support
  run_page writing_an_op.md sh
  for text in student_score add_noise "gradient of run main: right"; do expect_text "$text"; done
  [ "$(grep -c '| 0 failed |' "$output")" -eq 4 ] || fail "expected the tests to pass in both precisions"
  expect_text "scorer student: "
  expect_text ", failed 0"
  run_page from_pytorch.md sh
  expect_text accuracy
}

try_tutorial() {
  open_project tutorial
  run_page tutorial.md sh
  for text in "gradient of run soft: right" "gradient of run few: right" "pairs scored"; do expect_text "$text"; done
  if command -v h5ls >"$output"; then
    run_page tutorial.md "sh needs=h5ls"
    expect_text "kept"
  else
    echo "left out, for want of h5ls: a look into the results of the tutorial"
  fi
  if python3 -c "import h5py, matplotlib" >"$output" 2>&1; then
    run_page tutorial.md "sh needs=python3-h5py,python3-matplotlib"
    # What the page says of the figure: on long rows a choice of few holds better.
    awk '$2 == 1024 { accuracy[$1] = $4 } END { exit !(accuracy["few"] > accuracy["soft"] + 0.1) }' "$output" ||
      fail "expected top_k to hold better than softmax on 1,024 bids"
    [ -s accuracy.svg ] || fail "expected a figure"
  else
    echo "left out, for want of h5py and matplotlib: the figure of the tutorial"
  fi
}

try_embedded() {
  open_project embedded
  run_page trained_models.md sh
  expect_text "0.1 0.2 0.4 0.7"
  expect_text "decoder/pointer: 4 rows"
  if build/sort_with "$work/none" 1 2 >"$output" 2>&1; then fail "expected a run that does not exist to be refused"; fi
  expect_text "none"
}

check_page writing_an_op.md op student_score.h student_score.cpp add_noise.cpp student.cpp test_ops.cpp CMakeLists.txt
check_page from_pytorch.md op from_pytorch.cpp
check_page tutorial.md tutorial highest_bid.cpp auction.cpp CMakeLists.txt figure.py
check_page trained_models.md embedded sort_with.cpp CMakeLists.txt
"${CMAKE:-cmake}" --install "$build" --prefix "$work/fovea" >"$output" 2>&1 || fail "expected the build to be installed"
if command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_BASEDIR="$work" CCACHE_NOHASHDIR=1
fi
export CXXFLAGS="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"
try_op
try_tutorial
try_embedded
echo "the guides: all checks passed"
