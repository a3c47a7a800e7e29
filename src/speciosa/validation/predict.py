"""Predicting observed statistics: the same statistic of as many virtual patients, under every draw of what is uncertain.

The prediction of a row is the median over draws, its interval the central 90%. A draw takes new typical values of every
parameter (their uncertainty and correlation after calibration), new people, as many as the study had, and a factor for
what differs between studies beyond that (assay, product, sampling, population). So the interval is one for the reported
mean, median or geometric mean, not for a single patient.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from speciosa.errors import ConvergenceError, SpeciosaError
from speciosa.validation.arms import Arm
from speciosa.validation.bench import (
    Solved,
    Wanted,
    arms_of,
    count_of,
    individual,
    lay_out,
    reason,
    times_of,
)
from speciosa.validation.between_studies import kind, spread
from speciosa.validation.metrics import Array, statistic
from speciosa.validation.observed.observations import Observation
from speciosa.validation.solving import solve
from speciosa.validation.summary import Prediction

LEAST_KNOWN = 0.9
"""A statistic that comes out in fewer of the draws than this is not predicted."""


UNSOLVED = (SpeciosaError, ArithmeticError, LookupError, ValueError)
"""What makes a row one that is not predicted: a single row must not take the others of its file with it."""


@dataclass(frozen=True, slots=True)
class Options:
    """How many draws, and the seed."""

    draws: int = 80
    seed: int = 1


def predict(
    rows: Sequence[Observation],
    options: Options | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Prediction], list[tuple[str, str]]]:
    """Predicts observations.

    Args:
        rows: what was observed.
        options: draws and seed.
        progress: called with arms done and arms in all.

    Returns:
        predictions in the order of the rows, and for rows that cannot be predicted their id and the reason.
    """
    chosen = options or Options()
    wanted, failed = lay_out(rows)
    solved: dict[Arm, Solved] = {}
    problems: dict[Arm, str] = {}
    for number, (arm, want) in enumerate(wanted.items()):
        if progress is not None:
            progress(number, len(wanted))
        try:
            solved[arm] = _solve(want, chosen)
        except UNSOLVED as error:
            problems[arm] = reason(error)
    predictions = []
    for row in rows:
        if row.id in failed:
            continue
        hurdles = [problems[arm] for arm in arms_of(row) if arm in problems]
        try:
            if hurdles:
                failed[row.id] = hurdles[0]
            else:
                predictions.append(_prediction(row, solved, wanted, chosen))
        except UNSOLVED as error:
            failed[row.id] = reason(error)
    return predictions, [(row.id, failed[row.id]) for row in rows if row.id in failed]


def _solve(want: Wanted, options: Options) -> Solved:
    times = times_of(want)
    courses, covariates = solve(
        want.plan,
        tuple(want.outputs),
        want.arm.patient,
        times,
        patients=want.patients,
        draws=options.draws,
        seed=options.seed,
    )
    shape = (options.draws * want.patients, len(times))
    weight = covariates.get("weight", np.full((options.draws, want.patients), 70.0))
    return Solved(
        times,
        {name: course.reshape(shape) for name, course in courses.items()},
        weight.ravel(),
        options.draws,
        want.patients,
    )


def _prediction(
    row: Observation,
    solved: Mapping[Arm, Solved],
    wanted: Mapping[Arm, Wanted],
    options: Options,
) -> Prediction:
    values = individual(row, solved, wanted, count_of(row))
    drawn = statistic(values, "mean" if row.is_share else row.statistic)
    if np.mean(np.isfinite(drawn)) < LEAST_KNOWN:
        raise ConvergenceError(f"{row.metric} cannot be told from the predicted courses.")
    # what differs between studies leaves the median where it is
    middle = float(np.nanmedian(drawn))
    low, high = np.nanquantile(_between_studies(drawn, row, options.seed), [0.05, 0.95])
    return Prediction(
        row.id, row.analyte, row.metric, row.unit, row.value, middle, float(low), float(high)
    )


def _between_studies(drawn: Array, row: Observation, seed: int) -> Array:
    """Adds what differs between studies beyond their patients."""
    random = np.random.default_rng([seed, zlib.crc32(row.id.encode())])
    # evenly spread over the normal distribution, in random order
    deviate = ndtri((random.permutation(len(drawn)) + 0.5) / len(drawn))
    sd = spread(row, drawn)
    if not row.is_effect:
        return np.asarray(drawn * np.exp(sd * deviate))
    own = kind(row)
    if own in {"score", "normal"}:
        return np.asarray(drawn * (1 + sd * deviate))
    scale = 100.0 if row.unit == "%" else 1.0
    if own == "difference" or row.is_contrast:
        return np.asarray(drawn + sd * deviate)
    moved = np.asarray(drawn + sd * scale * deviate)
    if row.metric == "change":
        return moved
    return np.clip(moved, 0.0, np.inf if row.analyte == "ventilation_fraction" else scale)
