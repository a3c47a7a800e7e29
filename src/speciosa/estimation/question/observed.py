"""Which records are observations, of which residual model, and what they say."""

import math
from collections.abc import Iterator

import numpy as np
from scipy.special import gammaln

from speciosa.errors import Fault
from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.likelihood import kinds
from speciosa.estimation.likelihood.kinds import ABOVE, BELOW, BETWEEN, SEEN, Observations
from speciosa.estimation.likelihood.room import Likelihood
from speciosa.estimation.question.schema import ErrorModel, Question
from speciosa.exchange.nonmem.data import OBSERVATION, NonmemData

_KIND_CODES = {
    "additive": kinds.ADDITIVE,
    "proportional": kinds.PROPORTIONAL,
    "combined": kinds.COMBINED,
    "combined1": kinds.COMBINED1,
    "power": kinds.POWER,
    "log-additive": kinds.ADDITIVE,
    "binary": kinds.BINARY,
    "ordered": kinds.ORDERED,
    "poisson": kinds.POISSON,
    "negative-binomial": kinds.NEGATIVE_BINOMIAL,
    "events": kinds.EVENTS,
}


def endpoints_of(
    question: Question, data: NonmemData, faults: list[Fault], warnings: list[str]
) -> Integers:
    """Index of the residual model of every record that observes something, -1 elsewhere."""
    observed = (data.event == OBSERVATION) & ~np.isnan(data.observed)
    censored = data.columns.get("CENS", np.zeros(len(data)))
    mute = (data.event == OBSERVATION) & np.isnan(data.observed) & (np.nan_to_num(censored) != 0)
    mute &= data.columns.get("MDV", np.zeros(len(data))) != 1
    for i in np.flatnonzero(mute):
        faults.append(
            Fault(
                f"{data.name}, line {data.line[i]}, DV", "the limit of a censored record", "nothing"
            )
        )
    column = next((c for c in ("DVID", "YTYPE") if c in data.columns), None)
    found = np.full(len(data), -1, dtype=np.int64)
    values = np.nan_to_num(data.columns[column], nan=-1.0) if column else np.zeros(len(data))
    codes = [_code(error, data) for error in question.errors]
    several = len(np.unique(values[observed])) > 1
    if all(code is None for code in codes) and len(codes) == 1 and not several:
        found[observed] = 0
        return found
    for k, (error, code) in enumerate(zip(question.errors, codes, strict=True)):
        if code is None:
            named = f"one of {', '.join(data.endpoints)}" if data.endpoints else "a number of DVID"
            fix = f"Say with dvid = ... in [error.{error.name}] which records it takes."
            faults.append(Fault(f"error.{error.name}", named, error.name, fix))
            continue
        mine = observed & (values == code)
        if not mine.any():
            faults.append(Fault(f"error.{error.name}", "observations in the data", "none"))
        found[mine] = k
    left = int((observed & (found < 0)).sum())
    if left and not faults:
        warnings.append(f"{left} observations belong to no [error] part and are left out.")
    return found


def _code(error: ErrorModel, data: NonmemData) -> float | None:
    """Which number of DVID an endpoint has."""
    wanted = error.dvid if error.dvid is not None else error.name
    if isinstance(wanted, str):
        name = wanted.casefold()
        return data.endpoints.index(name) + 1.0 if name in data.endpoints else None
    return float(wanted)


def likelihood_of(
    question: Question, data: NonmemData, endpoint: Integers, faults: list[Fault]
) -> Likelihood:
    """The observations, each with its residual model, its limits and how it is censored."""
    rows = np.flatnonzero(endpoint >= 0)
    count = len(rows)
    of = endpoint[rows]
    first, total = [], 0
    for error in question.errors:
        first.append(total)
        total += len(error.starts)
    value = data.observed[rows].copy()
    known = np.full(count, SEEN, dtype=np.int64)
    other = np.zeros(count)
    censored = np.nan_to_num(data.columns.get("CENS", np.zeros(len(data)))[rows])
    limit = data.columns.get("LIMIT", np.full(len(data), math.nan))[rows]
    known[censored == 1] = BELOW
    known[censored == -1] = ABOVE
    between = (censored != 0) & ~np.isnan(limit)
    known[between] = BETWEEN
    other[between] = limit[between]
    logged = []
    for k, error in enumerate(question.errors):
        mine = of == k
        if error.kind == "events":  # what has not happened says so itself
            known[mine & ~((censored != 0) & (value != 0))] = SEEN
        if error.lloq is not None:
            low = mine & (known == SEEN) & (value < error.lloq)
            known[low], value[low] = BELOW, error.lloq
        faults += _value_faults(error, data, rows[mine], value[mine], known[mine])
        if error.kind == "events":
            faults += _start_faults(data, rows[mine])
        if error.kind == "log-additive":
            logged += np.flatnonzero(mine).tolist()
            if not error.logged:
                seen = mine & (known == SEEN)
                with np.errstate(all="ignore"):
                    value[mine] = np.log(value[mine])
                    other[mine & (known == BETWEEN)] = np.log(other[mine & (known == BETWEEN)])
                other[seen] = 2 * value[seen]
        elif error.kind in ("poisson", "negative-binomial"):
            other[mine] = gammaln(value[mine] + 1)
    observed = Observations(
        value,
        other,
        known,
        np.array([_KIND_CODES[question.errors[k].kind] for k in of], dtype=np.int64),
        np.array([first[k] for k in of], dtype=np.int64),
        np.array([len(question.errors[k].starts) for k in of], dtype=np.int64),
    )
    return Likelihood(observed, data.individual[rows], np.array(logged, dtype=np.int64))


def _start_faults(data: NonmemData, rows: Integers) -> Iterator[Fault]:
    """Subjects of whom no record says since when they were followed: the hazard before their event would count as none."""
    first = np.unique(data.individual, return_index=True)[1]
    for i in np.intersect1d(rows, first):
        alone = (data.individual[rows] == data.individual[i]).sum() == 1
        if data.observed[i] == 1 or (alone and data.time_h[i] > 0):
            yield Fault(
                f"{data.name}, line {data.line[i]}, TIME",
                f"an earlier record of subject {data.ids[data.individual[i]]:g}, since when it was followed",
                "none",
                "Add a record at the start (as TIME 0 with EVID 2): the hazard is integrated from a subject's first record.",
            )


def _value_faults(
    error: ErrorModel, data: NonmemData, rows: Integers, value: Floats, known: Integers
) -> Iterator[Fault]:
    """Observations that their residual model cannot have."""
    whole = value == np.floor(value)
    checks = {
        "log-additive": (value > 0, "an observation above 0, of which there is a logarithm"),
        "binary": (np.isin(value, (0, 1)), "0 or 1"),
        "events": (np.isin(value, (0, 1)), "1 for an event, 0 for none until this time"),
        "ordered": (
            whole & (value >= 1) & (value <= len(error.starts) + 1),
            f"a category from 1 to {len(error.starts) + 1}",
        ),
        "poisson": (whole & (value >= 0), "a count"),
        "negative-binomial": (whole & (value >= 0), "a count"),
    }
    if error.kind in checks and not error.logged:
        right, expected = checks[error.kind]
        for i in np.flatnonzero(~right):
            yield Fault(f"{data.name}, line {data.line[rows[i]]}, DV", expected, f"{value[i]:g}")
    if error.kind in ("binary", "ordered", "poisson", "negative-binomial"):
        for i in np.flatnonzero(known != SEEN):
            where = f"{data.name}, line {data.line[rows[i]]}, CENS"
            yield Fault(where, f"no censoring of {error.kind} observations", "a censored one")
