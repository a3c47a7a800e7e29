"""Random numbers of a trial: each belongs to a seed, a trial, a place in the trial and a use, whatever else is drawn.

SplitMix64, a counter sent through a mixing function, begins for each place of each trial at a start of its own. So patient 7
of trial 3 is the same in a run of 10 and of a million trials, in a trial of 50 and of 5,000 people, in any order of work.

Source: Steele GL, Lea D, Flood CH. Fast splittable pseudorandom number generators. OOPSLA 2014, doi:10.1145/2660193.2660195.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Array = NDArray[np.float64]
Words = NDArray[np.uint64]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S1, _S2, _S3 = np.uint64(30), np.uint64(27), np.uint64(31)
_DOWN, _STEP = np.uint64(11), 2.0**-53


class Use(IntEnum):
    """What a number of a place is for; of `VISIT`, `LEAVE` and `SCREEN` there are several, counted on from them."""

    PERSON = 0
    OWN = 1
    ADVERSE = 2
    FOLLOWED = 3
    REASON = 4
    MOMENT = 5
    TAKES = 6
    AGAIN = 7
    KNOWS = 8
    SWITCHES = 9
    VISIT = 16
    LEAVE = 64
    SCREEN = 128


def _mixed(words: Words) -> Words:
    """The mixing function, whose every output bit depends on every input bit."""
    found = words ^ (words >> _S1)
    found *= _FIRST
    found ^= found >> _S2
    found *= _SECOND
    found ^= found >> _S3
    return found


@dataclass(frozen=True)
class Streams:
    """The numbers of some trials, by place.

    Attributes:
        start: of each place's stream, shape ``(trials, places)``.

    Example:
        >>> few, many = Streams.of(1, range(3), 5), Streams.of(1, range(1, 3), 50)
        >>> bool((few.uniform(4)[1:] == many.uniform(4)[:, :5]).all())
        True
    """

    start: Words

    @classmethod
    def of(cls, seed: int, trials: range, places: int) -> "Streams":
        """The streams of consecutive trials.

        Args:
            seed: any whole number from 0 below 2^63.
            trials: their numbers, from 0.
            places: people in each.
        """
        root = _mixed(np.array([seed], dtype=np.uint64) + _GOLDEN)
        trial = _mixed(
            (np.arange(trials.start, trials.stop, dtype=np.uint64) + np.uint64(1)) * _GOLDEN ^ root
        )
        place = np.arange(1, places + 1, dtype=np.uint64) * _GOLDEN
        return cls(_mixed(_mixed(trial[:, None] + place[None, :])))

    def uniform(self, use: int) -> Array:
        """One number in the open interval (0, 1) for each place."""
        step = np.array([use + 1], dtype=np.uint64) * _GOLDEN
        words = _mixed(self.start + step)
        words >>= _DOWN
        numbers = words.astype(np.float64)
        numbers += 0.5
        numbers *= _STEP
        return numbers

    def normal(self, use: int) -> Array:
        """One standard normal number for each place, by inversion."""
        found: Array = ndtri(self.uniform(use))
        return found

    def of_places(self, places: NDArray[np.int64]) -> "Streams":
        """The streams of some places of every trial."""
        return Streams(self.start[:, places])

    def some(self, where: NDArray[np.bool_]) -> "Streams":
        """The streams of some places, in one row."""
        return Streams(self.start[where][None, :])
