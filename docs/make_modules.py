#!/usr/bin/env python3
"""Makes docs/modules.md, what there is to build models with, from the headers and the registrations of plugins.

    docs/make_modules.py            writes the page
    docs/make_modules.py --check    exits with 1, and shows the difference, where the page is stale

Headers that say "Internal to" in a comment, and those of kernels, are left out. Of a docstring the page has the first
sentence and the part Shapes. Standard library of Python 3 only.
"""

import difflib
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "modules.md"
FUNCTIONS = ROOT / "framework" / "graph" / "functions.h"
PARTS = ("Solves", "Shapes", "Gradient", "Errors", "Cost", "Source", "Approximates", "With", "Requires", "Bias")
KINDS = {  # registration -> kind, as `fovea list` names it
    "FOVEA_SCORER": "scorer",
    "FOVEA_PATTERN": "pattern",
    "FOVEA_SELECTOR": "selector",
    "FOVEA_ESTIMATOR": "estimator",
    "FOVEA_ANNEALING": "annealing",
    "FOVEA_OPTIMIZER": "optimizer",
    "FOVEA_POLICY": "policy",
    "FOVEA_SLOT_INDEX": "slot_index",
}
START = """# What there is to build with

This page is made by `docs/make_modules.py` from the headers; change those, then run it. Of each function, class and struct it has
the first sentence and the shapes; the header has the arguments, the formula, the gradient, the errors, the cost and the source. A layer
that is a class is made once, `const Linear layer(b, "name", inputs, outputs);`, which declares its parameters at `name/...`, and is then
called as a function, `layer(x)`. Axis letters are those of [concepts.md](concepts.md): **B** batch, **T** time, **M** queries,
**N** items, **K** kept items, **D** width, **H** hidden width or heads, **V** vocabulary.

* [Graph functions](#graph-functions): what a model, a scorer and a module are written with
* Modules, by folder: FOLDERS
* [Plugins](#plugins): what is named by text, in a site or as a setting
"""


PLUGINS = """## Plugins

`fovea describe NAME` prints the options and the rest of the docstring. A site is the text `scorer | pattern | selector | estimator`;
[concepts.md](concepts.md#a-site-one-line-of-text) says how it is written.
"""


class Declaration:
    """A declaration of a header: its comment, its text on one line, and the comment beside it."""

    def __init__(self, doc, code, beside):
        self.doc, self.code, self.beside = doc, code, beside

    def name(self):
        kind = re.match(r"(?:template <.*?> )?(?:struct|class|enum class) (\w+)", self.code)
        if kind:
            return kind.group(1)
        call = re.search(r"([\w:~]+)\(", self.code)
        return call.group(1) if call else ""

    def is_listed(self):
        """Forward declarations, registries, constants and operators are not."""
        is_forward = re.fullmatch(r"(?:struct|class|enum class) \w+;", self.code)
        is_other = re.match(r"(template <>|inline constexpr|constexpr|using|#|friend|static_assert)", self.code)
        return bool(self.name()) and not is_forward and not is_other and "operator" not in self.code.split("(")[0]


def without_bodies(lines):
    """The lines of namespace level: the bodies of classes and functions are cut away."""
    depth = 0
    for line in lines:
        code = re.sub(r'"[^"]*"|//.*', "", line)
        if re.match(r"(inline |)namespace\b", line) or line.startswith("}  // namespace"):
            yield ""
            continue
        if depth == 0:
            yield line
        depth += code.count("{") - code.count("}")


def declarations(text):
    """The declarations of a header in groups: those that follow a comment without an empty line between them."""
    groups, comment, group, code = [], [], [], ""

    def close():
        if group:
            groups.append(list(group))
        group.clear()

    for line in without_bodies(text.splitlines()):
        stripped = line.strip()
        if not code and stripped.startswith("//"):
            if group:
                close()
                comment = []
            comment.append(re.sub(r"^///? ?", "", stripped))
        elif not stripped:
            close()
            comment = []
        elif not stripped.startswith(("#", "}")):
            words, _, beside = stripped.partition("  // ")
            code = f"{code} {words}".strip()
            if code.count("(") == code.count(")") and re.search(r"[;{}]$", code):
                group.append(Declaration(list(comment), code, beside))
                code = ""
    close()
    return groups


def parts_of(doc):
    """A docstring as its first paragraph and its parts by name, each on one line."""
    parts, name = {"": []}, ""
    for line in doc:
        start = re.match(r"(%s)\s{1,}(.*)" % "|".join(PARTS), line)
        if start and (line.startswith(start.group(1) + "  ") or name):
            name = start.group(1)
            parts[name] = [start.group(2)]
        elif not line.strip():
            name = name or "more"  # what follows the first paragraph
            parts.setdefault(name, [])
        else:
            parts[name].append(line.strip())
    return {name: " ".join(words) for name, words in parts.items()}


def first_sentence(text):
    """Up to the first full stop before a capital letter; one that ends an abbreviation is passed over."""
    for stop in re.finditer(r"(?<![. ])\.(?= +[A-Z`/])", text):
        if not re.search(r"\b(et al|e\.g|i\.e|vs)\.$", text[: stop.end()]):
            return text[: stop.end()]
    return text


