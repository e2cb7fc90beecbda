"""The statistics of the program (framework/statistics), with the same draws.

An answer that the numbers do not give is None: too few numbers, or one of them NaN or infinite. Such a number is never left
out, as the mean over the seeds that did not diverge is a choice of the best seeds.
"""
import math
from typing import NamedTuple, Optional

import numpy

from . import philox
from .distributions import expect_level, fair_coin_cdf, normal_quantile, student_p, student_quantile
from .text import Error

_DRAWS = 10_000
_ROUNDING = 1e-9  # differences below this part of the largest value, or of the sum of all, are rounding


class Interval(NamedTuple):
    low: float
    high: float


class Summary(NamedTuple):
    n: int
    mean: Optional[float]
    deviation: Optional[float]
    interval: Optional[Interval]


class PermutationTest(NamedTuple):
    p: float
    smallest_p: float  # that so few numbers could have given
    is_exact: bool


class TTest(NamedTuple):
    t: float
    degrees: int
    p: float


def _finite(values, fewest):
    """The values as an array; None where they are too few, or one is NaN or infinite."""
    array = numpy.asarray(values, numpy.float64).ravel()
    return array if len(array) >= fewest and numpy.isfinite(array).all() else None


def _long_mean(values):
    return values[0] + (values - values[0]).sum() / len(values)  # of equal values that value, exactly


def _long(values):
    """Numbers with room for the square of any double, where the machine has them."""
    return values.astype(numpy.longdouble)


def mean(values):
    values = _finite(values, 1)
    return None if values is None else float(_long_mean(_long(values)))


def deviation(values):
    """The sample deviation, from two values on."""
    values = _finite(values, 2)
    if values is None:
        return None
    apart = _long(values) - _long_mean(_long(values))
    return float(numpy.sqrt((apart**2).sum() / (len(values) - 1)))


def t_interval(values, level=0.95):
    """The t interval of a mean over seeds, from three values on."""
    expect_level(level)
    centre, spread, n = mean(values), deviation(values), len(values)
    if n < 3 or centre is None:
        return None
    half = 0.0 if spread == 0 else student_quantile(level, n - 1) * (spread / math.sqrt(n))
    interval = Interval(centre - half, centre + half)
    return interval if all(map(math.isfinite, interval)) else None


def summary(values, level=0.95):
    return Summary(len(values), mean(values), deviation(values), t_interval(values, level))


def wilson_interval(successes, trials, level=0.95):
    """Wilson's score interval of a proportion, for the items of one run."""
    expect_level(level)
    if not 0 <= successes <= trials:
        raise Error("statistics", f"successes lie between 0 and the number of trials; {successes} of {trials} came; count both "
                                  "over the same items.")
    if trials == 0:
        return None
    p, z = successes / trials, normal_quantile(level)
    centre = p + z * z / (2 * trials)
    half = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return Interval(0.0 if successes == 0 else (centre - half) / scale, 1.0 if successes == trials else (centre + half) / scale)


def sign_flip_test(differences):
    """The two-sided sign-flip test of paired differences: exact up to 12 pairs, beyond with 10,000 drawn choices of signs."""
    values = _finite(differences, 1)
    if values is None:
        return None
    n = len(values)
    least = math.ldexp(1, 1 - min(n, 1000))
    smallest = least if n <= 12 else max(least, 1 / (_DRAWS + 1))
    largest = abs(values).max()
    if largest == 0:
        return PermutationTest(1.0, smallest, n <= 12)
    magnitudes = numpy.sort(abs(values / largest))
    if n <= 12:
        bits = numpy.arange(1 << n)[:, None] >> numpy.arange(n) & 1
    else:
        drawn = philox.words("statistics/sign_flip", _DRAWS, 0, -(-n // 32))
        place = numpy.arange(n)
        bits = drawn[:, place // 32] >> (place % 32).astype(numpy.uint64) & numpy.uint64(1)
    sums = numpy.where(bits == 1, magnitudes, -magnitudes).sum(axis=1)
    hits = _hits(sums, (values / largest).sum(), magnitudes)
    return PermutationTest(hits * least / 2 if n <= 12 else (1 + hits) / (1 + _DRAWS), smallest, n <= 12)


def _hits(sums, observed, values):
    """How many sums are as far from 0 as the one that was observed, but for rounding."""
    return int((abs(sums) >= abs(observed) - _ROUNDING * abs(values).sum()).sum())


def paired_by_seed(first, second):
    """The seeds that both dictionaries of seed to value have, ascending, and first - second at each."""
    seeds = sorted(set(first) & set(second))
    return seeds, [first[seed] - second[seed] for seed in seeds]


def paired_t_test(differences):
    values = _finite(differences, 3)
    if values is None or deviation(values) <= _ROUNDING * abs(values).max():
        return None
    n = len(values)
    t = mean(values) / deviation(values) * math.sqrt(n)
    return TTest(t, n - 1, student_p(t, n - 1))


def holm(p_values):
    """Holm's correction of the p-values of one family; None stays None and does not count."""
    if not all(p is None or 0 <= p <= 1 for p in p_values):
        raise Error("statistics", "a p-value lies between 0 and 1; another number came; give a comparison without a test None.")
    order = sorted((i for i, p in enumerate(p_values) if p is not None), key=lambda i: p_values[i])
    adjusted, largest = [None] * len(p_values), 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p_values[i]))
        adjusted[i] = largest
    return adjusted


def mcnemar_p(only_first, only_second):
    """The exact McNemar test of the numbers of items that only one of two models got right."""
    if min(only_first, only_second) < 0:
        raise Error("statistics", "counts of items are >= 0; a negative one came; count the items again.")
    return min(1.0, 2 * fair_coin_cdf(min(only_first, only_second), only_first + only_second))


def interquartile_mean(scores):
    """Of all scores, a list for each task: the mean without the lowest and the highest quarter."""
    tasks = [_finite(task, 1) for task in scores]
    return None if not tasks or any(task is None for task in tasks) else float(_middle_means(numpy.concatenate(tasks)[None])[0])


def interquartile_interval(scores, level=0.95):
    """Its bootstrap interval over seeds: each task draws as many of its own scores as it has, 10,000 times."""
    expect_level(level)
    tasks = [_finite(task, 2) for task in scores]
    if not tasks or any(task is None for task in tasks):
        return None
    drawn = [numpy.sort(task)[philox.below("statistics/interquartile_mean", _DRAWS, i, [len(task)] * len(task))]
             for i, task in enumerate(tasks)]
    means = numpy.sort(_middle_means(numpy.concatenate(drawn, axis=1)))
    return Interval(_percentile(means, (1 - level) / 2), _percentile(means, (1 + level) / 2))


def _middle_means(rows):
    cut = rows.shape[1] // 4
    middle = numpy.sort(rows)[:, cut:rows.shape[1] - cut].astype(numpy.longdouble)
    return (middle.sum(axis=1) / middle.shape[1]).astype(numpy.float64)


def _percentile(values, part):
    place = part * (len(values) - 1)
    below = int(place)
    share = place - below
    return float((1 - share) * values[below] + share * values[min(below + 1, len(values) - 1)])
