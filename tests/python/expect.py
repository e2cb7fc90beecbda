"""What the checks are made of."""
import math
import re

import fovea

CLOSE = 1e-12


def expect(holds, what):
    if not holds:
        raise AssertionError(what)


def expect_close(found, expected, what):
    """Numbers to 1e-12, relative or absolute; None, NaN and texts as they are."""
    if isinstance(found, (tuple, list)):
        expect(len(found) == len(expected), f"{what}: {found}, not {expected}")
        for a, b in zip(found, expected):
            expect_close(a, b, what)
        return
    is_number = isinstance(found, (int, float)) and isinstance(expected, (int, float)) and not math.isnan(expected)
    is_same = math.isclose(found, expected, rel_tol=CLOSE, abs_tol=CLOSE) if is_number else str(found) == str(expected)
    expect(is_same, f"{what}: expected {expected!r}; found {found!r}")


def expect_error(call, what, text=""):
    try:
        call()
    except fovea.Error as error:
        is_line = re.fullmatch(r"\[.*\] [^\n\x00-\x1f]+", str(error)) and len(str(error)) < 2000
        expect(is_line and text in str(error), f"{what}: not an error of one line with '{text}': {error!r}")
    else:
        raise AssertionError(f"{what}: expected an error; none came")
