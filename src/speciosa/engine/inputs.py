"""Checking what a simulation is given, all of it, before anything is computed."""

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speciosa.engine.endpoint import Endpoint
from speciosa.errors import Fault, InputError, nearest
from speciosa.model import Equations
from speciosa.units import hours

if TYPE_CHECKING:
    import polars as pl
    from typing_extensions import TypeIs

Floats = NDArray[np.float64]
Table: TypeAlias = Union["pl.DataFrame", Mapping[str, ArrayLike]]  # noqa: UP007


def is_frame(table: object) -> "TypeIs[pl.DataFrame]":
    """Whether a table is a Polars frame, without loading Polars, which takes longer than a cached model."""
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(table, polars.DataFrame)


@dataclass(frozen=True)
class Follow:
    """Times of observation and the end of follow-up, in hours."""

    times: Floats
    until: float


def in_hours(value: float | str, where: str, faults: list[Fault]) -> float:
    """A time given as hours or as text with a unit."""
    try:
        number = hours(value) if isinstance(value, str) else float(value)
    except InputError as error:
        faults.extend(error.faults)
        return math.nan
    if not math.isfinite(number):
        faults.append(Fault(where, "a finite time", str(value)))
    return number


def follow_up(
    times: ArrayLike | None,
    until: float | str | None,
    every: float | str | None,
    endpoints: Sequence[Endpoint],
    last_dose_h: float,
    faults: list[Fault],
) -> Follow:
    """Times of observation: those listed, or from 0 to `until` by `every`."""
    end = None if until is None else in_hours(until, "until", faults)
    if end is not None and end < 0:
        faults.append(Fault("until", "0 or more", str(until)))
    if times is not None:
        try:
            listed = np.atleast_1d(np.asarray(times, dtype=float))
        except (TypeError, ValueError):
            listed = np.full(1, math.nan)
        if listed.ndim != 1 or not np.isfinite(listed).all():
            faults.append(
                Fault("times", "finite hours in one row", "NaN, infinity, text or a table")
            )
            listed = np.zeros(1)
        elif (np.diff(listed) < 0).any():
            at = int(np.argmax(np.diff(listed) < 0))
            found = f"{listed[at]:g} before {listed[at + 1]:g} at position {at}"
            faults.append(Fault("times", "ascending order", found))
        if every is not None:
            faults.append(Fault("times", "`times`, or `until` with `every`", "both"))
        if len(listed):
            end = max(float(listed[-1]), end if end is not None else -math.inf)
    else:
        listed = np.empty(0)
    if end is None:
        ends = [e for p in endpoints for e in (p.end_h, p.start_h) if e is not None]
        if not ends:
            faults.append(Fault("until", "`until`, `times` or windows of endpoints", "none"))
        end = max([*ends, last_dose_h])
    if every is not None and times is None:
        step = in_hours(every, "every", faults)
        if not step > 0:
            faults.append(Fault("every", "a time above 0", str(every)))
        elif end is not None and math.isfinite(end):
            count = int(math.floor(end / step + 1e-9)) + 1
            listed = np.arange(count) * step
    return Follow(np.ascontiguousarray(listed), float(end))


def read_table(
    table: Table, equations: Equations, patients: int | None, draws: int, faults: list[Fault]
) -> tuple[Floats, Floats, int]:
    """Parameters and covariates, shape ``(names, rows)``, from a table with one row a patient.

    What the table leaves out has its typical or reference value.
    """
    names = [p.name for p in equations.parameters], [c.name for c in equations.covariates]
    values = {
        **{p.name: p.value for p in equations.parameters},
        **{c.name: c.value for c in equations.covariates},
    }
    if not (is_frame(table) or isinstance(table, Mapping)):
        faults.append(Fault("parameters", "a table with named columns", repr(table)[:60]))
        table = {}
    given = _columns(table, list(values), faults)
    lengths = {len(column) for column in given.values() if len(column) != 1}
    rows = max(lengths, default=1)
    if 0 in lengths:
        faults.append(Fault("parameters", "at least one row", "none"))
    if patients is not None and rows == 1:
        rows = patients * draws
    elif patients is not None and rows != patients * draws:
        found = f"{rows} rows"
        wanted = f"{patients} x {draws}" if draws > 1 else f"{patients}"
        faults.append(Fault("parameters", f"one row for each of {wanted} patients", found))
    if len(lengths) > 1:
        sizes = ", ".join(f"{name} {len(c)}" for name, c in given.items() if len(c) != 1)
        faults.append(Fault("parameters", "columns of one length", sizes))
        return np.empty((0, 0)), np.empty((0, 0)), rows

    def stacked(names: list[str]) -> Floats:
        full = np.empty((len(names), rows))
        for row, name in zip(full, names, strict=True):
            row[:] = given.get(name, values[name])
        return full

    return stacked(names[0]), stacked(names[1]), rows


def _columns(table: Table, known: Sequence[str], faults: list[Fault]) -> dict[str, Floats]:
    """The columns of a table that the model knows, those with faults left as they are where they can be read."""
    names = set(known)
    skipped = {"patient", "draw"} - names
    items: list[tuple[str, Any]] = (
        [(name, table[name].to_numpy()) for name in table.columns]
        if is_frame(table)
        else list(table.items())
    )
    columns: dict[str, Floats] = {}
    for name, column in items:
        if name in names:
            numbers = _numbers(f"parameters, column {name!r}", column, faults)
            if numbers is not None:
                columns[name] = numbers
        elif name not in skipped:
            close = nearest(name, known)
            fix = f"Did you mean {' or '.join(close)}?" if close else ""
            where = f"parameters, column {name!r}"
            faults.append(Fault(where, "a parameter or covariate of the model", "none", fix))
    return columns


def _numbers(where: str, column: Any, faults: list[Fault]) -> Floats | None:
    """The numbers of a column in one row; None where it holds something else."""
    try:
        numbers = np.atleast_1d(np.asarray(column, dtype=float))
    except (TypeError, ValueError):
        faults.append(Fault(where, "numbers", str(column)[:40]))
        return None
    finite = np.isfinite(numbers)
    if numbers.ndim != 1:
        faults.append(Fault(where, "one row", f"shape {numbers.shape}"))
    elif not finite.all():
        bad = np.flatnonzero(~finite)
        more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        found = f"{numbers[bad[0]]} in row {bad[0]}{more}"
        faults.append(Fault(where, "finite numbers", found))
    return numbers.ravel()
