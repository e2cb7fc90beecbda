"""The distributions that tests and intervals are made of, to about 1e-14, so that scipy is not needed."""
import functools
import math
import statistics

import numpy

from .text import Error


def expect_level(level):
    if not 0 < level < 1:
        raise Error("statistics", f"a level of confidence is between 0 and 1; {level} came; give one such as 0.95.")


def student_p(t, degrees):
    """P(|T| >= |t|) of Student's t distribution: the regularised incomplete beta function at degrees / (degrees + t^2)."""
    a, square = degrees / 2, t * t
    x = degrees / (degrees + square)
    factor = x**a * math.sqrt(square / (degrees + square)) * _gamma_ratio(degrees) / math.sqrt(math.pi)
    if x < (a + 1) / (a + 2.5):
        return factor * _fraction(a, 0.5, x) / a
    return 1 - factor * _fraction(0.5, a, square / (degrees + square)) / 0.5


def _gamma_ratio(degrees):
    """gamma((degrees + 1) / 2) / gamma(degrees / 2), without the cancellation of logarithms."""
    ratio = math.sqrt(math.pi) / 2 if degrees % 2 == 0 else 1 / math.sqrt(math.pi)
    for k in range(2 if degrees % 2 == 0 else 1, degrees, 2):
        ratio *= (k + 1) / k
    return ratio


def _fraction(a, b, x):
    """The continued fraction of the incomplete beta function, by Lentz's method (Abramowitz & Stegun 26.5.8)."""
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        before = result
        for term in (even, odd):
            c, d = 1 + term / c, 1 / (1 + term * d)
            result *= c * d
        if result == before:
            break
    return result


def normal_quantile(level):
    """The q with P(|Z| <= q) = level."""
    expect_level(level)
    return -statistics.NormalDist().inv_cdf((1 - level) / 2)


@functools.lru_cache(maxsize=256)
def student_quantile(level, degrees):
    """The q with P(|T| <= q) = level, by bisection."""
    expect_level(level)
    low, high = 0.0, 1.0
    while student_p(high, degrees) > 1 - level:
        low, high = high, 2 * high
    while low < (middle := (low + high) / 2) < high:
        if student_p(middle, degrees) > 1 - level:
            low = middle
        else:
            high = middle
    return high


def fair_coin_cdf(most, tosses):
    """P(X <= most), X the heads of fair coins: products of ratios from the middle down, as no factorial fits a number."""
    if most < 0 or most >= tosses:
        return float(most >= 0)
    middle = tosses // 2
    k = numpy.arange(1, middle + 1, dtype=numpy.float64)
    centre = numpy.prod(1 - 0.5 / k) * ((2 * middle + 1) / (middle + 1) / 2 if tosses % 2 else 1)
    down = centre * numpy.cumprod(numpy.concatenate([[1], k[::-1] / (tosses - k[::-1] + 1)]))  # P(X = middle), ..., P(X = 0)
    if most <= middle:
        return float(down[middle - most:].sum())
    return 1 - fair_coin_cdf(tosses - most - 1, tosses)
