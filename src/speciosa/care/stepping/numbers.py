"""Random numbers inside the loop over people: a function of the person's key, what the number is for, and how many came before.

Threefry 2x32 with 20 rounds. The key is a 62-bit word of the person and draw, made by `speciosa.population.streams`; the
counter is the purpose and the number of times it was asked. So a person's next overdose waits for the same random number in
every arm, whatever else happened. Only words of 32 bits are added, so that the compiled code never overflows.

Source: Salmon JK et al. Parallel random numbers: as easy as 1, 2, 3. SC11, 2011. doi:10.1145/2063384.2063405
"""

import math

import numpy as np
from numpy.typing import NDArray

from speciosa.population.streams import uniforms

# Purposes of random numbers.
CHANGE, BACK, TO_OVERDOSE, OTHER, DIES, USE, SOON, ONCE, WEEK_OF_USE = 0, 1, 2, 3, 4, 5, 6, 7, 8

_MASK = 0xFFFFFFFF
_PARITY = 0x1BD11BDA
_HALF = 2**31


def _turned(x: int, by: int) -> int:
    return ((x << by) | (x >> (32 - by))) & _MASK


def _four(x: int, y: int, a: int, b: int, c: int, d: int) -> tuple[int, int]:
    """Four rounds."""
    x = (x + y) & _MASK
    y = _turned(y, a) ^ x
    x = (x + y) & _MASK
    y = _turned(y, b) ^ x
    x = (x + y) & _MASK
    y = _turned(y, c) ^ x
    x = (x + y) & _MASK
    y = _turned(y, d) ^ x
    return x, y


def threefry(key_low: int, key_high: int, low: int, high: int) -> tuple[int, int]:
    """Two words of 32 bits from a key and a counter of two words each.

    Example:
        >>> [hex(word) for word in threefry(0, 0, 0, 0)]
        ['0x6b200159', '0x99ba4efe']
    """
    last = key_low ^ key_high ^ _PARITY
    x = (low + key_low) & _MASK
    y = (high + key_high) & _MASK
    x, y = _four(x, y, 13, 15, 26, 6)
    x = (x + key_high) & _MASK
    y = (y + last + 1) & _MASK
    x, y = _four(x, y, 17, 29, 16, 24)
    x = (x + last) & _MASK
    y = (y + key_low + 2) & _MASK
    x, y = _four(x, y, 13, 15, 26, 6)
    x = (x + key_low) & _MASK
    y = (y + key_high + 3) & _MASK
    x, y = _four(x, y, 17, 29, 16, 24)
    x = (x + key_high) & _MASK
    y = (y + last + 4) & _MASK
    x, y = _four(x, y, 13, 15, 26, 6)
    x = (x + last) & _MASK
    y = (y + key_low + 5) & _MASK
    return x, y


def uniform(key: int, purpose: int, count: int) -> float:
    """A number in the open interval (0, 1).

    Args:
        key: of the person in a draw.
        purpose: what the number is for.
        count: how many were asked for it before.
    """
    x, y = threefry(key & _MASK, key >> 32, count, purpose)
    return (float(x * 2097152 + (y >> 11)) + 0.5) * 1.1102230246251565e-16


def two_uniforms(key: int, purpose: int, count: int) -> tuple[float, float]:
    """Two numbers in (0, 1) of 32 bits each."""
    x, y = threefry(key & _MASK, key >> 32, count, purpose)
    return (float(x) + 0.5) * 2.3283064365386963e-10, (float(y) + 0.5) * 2.3283064365386963e-10


def waiting(key: int, purpose: int, count: int) -> float:
    """An exponential number of mean 1: the cumulative hazard at which an event happens."""
    return -math.log(uniform(key, purpose, count))


def keys(seed: int, draws: range, people: int) -> NDArray[np.int64]:
    """The key of each person in each draw, shape ``(draws, people)``.

    Example:
        >>> bool((keys(1, range(3), 9)[1, :4] == keys(1, range(1, 2), 4)[0]).all())
        True
    """
    names = ("care: key, low", "care: key, high")
    low, high = (
        (uniforms(seed, name, range(people), draws) * _HALF).astype(np.int64) for name in names
    )
    return (high << 32) | low
