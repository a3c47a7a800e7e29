"""A fit file and its data set together: records in the order in which they act, observations, groups of parameters."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from speciosa.errors import Fault, InputError, nearest
from speciosa.estimation.closed_form.arrays import (
    DURATION,
    RATE,
)
from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.likelihood import kinds
from speciosa.estimation.likelihood.kinds import ABOVE, BELOW, BETWEEN, SEEN, Observations
from speciosa.estimation.likelihood.room import Likelihood
from speciosa.estimation.question.schema import ErrorModel, Question
from speciosa.estimation.question.structures import STRUCTURES, role_of
from speciosa.estimation.records import Records
from speciosa.exchange.nonmem.data import DOSE, OBSERVATION, RESET, RESET_AND_DOSE, NonmemData
from speciosa.exchange.nonmem.read import read_nonmem

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


@dataclass(frozen=True)
class Prepared:
    """What there is to fit.

    Attributes:
        ids: of the subjects.
        records: in the order in which they act.
        likelihood: of the observations.
        lines: of the data file, of each observation.
        times: of each observation.
        endpoint: index of the residual model of each observation.
        group_subject: of each group of records with the same parameters, the subject.
        group_occasion: the occasion of each, counted within its subject.
        occasions: the most that a subject has.
        columns: covariates of each group.
        texts: columns of text of each group.
        model_covariates: covariates of a model of the user's own, of each group.
        warnings: what was found and left as it is.
    """

    ids: Floats
    records: Records
    likelihood: Likelihood
    lines: Integers
    times: Floats
    endpoint: Integers
    group_subject: Integers
    group_occasion: Integers
    occasions: int
    columns: dict[str, Floats]
    texts: dict[str, NDArray[np.str_]]
    model_covariates: Floats
    warnings: tuple[str, ...]


def prepare(question: Question) -> Prepared:
    """Reads the data set and checks it against the question.

    Raises:
        InputError: every fault of the data set.
    """
    how = question.data
    data = read_nonmem(how.file, rename=how.rename, ignore=how.ignore, repeat_ids=how.repeat_ids)
    faults: list[Fault] = []
    warnings: list[str] = []
    columns, texts = _covariates(question, data, faults)
    occasion = _occasions(question, data, faults)
    endpoint = _endpoints(question, data, faults, warnings)
    faults += _dose_faults(question, data)
    place = _places(question, data, faults)
    likelihood = _likelihood(question, data, endpoint, faults)
    censored = (likelihood.observed.known != SEEN).sum()
    if censored and question.estimation.method == "FO":
        fix = "FOCEI, FOCE and LAPLACE take them."
        faults.append(Fault("estimation, method", "a method for censored observations", "FO", fix))
    if not len(likelihood.subject):
        fix = "DV, MDV and EVID say which records are observations."
        faults.append(Fault(data.name, "observations", "none", fix))
    if faults:
        raise InputError(faults)
    of_model = _model_covariates(question, data, faults)
    if faults:
        raise InputError(faults)
    listed = [*columns.values(), *texts.values(), *of_model.T]
    group, representative = _groups(data, listed, occasion)
    seen = np.flatnonzero(endpoint >= 0)
    records = _records(data, place, endpoint, group, question.data.carry == "nocb")
    for s in np.setdiff1d(np.arange(len(data.ids)), likelihood.subject):
        warnings.append(
            f"Subject {data.ids[s]:g} has no observations and is kept: it tells nothing of the estimates."
        )
    return Prepared(
        data.ids,
        records,
        likelihood,
        data.line[seen],
        data.time_h[seen],
        endpoint[seen],
        data.individual[representative],
        occasion[representative],
        int(occasion.max()) + 1,
        {name: values[representative] for name, values in columns.items()},
        {name: values[representative] for name, values in texts.items()},
        of_model[representative],
        tuple(warnings),
    )


def _covariates(
    question: Question, data: NonmemData, faults: list[Fault]
) -> tuple[dict[str, Floats], dict[str, NDArray[np.str_]]]:
    """Columns that expressions name, each cell filled from the one before it (the first from the one after)."""
    columns: dict[str, Floats] = {}
    texts: dict[str, NDArray[np.str_]] = {}
    for parameter in question.parameters:
        expression = parameter.covariates
        if expression is None:
            continue
        where = f"covariates of {parameter.name}"
        for name, _ in sorted(expression.texts):
            upper = name.upper()
            if upper in data.texts:
                texts[upper] = data.texts[upper]
            else:
                faults.append(_unknown(where, f"a column of text {name}", name, data.texts, {}))
        for name in sorted(expression.names - question.coefficients.keys()):
            upper = name.upper()
            if upper in data.columns:
                columns[upper] = data.columns[upper]
            else:
                known = {**data.columns}
                wanted = f"a column of {data.name} or a coefficient"
                faults.append(_unknown(where, wanted, name, known, question.coefficients))
    for name in columns:
        columns[name] = _filled(data, name, faults)
    for name in question.coefficients:
        if not any(
            p.covariates is not None and name in p.covariates.names for p in question.parameters
        ):
            faults.append(
                Fault(
                    f"coefficients, {name}", "a coefficient that an expression uses", "one of none"
                )
            )
    return columns, texts


def _unknown(where: str, wanted: str, name: str, columns: object, coefficients: object) -> Fault:
    known = [*columns, *coefficients]  # type: ignore[misc]
    close = nearest(name, known)
    fix = f"Did you mean {close[0]}?" if close else f"Known: {', '.join(map(str, known[:20]))}."
    return Fault(where, wanted, repr(name), fix)


def _filled(data: NonmemData, name: str, faults: list[Fault]) -> Floats:
    values = data.columns[name].copy()
    for i in range(1, len(values)):
        if math.isnan(values[i]) and data.individual[i] == data.individual[i - 1]:
            values[i] = values[i - 1]
    for i in range(len(values) - 2, -1, -1):
        if math.isnan(values[i]) and data.individual[i] == data.individual[i + 1]:
            values[i] = values[i + 1]
    for subject in np.unique(data.individual[np.isnan(values)]):
        line = data.line[np.flatnonzero(data.individual == subject)[0]]
        faults.append(
            Fault(
                f"{data.name}, line {line}, {name}",
                "a value in one record of each subject",
                f"none for ID {data.ids[subject]:g}",
            )
        )
    return values


def _occasions(question: Question, data: NonmemData, faults: list[Fault]) -> Integers:
    """Which occasion of its subject every record belongs to, from 0."""
    column = question.data.occasion
    if column is None:
        return np.zeros(len(data), dtype=np.int64)
    if column not in data.columns:
        faults.append(
            _unknown("data, occasion", f"a column of {data.name}", column, data.columns, {})
        )
        return np.zeros(len(data), dtype=np.int64)
    values = _filled(data, column, faults)
    if len(np.unique(values)) < 2:
        faults.append(
            Fault(
                f"{data.name}, {column}", "two occasions or more", f"{values[0]:g} in every record"
            )
        )
    found = np.zeros(len(data), dtype=np.int64)
    for subject in range(len(data.ids)):
        own = data.individual == subject
        known = list(dict.fromkeys(values[own].tolist()))
        found[own] = [known.index(v) for v in values[own]]
    return found


def _endpoints(
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


def _model_covariates(question: Question, data: NonmemData, faults: list[Fault]) -> Floats:
    """Covariates of a model of the user's own: columns of the same name in any case, otherwise the reference value."""
    if question.equations is None:
        return np.zeros((len(data), 0))
    found = np.zeros((len(data), len(question.equations.covariates)))
    for k, covariate in enumerate(question.equations.covariates):
        name = covariate.name.upper()
        found[:, k] = _filled(data, name, faults) if name in data.columns else covariate.value
    return found


