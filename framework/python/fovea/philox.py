"""The random numbers of the program (framework/core/rng.h): Philox4x32-10 with the key (seed 0, stream, step, row).

Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
"""
import numpy

_WORD = 0xFFFFFFFF
_LONG = 0xFFFFFFFFFFFFFFFF


def _stream_of(name):
    """FNV-1a, its halves folded."""
    value = 14695981039346656037
    for byte in name.encode():
        value = (value ^ byte) * 1099511628211 & _LONG
    return value >> 32 ^ value & _WORD


def _mix(value):
    """The finaliser of splitmix64."""
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _LONG
    value = (value ^ value >> 27) * 0x94D049BB133111EB & _LONG
    return value ^ value >> 31


def _encrypted(counter, key):
    low, half = numpy.uint64(_WORD), numpy.uint64(32)
    word = [numpy.asarray(part, numpy.uint64) for part in counter]
    key0, key1 = key & _WORD, key >> 32
    for _ in range(10):
        first, second = word[0] * numpy.uint64(0xD2511F53), word[2] * numpy.uint64(0xCD9E8D57)
        word = [second >> half ^ word[1] ^ numpy.uint64(key0), second & low,
                first >> half ^ word[3] ^ numpy.uint64(key1), first & low]
        key0, key1 = key0 + 0x9E3779B9 & _WORD, key1 + 0xBB67AE85 & _WORD
    return numpy.stack(word, axis=-1)


def words(stream, steps, row, count):
    """[step, count], the first 32-bit words of each step 0, ..., steps - 1."""
    key = _mix(_mix(0x9E3779B97F4A7C15) ^ _stream_of(stream))
    step = numpy.arange(steps, dtype=numpy.uint64)
    zero = numpy.zeros_like(step)
    blocks = [_encrypted((zero + numpy.uint64(i), step, zero + numpy.uint64(row), zero), key) for i in range(-(-count // 4))]
    return numpy.concatenate(blocks, axis=-1)[:, :count]


def below(stream, steps, row, bounds):
    """[step, bound], a number in [0, bound) for each of the bounds. The program draws again above the largest multiple of a
    bound below 2^64; for the bounds here that comes once in 10^17 numbers, and is left out."""
    drawn = words(stream, steps, row, 2 * len(bounds))
    return ((drawn[:, 0::2] << numpy.uint64(32) | drawn[:, 1::2]) % numpy.asarray(bounds, numpy.uint64)).astype(numpy.int64)
