#!/usr/bin/env bash
# What .ci/style refuses, and what it lets pass: in a small repository with the settings of this one. Argument: the root.
set -euo pipefail
root="$1"
for name in git clang-format clang-tidy; do
  command -v "$name" >/dev/null || command -v "$name-14" >/dev/null || { echo "no $name here"; exit 77; }
done
work="$(readlink -f "$(mktemp -d)")"
trap 'rm -rf "$work"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
source="$work/source"
mkdir -p "$source/.ci" "$source/framework" "$source/build"
cd "$source"
cp "$root/.ci/style" .ci/
cp "$root/.clang-format" "$root/.clang-tidy" .
echo /build/ >.gitignore

# The compile commands of one library with a precompiled header, in both precisions.
entry() {
  printf '{\n  "directory": "%s/build",\n  "command": "/usr/bin/c++ %s -I%s -fpch-preprocess -Werror -Winvalid-pch -std=c++20 %s",\n' \
    "$source" "$2" "$source" "-include $source/build/x.dir/cmake_pch.hxx -o $1.o -c $source/framework/$1.cpp"
  printf '  "file": "%s/framework/%s.cpp"\n}' "$source" "$1"
}
{
  echo "["
  for name in a b c; do
    entry "$name" ""
    echo ","
    entry "$name" -DFOVEA_F64
    [ "$name" = c ] || echo ","
  done
  printf '\n]\n'
} >build/compile_commands.json

commit() {
  git add . && git -c user.name=a -c user.email=a@b commit -qm "$1"
}
failed=0
# expect NAME CODE PATTERN [COMMIT [MOST]]: the exit code of .ci/style and its text.
expect() {
  local text code=0
  text="$(FOVEA_STYLE_MOST="${5:-60}" .ci/style build ${4:+"$4"} 2>&1)" || code=$?
  if [ "$code" -ne "$2" ] || [[ ! "$text" =~ $3 ]]; then
    printf 'FAILED: %s: expected exit code %s and %s; %s came:\n%s\n' "$1" "$2" "$3" "$code" "$text"
    failed=1
  fi
}
# A function of that many lines, its first and its last one included.
write_function() {
  printf '#include "framework/a.h"\n\nint f(int x) {\n'
  for ((i = 3; i < $1; ++i)); do echo "  x += 1;"; done
  printf '  return x;\n}\n'
}

echo 'int f(int x);' >framework/a.h
write_function 41 >framework/a.cpp
for name in b c; do printf '#include "framework/a.h"\n\nint %s(int x) { return f(x); }\n' "$name" >"framework/$name.cpp"; done
rm -rf .git
expect "outside of a checkout the layout is judged" 0 'no earlier commit is known.*nothing to repair'
git init -q .
commit one
expect "a first commit has nothing to be compared with" 0 'no earlier commit is known.*nothing to repair'

write_function 40 >framework/a.cpp
commit two
expect "a function of 40 lines passes" 0 'reads 1 sources.*nothing to repair'
sed -i 's/x += 1;/x += 2;/' framework/a.cpp
expect "a function of 40 lines passes, not yet committed" 0 'reads 1 sources.*nothing to repair'
write_function 41 >framework/a.cpp
sed -i 's/x += 1;/x += 2;/' framework/a.cpp
expect "a function of 41 lines is refused, committed or not" 1 'framework/a.cpp:3:5: error: function .f. exceeds'
write_function 40 >framework/a.cpp

echo 'int g(int a, int b, int c, int d, int e, int f);' >>framework/a.h
commit three
expect "a header is read by the source of its name" 0 'reads 1 sources.*nothing to repair'
printf '\ninline int h(int a, int b, int c, int d, int e, int f) { return a + b + c + d + e + f; }\n' >>framework/a.h
expect "6 parameters in a header are refused" 1 'framework/a.h:4:12: error: function .h. exceeds.*6 parameters'
git checkout -q .
echo 'int i(int a, int b, int c, int d, int e) { return a + b + c + d + e; }' >>framework/b.cpp
expect "5 parameters pass" 0 'nothing to repair'
echo 'int j() { int Wrong_name = 1; return Wrong_name; }' >>framework/c.cpp
clang_format="$(command -v clang-format-14 || command -v clang-format)"
"$clang_format" -i framework/c.cpp
expect "a name of another form is refused" 1 'framework/c.cpp:[0-9:]+ error: invalid case style for variable'
expect "the settings say how many sources are read" 1 'reads 1 sources.*1 more, those with the smallest changes, are left out' \
  HEAD 1
git checkout -q .

printf 'int  k();\n' >>framework/b.cpp
expect "another layout is refused" 1 'framework/b.cpp:4: not the layout.*-i framework/b.cpp'
git checkout -q .

# Parts of a docstring with lines that are too long: the formatter does not touch them.
long="y_rk = W_e x_r + b_e with e = kept_rk, or W_e x_rk + b_e where x has a row for each expert of r; 0 where e = -1; no more"
{
  printf '/// One line.\n///\n'
  for part in Solves Shapes Gradient Errors Cost Source Outputs Ties; do
    printf '/// %-9s %s\n///           %s\n///           short\n' "$part" "$long" "$long"
  done
  for part in Approximates With Requires Bias Cost; do printf '/// %-13s %s\n///               %s\n' "$part" "$long" "$long"; done
  printf 'int l();\n'
} >framework/d.h
cp framework/d.h "$work/before"
"$clang_format" -i framework/d.h
cmp -s framework/d.h "$work/before" || {
  echo "FAILED: a docstring stays as it is written"
  failed=1
}
expect "a comment that is too long is refused" 1 'framework/d.h:3: a comment of 13[0-9] columns'
expect "an unknown commit is refused" 1 "a commit was expected; 'nowhere' came" nowhere
exit "$failed"