def _places(question: Question, data: NonmemData, faults: list[Fault]) -> Integers:
    """Where each record's dose goes: a compartment (0 the depot), or a dose target of the user's model."""
    if question.equations is None:
        depot = STRUCTURES[question.structure].depot
        return np.maximum(data.compartment, 1) - (1 if depot else 0)
    targets = question.equations.target_names
    meaning = dict(question.data.compartments) or {k + 1: n for k, n in enumerate(targets)}
    for number, name in meaning.items():
        if name not in targets:
            close = nearest(name, targets) or targets
            fix = f"Known: {', '.join(close)}."
            faults.append(Fault(f"data, cmt, {number}", "a dose target of the model", name, fix))
    first = min(meaning, default=1)
    place = np.zeros(len(data), dtype=np.int64)
    for i in np.flatnonzero(data.doses):
        number = int(data.compartment[i]) or first
        name = meaning.get(number, "")
        if name in targets:
            place[i] = targets.index(name)
        elif not name:
            fix = 'Say with cmt = { 1 = "oral" } in [data] which dose target a number means.'
            where = f"{data.name}, line {data.line[i]}, CMT"
            known = ", ".join(map(str, meaning)) or "no doses: the model has no dose target"
            faults.append(Fault(where, known, str(number), fix))
    return place


