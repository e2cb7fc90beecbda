#!/usr/bin/env bash
# What results say of the commit: cmake/fovea_commit.cmake in a repository of its own. Arguments: the script, cmake.
set -euo pipefail
script="$1"
cmake="$2"
command -v git >/dev/null || { echo "no git here"; exit 77; }
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
source="$work/source"
mkdir -p "$source/framework" "$source/docs"
cd "$source"

commit() {
  "$cmake" -DSOURCE="${1:-$source}" -DOUT="$work/commit.h" -P "$script"
  sed -n 's/^#define FOVEA_COMMIT "\(.*\)"$/\1/p' "$work/commit.h"
}
failed=0
check() {
  [[ "$2" =~ ^$3$ ]] && return
  echo "FAILED: $1: expected $3, got '$2'"
  failed=1
}

check "outside of a checkout" "$(commit)" unknown
git init -q .
check "before the first commit" "$(commit)" unknown
echo one >framework/a.cpp
git add .
git -c user.name=a -c user.email=a@b commit -qm one
head="$(git rev-parse HEAD)"
check "a clean tree" "$(commit)" "$head"
before="$(stat -c %.9Y "$work/commit.h")"
commit >/dev/null
check "a header that stays is not written again" "$(stat -c %.9Y "$work/commit.h")" "$before"
echo two >docs/b.md
check "a change of what is not compiled" "$(commit)" "$head"
echo two >framework/a.cpp
changed="$(commit)"
check "a change of a source" "$changed" "$head-dirty\.[0-9a-f]{8}"
git checkout -q framework/a.cpp
echo three >framework/c.cpp
new="$(commit)"
check "a new source" "$new" "$head-dirty\.[0-9a-f]{8}"
echo four >framework/c.cpp
if [ "$new" = "$changed" ] || [ "$new" = "$(commit)" ]; then
  echo "FAILED: different changes have different hashes"
  failed=1
fi
check "a folder of another checkout" "$(commit "$source/framework")" unknown
exit "$failed"
