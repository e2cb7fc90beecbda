"""A document of LaTeX with a figure of every kind: it compiles, all its letters are in its own fonts, nothing is a raster,
and nothing is wider than the text.

    latex.py PROGRAM WRITE_RUNS
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77


def output(*words, where):
    ran = subprocess.run(words, cwd=where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                         check=False)
    if ran.returncode != 0:
        sys.exit(f"{' '.join(words)}: code {ran.returncode}\n{ran.stdout[-3000:]}")
    return ran.stdout


def kinds_of(program, where):
    text = " ".join(output(program, "figure", "--help", where=where).split())
    return re.search(r"one of ([a-z_, ]+?[a-z]) places", text).group(1).split(", ")


def draw(program, kind, where):
    words = {"selection": ["runs", "--site", "layer_1/router"], "glimpse": ["glimpse"], "estimators": ["study.h5"]}
    output(program, "figure", kind, *words.get(kind, ["runs"]), "-o", f"{kind}.tex", where=where)


def document(kinds, where):
    found = subprocess.run(["kpsewhich", "booktabs.sty"], stdout=subprocess.DEVNULL, check=False).returncode == 0
    rules = r"\usepackage{booktabs}" if found else r"\let\toprule\hline \let\midrule\hline \let\bottomrule\hline"
    lines = [r"\documentclass{article}", r"\usepackage{graphicx,color}", rules, r"\usepackage[margin=2cm]{geometry}",
             r"\begin{document}", r"\noindent"]
    for kind in kinds:
        lines.append(rf"\input{{{kind}.tex}}" + "\n\n" + rf"\noindent Figure {kind}." + "\n\n" + r"\noindent")
    (where / "paper.tex").write_text("\n".join(lines + [r"\end{document}", ""]))
    output("pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex", where=where)


def main():
    program, write_runs = (str(pathlib.Path(word).resolve()) for word in sys.argv[1:3])
    missing = [tool for tool in ("gnuplot", "pdflatex") if shutil.which(tool) is None]
    if missing:
        print("not installed: " + ", ".join(missing))
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as folder:
        where = pathlib.Path(folder)
        output(write_runs, folder, where=where)
        kinds = kinds_of(program, where)
        for kind in kinds:
            draw(program, kind, where)
        document(kinds, where)
        problems = re.findall(r"Overfull \\hbox.*", (where / "paper.log").read_text(errors="replace"))
        if shutil.which("pdffonts"):
            lines = output("pdffonts", "paper.pdf", where=where).splitlines()[2:]
            fonts = [line.split()[0].split("+")[-1] for line in lines]
            problems += [f"a font of another program: {font}" for font in fonts if not font.startswith(("CM", "SF"))]
            problems += [] if fonts else ["no font at all"]
        if shutil.which("pdfimages"):
            images = output("pdfimages", "-list", "paper.pdf", where=where).splitlines()[2:]
            problems += [f"a raster: {line}" for line in images]
        if len(sys.argv) > 3:  # to look at
            shutil.copytree(where, sys.argv[3], dirs_exist_ok=True)
    if problems or len(kinds) < 11:
        sys.exit("\n".join([f"{len(kinds)} kinds: {', '.join(kinds)}", *problems]))
    print(f"{len(kinds)} figures, fonts {', '.join(sorted(set(fonts))) if shutil.which('pdffonts') else 'not looked at'}")


main()