def _dose_faults(question: Question, data: NonmemData) -> Iterator[Fault]:
    roles = {role_of(p.name) for p in question.parameters}
    named = STRUCTURES.get(question.structure)
    written = data.columns.get("DV", np.full(len(data), math.nan))
    silent = data.columns.get("MDV", np.zeros(len(data))) == 1
    compartments = named.compartments + named.depot if named is not None else 10**6
    for i in np.flatnonzero(data.doses):
        where = f"{data.name}, line {data.line[i]}"
        if not math.isnan(written[i]) and written[i] != 0 and not silent[i]:
            fix = "An observation at the time of a dose is a record of its own."
            yield Fault(f"{where}, DV", "nothing in a record of a dose", f"{written[i]:g}", fix)
        if data.compartment[i] > compartments:
            yield Fault(
                f"{where}, CMT", f"a compartment up to {compartments}", str(data.compartment[i])
            )
        for rate, role, name in ((-1, RATE, "R1"), (-2, DURATION, "D1")):
            if data.rate[i] == rate and role not in roles and named is not None:
                yield Fault(
                    f"{where}, RATE", f"a parameter {name} in the fit file", f"{rate} without it"
                )


def _likelihood(
    question: Question, data: NonmemData, endpoint: Integers, faults: list[Fault]
) -> Likelihood:
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


def _groups(
    data: NonmemData, listed: Sequence[NDArray[np.generic]], occasion: Integers
) -> tuple[Integers, Integers]:
    """Of every record the group of those with the same parameters, and a record of each group."""
    group = np.zeros(len(data), dtype=np.int64)
    known: dict[tuple[object, ...], int] = {}
    representative: list[int] = []
    for i in range(len(data)):
        key = (data.individual[i], occasion[i], *(values[i] for values in listed))
        if key not in known:
            known[key] = len(known)
            representative.append(i)
        group[i] = known[key]
    return group, np.array(representative, dtype=np.int64)


def _records(
    data: NonmemData, where: Integers, endpoint: Integers, group: Integers, back: bool
) -> Records:
    """Records with additional doses written out, in the order in which they act."""
    observation = np.full(len(data), -1, dtype=np.int64)
    seen = np.flatnonzero(endpoint >= 0)
    observation[seen] = np.arange(len(seen))
    rows: list[tuple[int, float, bool]] = []
    starts = [0]
    for subject in range(len(data.ids)):
        own = np.flatnonzero(data.individual == subject)
        rows += _in_order(data, own)
        starts.append(len(rows))
    index = np.array([row for row, _, _ in rows], dtype=np.int64)
    time = np.array([time for _, time, _ in rows])
    added = np.array([added for _, _, added in rows], dtype=bool)
    place = where[index]
    kind = data.event[index].copy()
    kind[added] = DOSE
    return Records(
        np.array(starts, dtype=np.int64),
        time,
        kind.astype(np.int64),
        np.ascontiguousarray(data.amount[index]),
        np.ascontiguousarray(data.rate[index]),
        np.ascontiguousarray(data.duration_h[index]),
        np.ascontiguousarray(data.interval_h[index]),
        np.where(added, 0, data.steady_state[index]).astype(np.int64),
        place.astype(np.int64),
        _present_groups(group[index], added, np.array(starts), back),
        np.where(added, -1, observation[index]),
    )


def _present_groups(
    group: Integers, added: NDArray[np.bool_], starts: Integers, back: bool
) -> Integers:
    """Groups with those of additional doses taken from the record before them, or after where parameters hold back."""
    found = group.copy()
    for begin, end in zip(starts, starts[1:], strict=False):
        order = range(end - 2, begin - 1, -1) if back else range(begin + 1, end)
        for i in order:
            if added[i]:
                found[i] = found[i + 1 if back else i - 1]
    return found


def _in_order(data: NonmemData, own: Integers) -> list[tuple[int, float, bool]]:
    """Records of a subject and additional doses: (record, time, whether additional)."""
    acts: list[tuple[int, float, int, bool]] = []
    for position, row in enumerate(own):
        period = int(data.period[row])
        acts.append((period, float(data.time_h[row]), int(row), False))
        if data.additional[row] <= 0 or not data.doses[row]:
            continue
        until = math.inf
        last = float(data.time_h[own[-1]])
        for later in own[position + 1 :]:
            if data.period[later] != period:
                until = min(until, math.inf)
                last = float(data.time_h[later - 1])
                break
            cancels = data.event[later] in (RESET, RESET_AND_DOSE)
            if cancels or (data.doses[later] and data.steady_state[later] == 1):
                until = float(data.time_h[later])
                break
        for k in range(1, int(data.additional[row]) + 1):
            time = float(data.time_h[row]) + k * float(data.interval_h[row])
            if time >= until or time > last:
                break
            acts.append((period, time, int(row), True))
    acts.sort(key=lambda act: (act[0], act[1]))
    return [(row, time, added) for _, time, row, added in acts]
