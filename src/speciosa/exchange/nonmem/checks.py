"""What is wrong with the records of a data set, every record of it."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from speciosa.errors import Fault
from speciosa.exchange.nonmem.data import NonmemData

MOST_ADDITIONAL = 100_000
"""Doses of one record: more are a slip of the keyboard."""

Truth = NDArray[np.bool_]


def record_faults(data: NonmemData) -> Iterator[Fault]:
    """Every fault of every record, with its line and column."""
    yield from _whole_numbers(data)
    yield from _order(data)
    dosing, given = data.doses, data.amount != 0
    timeless = data.interval_h == 0
    endless = (data.rate > 0) & ~given & (data.steady_state == 1) & timeless
    checks: list[tuple[Truth, str, str, str]] = [
        (~(data.amount >= 0), "AMT", "0 or more", ""),
        (given & ~dosing, "AMT", "0 on a record that gives no dose", "EVID says what a record is."),
        (
            dosing & ~given & ~endless,
            "AMT",
            "an amount above 0",
            "EVID 2 is a record that gives nothing; RATE with SS 1 and no AMT is an infusion from ever.",
        ),
        (
            ~((data.rate >= 0) | np.isin(data.rate, (-1, -2))),
            "RATE",
            "0 or more, -1 (modelled rate) or -2 (modelled duration)",
            "",
        ),
        (~(data.duration_h >= 0), "DUR", "0 or more", ""),
        ((data.duration_h > 0) & (data.rate != 0), "DUR", "a duration or a rate", ""),
        (~(data.interval_h >= 0), "II", "0 or more", ""),
        ((data.additional > 0) & timeless, "II", "the interval of the additional doses", ""),
        (
            dosing & (data.steady_state > 0) & timeless & ~endless,
            "II",
            "the interval of the steady state",
            "",
        ),
        (
            (data.compartment < 0),
            "CMT",
            "a compartment",
            "Compartments that are turned off are not read: write the model without what is off.",
        ),
    ]
    yield from _where(
        data,
        _another_steady_state(data),
        "SS",
        "one steady state at a time",
        "The second takes the place of the first; SS 2 adds it.",
    )
    for wrong, column, expected, fix in checks:
        yield from _where(data, wrong, column, expected, fix)


def _whole_numbers(data: NonmemData) -> Iterator[Fault]:
    limits: list[tuple[str, str, Callable[[NDArray[np.float64]], Truth]]] = [
        ("EVID", "0, 1, 2, 3 or 4", lambda x: np.isin(x, (0, 1, 2, 3, 4))),
        ("MDV", "0 or 1", lambda x: np.isin(x, (0, 1))),
        ("SS", "0, 1 or 2", lambda x: np.isin(x, (0, 1, 2))),
        ("CENS", "-1, 0 or 1", lambda x: np.isin(x, (-1, 0, 1))),
        ("CMT", "a whole number", lambda x: (x == np.floor(x)) & (np.abs(x) < 1e6)),
        (
            "ADDL",
            f"a whole number from 0 to {MOST_ADDITIONAL}",
            lambda x: (x == np.floor(x)) & (x >= 0) & (x <= MOST_ADDITIONAL),
        ),
    ]
    for column, expected, right in limits:
        if column in data.columns:
            written = data.columns[column]
            fix = "A column that means something else is left out by drop."
            yield from _where(data, ~np.isnan(written) & ~right(written), column, expected, fix)


def _another_steady_state(data: NonmemData) -> Truth:
    """Doses with SS 1 after another of the same time."""
    steady = data.doses & (data.steady_state == 1)
    known: set[tuple[int, int, float]] = set()
    wrong = np.zeros(len(data), dtype=bool)
    for i in np.flatnonzero(steady):
        key = (int(data.individual[i]), int(data.period[i]), float(data.time_h[i]))
        wrong[i] = key in known
        known.add(key)
    return wrong


def _order(data: NonmemData) -> Iterator[Fault]:
    """Time that runs backwards without a reset."""
    same = (np.diff(data.individual) == 0) & (np.diff(data.period) == 0)
    wrong = np.concatenate([[False], same & ~(np.diff(data.time_h) >= 0)])
    wrong &= ~np.isnan(data.time_h)
    yield from _where(
        data,
        wrong,
        "TIME",
        "a time not before that of the record above",
        "A reset (EVID 3 or 4) begins anew.",
    )


def _where(
    data: NonmemData, wrong: Truth, column: str, expected: str, fix: str = ""
) -> Iterator[Fault]:
    written = data.columns.get(column)
    for i in np.flatnonzero(wrong):
        found = "nothing" if written is None or np.isnan(written[i]) else f"{written[i]:g}"
        yield Fault(f"{data.name}, line {data.line[i]}, {column}", expected, found, fix)