def plain(text):
    """Text for Markdown."""
    return re.sub(r"([*<])", r"\\\1", text)


def wrapped(text, start, indent="  ", width=125):
    """A line of a list, cut at `width`."""
    lines, line = [], start
    for word in text.split(" "):
        if len(line) + len(word) + 1 > width and line.strip():
            lines.append(line.rstrip())
            line = indent
        line += word + " "
    return lines + [line.rstrip()]


def entry(declaration):
    parts = parts_of(declaration.doc)
    text = plain(first_sentence(parts[""])) if parts[""] else ""
    if not text and "Solves" in parts:
        text = "`" + first_sentence(parts["Solves"]) + "`"
    if not text and "Shapes" in parts:
        return wrapped(first_sentence(parts["Shapes"]).rstrip(".").replace("`", "") + "`", f"* `{declaration.name()}`: `")
    lines = wrapped(text, f"* `{declaration.name()}`: ")
    if "Shapes" in parts:
        lines[-1] += "\\"
        lines += wrapped(first_sentence(parts["Shapes"]).rstrip(".").replace("`", "") + "`", "  `")
    return lines


def is_internal(path, text):
    return "// Internal to" in text or re.search(r"_kernels?$", path.stem) is not None


def header_section(path):
    text = path.read_text(encoding="utf-8")
    if is_internal(path, text):
        return []
    known, bare = [], []
    for group in declarations(text):
        for number, declaration in enumerate(group):
            if not declaration.is_listed():
                continue
            if declaration.doc and number == 0:
                known.append(entry(declaration))
            elif declaration.name() not in bare:
                bare.append(declaration.name())
    if not known and not bare:
        return []
    relative = path.relative_to(ROOT)
    lines = [f"**[{path.name}](../{relative})**", ""]
    for each in known:
        lines += each
    if bare:
        also = "Also " if known else ""
        lines += wrapped(", ".join(f"`{name}`" for name in bare) + ".", "* " + also)
    return lines + [""]


def signature(declaration):
    """A graph function as it is called: without the place in the source, which has a default."""
    if "(" not in declaration.code:
        return declaration.name()
    code = re.sub(r",? ?At at = At::here\(\)", "", declaration.code).rstrip(";{ ")
    return re.sub(r"^Value (?=\w+\()", "", code)


def functions_section():
    where = str(FUNCTIONS.relative_to(ROOT))
    lines = ["## Graph functions", ""]
    lines += [f"[{where}](../{where}); all give a `Value`, unless another type stands before the name.", ""]
    for group in declarations(FUNCTIONS.read_text(encoding="utf-8")):
        listed = [declaration for declaration in group if declaration.is_listed()]
        if not listed:
            continue
        if listed[0].doc:
            lines += wrapped(" ".join(plain(line) for line in listed[0].doc), "", indent="") + [""]
        for declaration in listed:
            beside = f": {plain(declaration.beside)}" if declaration.beside else ""
            lines.append(f"* `{signature(declaration)}`{beside}")
        lines.append("")
    return lines


def folder_title(folder):
    return str(folder.relative_to(ROOT / "modules"))


def module_sections():
    folders = {}
    for path in sorted((ROOT / "modules").rglob("*.h")):
        section = header_section(path)
        if section:
            folders.setdefault(folder_title(path.parent), []).append(section)
    lines = []
    for title, sections in folders.items():
        lines += [f"## {title}", ""] + [line for section in sections for line in section]
    return list(folders), lines


def plugin_section():
    found = {}
    pattern = re.compile(r'^(FOVEA_\w+)\(\s*"([\w.]+)",\s*\w+,\s*R"doc\((.*?)(?:\)doc"|\n)', re.MULTILINE)
    for path in sorted((ROOT / "modules").rglob("*.cpp")):
        for macro, name, first in pattern.findall(path.read_text(encoding="utf-8")):
            found.setdefault(KINDS[macro], []).append((name, first, path.relative_to(ROOT)))
    lines = PLUGINS.splitlines() + [""]
    for kind in KINDS.values():
        lines += [f"**{kind}**", ""]
        for name, first, path in sorted(found.get(kind, [])):
            lines += wrapped(plain(first), f"* [`{name}`](../{path}): ")
        lines.append("")
    return lines


def page():
    titles, modules = module_sections()
    links = ", ".join(f"[{title}](#{title.replace('/', '')})" for title in titles)
    start = START.splitlines()
    place = next(i for i, line in enumerate(start) if "FOLDERS" in line)
    start[place : place + 1] = wrapped(start[place].replace("FOLDERS", links), "")
    return "\n".join(start + [""] + functions_section() + modules + plugin_section()).rstrip("\n") + "\n"


def main():
    made = page()
    if sys.argv[1:] == ["--check"]:
        stored = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        if stored == made:
            return 0
        texts = (stored.splitlines(), made.splitlines())
        print("\n".join(difflib.unified_diff(*texts, "docs/modules.md", "the headers", lineterm="")))
        print("docs/modules.md is stale: a header or the first line of a plugin has changed; run docs/make_modules.py.")
        return 1
    if sys.argv[1:]:
        print("usage: docs/make_modules.py [--check]", file=sys.stderr)
        return 2
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
