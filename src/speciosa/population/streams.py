"""Random numbers that belong to a person: the same whatever the chunk, the thread or the number of patients.

Each source of variation has a name ("between patient: CL", "covariate: weight"). The generator Philox 4x64-10 is a
function of a key and a counter; the key is made of the seed and the name, the counter of patient, draw and occasion.
So patient 7 of draw 3 has the same clearance in a run of 8 and of a million patients, and in every model that has a
parameter of that name, whatever other parameters it has. That makes patients common random numbers across arms.

Source: Salmon JK et al. Parallel random numbers: as easy as 1, 2, 3. SC11, 2011. doi:10.1145/2063384.2063405
"""

import threading
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

_NUMBERS_IN_A_BLOCK = 4
_STEP = 2.0**-53
# A study draws the same people for every arm, and whoever moves a slider the same people again.
# Where a draw of uncertain parameters has patients of its own there are more numbers of fewer streams.
_KEPT_STREAMS, _KEPT_NUMBERS = 4096, 256
_KEPT_LONG_STREAMS, _KEPT_LONG_NUMBERS = 512, 4096


class _Generator(threading.local):
    """One generator a thread, moved from stream to stream: a new one would first ask the system for a seed."""

    def __init__(self) -> None:
        self.philox = np.random.Philox(key=0)
        self.state = self.philox.state


_own = _Generator()


def uniforms(
    seed: int, name: str, patients: range, draws: range = range(1), occasion: int = 0
) -> NDArray[np.float64]:
    """Uniform numbers in the open interval (0, 1), shape ``(draws, patients)``.

    Args:
        seed: any whole number.
        name: what the numbers are for; each name has its own stream.
        patients: which patients, consecutive.
        draws: which draws of the uncertain parameters.
        occasion: which occasion within a patient.

    Example:
        >>> few = uniforms(1, "weight", range(8))
        >>> many = uniforms(1, "weight", range(5, 1000))
        >>> bool((few[0, 5:] == many[0, :3]).all())
        True
    """
    if patients.step != 1:
        raise ValueError(f"`patients` must be consecutive; got {patients}.")
    key = np.frombuffer(
        blake2b(f"{seed}/{name}".encode(), digest_size=16).digest(), dtype=np.uint64
    )
    generator, state = _own.philox, _own.state
    state["state"]["key"][:] = key
    block, skipped = divmod(patients.start, _NUMBERS_IN_A_BLOCK)
    raw = np.empty((len(draws), len(patients)), dtype=np.uint64)
    for row, draw in enumerate(draws):
        state["state"]["counter"][:] = (block, draw, occasion, 0)
        state["buffer_pos"] = _NUMBERS_IN_A_BLOCK
        generator.state = state
        raw[row] = generator.random_raw(len(patients) + skipped)[skipped:]
    raw >>= np.uint64(11)
    numbers = raw.astype(np.float64)
    numbers += 0.5
    numbers *= _STEP
    return numbers


def normals(
    seed: int, name: str, patients: range, draws: range = range(1), occasion: int = 0
) -> NDArray[np.float64]:
    """Standard normal numbers, shape ``(draws, patients)``, by inversion of `uniforms`; not to be written to.

    Example:
        >>> z = normals(1, "CL", range(100_000))
        >>> round(float(z.mean()), 2) + 0.0, round(float(z.std()), 2)
        (0.0, 1.0)
    """
    numbers = len(patients) * len(draws)
    if numbers <= _KEPT_NUMBERS:
        return _kept(seed, name, patients, draws, occasion)
    if numbers <= _KEPT_LONG_NUMBERS:
        return _kept_long(seed, name, patients, draws, occasion)
    return _inverted(seed, name, patients, draws, occasion)


def _inverted(
    seed: int, name: str, patients: range, draws: range, occasion: int
) -> NDArray[np.float64]:
    numbers: NDArray[np.float64] = ndtri(uniforms(seed, name, patients, draws, occasion))
    numbers.setflags(write=False)
    return numbers


_kept = lru_cache(_KEPT_STREAMS)(_inverted)
_kept_long = lru_cache(_KEPT_LONG_STREAMS)(_inverted)
