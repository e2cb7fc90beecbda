"""Texts of files, which anybody may have written, made fit to be shown; and errors of one line."""
import difflib
import re

# The controls of ASCII, those of the second row (U+0080 to U+009F), and bytes that are not UTF-8, which Python keeps as
# surrogates.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


class Error(ValueError):
    """What a user can repair: "[where] what was expected; what came; what to do."."""

    def __init__(self, where, fact):
        super().__init__(f"[{printable(str(where))}] {fact}")
        self.fact = fact


def printable(text):
    """The text with its control characters escaped, as the program shows it."""

    def escaped(match):
        character = match.group()
        return _SHORT.get(character) or "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))

    return _CONTROLS.sub(escaped, text)


def number_text(value):
    """The shortest text that reads back as the number, as the program writes it: 3, not 3.0."""
    return str(int(value)) if isinstance(value, int) else repr(float(value)).removesuffix(".0")


def choose(where, name, known):
    """`name` if it is among the known ones."""
    known = [text for text in dict.fromkeys(known) if text]
    if name in known:
        return name
    near = difflib.get_close_matches(str(name), known, n=1)
    raise Error(where, f"no '{printable(str(name))}'; known: {', '.join(map(printable, known[:30])) or 'none'}."
                + (f" Did you mean '{printable(near[0])}'?" if near else ""))
