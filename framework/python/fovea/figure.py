"""Figures, drawn by the program: what is in them takes it a thousand lines, which are not written twice."""
import json
import os
import shutil
import subprocess
import tempfile

from .text import Error, printable


class Figure(dict):
    """A specification for Vega 5, with its numbers. Notebooks that know Vega show it; json.dump writes it."""

    def _repr_mimebundle_(self, **_):
        return {"application/vnd.vega.v5+json": dict(self), "text/plain": repr(self)}

    def __repr__(self):
        return f"<Figure {printable(str(self.get('description', '')))[:200]}>"


def figure(kind, *places, program=None, **options):
    """The figure that `fovea figure KIND PLACES` draws, as a specification for Vega; the options are those of the command:
    metric, split, site, head, item, against. The program is the one given, that of the environment variable FOVEA_PROGRAM, or
    the `fovea` that the shell finds."""
    found = program or os.environ.get("FOVEA_PROGRAM") or shutil.which("fovea")
    if not found:
        raise Error("figure", "expected the program, which draws; there is none; name it, as in "
                              "figure(..., program='build/release/fovea'), or set FOVEA_PROGRAM.")
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "figure.vg.json")
        words = [f"--{name}={value}" for name, value in options.items()]
        # A path that begins at the root is never taken for an option.
        command = [found, "figure", kind, *(os.path.abspath(place) for place in places or ("runs",)), "-o", file, *words]
        try:
            answer = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        except OSError as error:
            raise Error(found, f"expected the program; {error.strerror}; name another one.") from None
        if answer.returncode != 0 or not os.path.exists(file):
            raise Error("figure", printable(answer.stderr.strip() or f"the program ended with {answer.returncode}"))
        with open(file, encoding="utf-8") as text:
            return Figure(json.load(text))
