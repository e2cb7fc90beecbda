"""The statistics of the reader: by hand, as in tests/statistics, and as scipy has them."""
import math

import numpy
from fovea import statistics

from expect import CLOSE, expect, expect_close, expect_error


def check_values():
    """Values by hand, and those of tests/statistics."""
    expect(statistics.sign_flip_test([1, 2, 4]) == (0.25, 0.25, True), "signs of 1 2 4")
    thirteen = [0.3, -0.1, 0.25, 0.4, -0.05, 0.2, 0.15, 0.1, -0.2, 0.35, 0.05, 0.45, -0.3]
    expect(statistics.sign_flip_test(thirteen) == (917 / 10001, 2**-12, False), "drawn signs of 13")
    forty = [((7 * i) % 11 - 3) / 10 for i in range(40)]
    expect(statistics.sign_flip_test(forty) == (3 / 10001, 1 / 10001, False), "drawn signs of 40")
    for name in ("mean", "deviation", "t_interval", "sign_flip_test", "paired_t_test"):
        for values in ([], [1.0, math.nan, 2.0], [1.0, 2.0, math.inf]):
            expect(getattr(statistics, name)(values) is None, f"{name} of {values}")
    expect(statistics.summary([0.1] * 7) == (7, 0.1, 0.0, (0.1, 0.1)), "equal values")
    expect(statistics.paired_t_test([0.1, 0.1, 0.1 + 1e-16]) is None, "the t test of equal differences")
    expect_close(statistics.holm([0.04, None, 0.01, 0.03]), [0.06, None, 0.03, 0.06], "holm")
    expect(statistics.interquartile_mean([[100, 0, 5, 2], [1, 3, 6, 4]]) == 3.5, "the interquartile mean by hand")
    uneven = [[0.1, 0.9, 0.5, 0.3, 0.35], [0.4, 0.3], [0.7, 0.2, 0.6]]
    expect_close(statistics.interquartile_interval(uneven), [0.27499999999999997, 0.5833333333333333], "bootstrap")
    roots = [[math.sqrt(8 * task + i) for i in range(1, 9)] for task in range(3)]
    expect_close(statistics.interquartile_interval(roots, 0.9), [3.3556197766185423, 3.6311124093040514], "bootstrap at 0.9")
    for degrees, quantile in ((1, 12.7062047361747046), (2, 4.30265272974946385), (1000, 1.96233908082640848)):
        expect_close(statistics.student_quantile(0.95, degrees), quantile, "quantile of t")
    expect(statistics.wilson_interval(0, 10).low == 0 and statistics.wilson_interval(10, 10).high == 1, "ends of Wilson's")
    expect(statistics.mcnemar_p(0, 0) == 1 and statistics.mcnemar_p(7, 7) == 1, "McNemar of equals")
    expect_error(lambda: statistics.t_interval([1, 2, 3], 1), "a level of 1")


def check_scipy():
    try:
        from scipy import special, stats
    except ImportError:
        print("scipy: skipped: not installed")
        return
    for degrees in (1, 2, 3, 4, 9, 30, 101):
        for t in (0, 0.01, 0.5, 1.5, 2.0, 3.2, 12.0, 200.0):
            expected = 2 * stats.t.sf(t, degrees)
            expect(math.isclose(statistics.student_p(t, degrees), expected, rel_tol=CLOSE), f"t {t} {degrees}")
        x = special.betaincinv(degrees / 2, 0.5, 0.01)  # t.ppf of scipy 1.10 is right to 4e-11 only
        expect_close(statistics.student_quantile(0.99, degrees), math.sqrt(degrees * (1 - x) / x), "quantile of t")
    for one, other in ((1, 0), (3, 12), (40, 70), (1000, 1200), (0, 1000), (480000, 481000)):
        expected = stats.binomtest(one, one + other, 0.5).pvalue
        expect(math.isclose(statistics.mcnemar_p(one, other), expected, rel_tol=CLOSE), f"McNemar {one} {other}")
    for right, n, level in ((8, 10, 0.95), (0, 10, 0.95), (9876, 10000, 0.99), (50, 100, 0.9)):
        expected = stats.binomtest(right, n).proportion_ci(level, method="wilson")
        expect_close(statistics.wilson_interval(right, n, level), [expected.low, expected.high], "Wilson's interval")
    values = [0.91, 0.87, 0.94, 0.89, 0.92]
    expect_close(statistics.deviation(values), float(numpy.std(values, ddof=1)), "deviation")
    difference = [0.02, 0.05, -0.01, 0.04, 0.03, 0.01]
    expect_close(statistics.paired_t_test(difference).p, stats.ttest_1samp(difference, 0).pvalue, "paired t")
    expect_close(statistics.interquartile_mean([values, difference]), stats.trim_mean(values + difference, 0.25), "trimmed")
