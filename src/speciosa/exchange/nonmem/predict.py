"""Predictions of a model for the records of a data set."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from speciosa.engine import Event, simulate
from speciosa.engine.choice import Method
from speciosa.engine.result import Result
from speciosa.errors import Fault, InputError, nearest
from speciosa.exchange.nonmem.compartments import (
    Compartment,
    Compartments,
    compartment_faults,
    read_compartments,
)
from speciosa.exchange.nonmem.data import RESET, NonmemData
from speciosa.exchange.nonmem.doses import Carry, entry_covariates, events_of
from speciosa.exchange.nonmem.late import Late, late_courses
from speciosa.exchange.nonmem.linear import changes, with_linear_covariates
from speciosa.exchange.nonmem.residual import Residuals, observed, residual_faults
from speciosa.model import Equations, Model

if TYPE_CHECKING:
    import polars as pl

Real = NDArray[np.float64]
# As many individuals are solved at once as are looked at, together, at no more than so many times: an output is kept at the
# times of all of them.
_TOGETHER, _MOST_PLACES = 256, 500_000


@dataclass(frozen=True)
class RecordPredictions:
    """What a model predicts for each observation record.

    Attributes:
        frame: one row an observation record: ``line`` of the file, ``ID``, ``time_h``, ``output`` of the model, ``DV`` and
            ``PRED`` in the unit of the output; PRED is missing where the individual could not be solved. With residual error
            ``SIM`` too, the prediction with an error drawn for the record.
        failed: individuals that could not be solved, with the reason.
        method: the solver.
    """

    frame: "pl.DataFrame"
    failed: "pl.DataFrame"
    method: str


@dataclass(frozen=True)
class _Period:
    """The records of an individual from one beginning to the next."""

    individual: int
    rows: NDArray[np.int64]
    events: list[Event]


def simulate_records(
    model: Model | Equations,
    data: NonmemData,
    *,
    compartments: Compartments | None = None,
    outputs: Mapping[int, str] | str | None = None,
    covariates: Mapping[str, str] | None = None,
    carry: Carry = "locf",
    late: Late = "arrive",
    parameters: Mapping[str, Real] | None = None,
    residual: Residuals | None = None,
    seed: int = 0,
    rtol: float = 1e-6,
    method: Method = "auto",
    threads: int | None = None,
) -> RecordPredictions:
    r"""Predicts every observation of a data set from its doses and covariates.

    Bioavailability, lag, duration and rate of a dose are those of its record. A steady state with SS 1 takes the place of
    what is there, with SS 2 it is added to it. An observation before a dose of the same time is made before it.

    Args:
        model: the equations.
        data: what `read_nonmem` read.
        compartments: which dose target each CMT means, or a `Compartment`; not needed where the model has one target.
        outputs: which output each DVID (or YTYPE, or else CMT) of an observation means, or one output for all; not needed
            where the model has one.
        covariates: column of each covariate of the model; those of the same name, in any case, where left out.
        carry: a covariate changes at the time of its record (``locf``), holds from the record before (``nocb``, as in
            NONMEM), or changes linearly from record to record (``linear``; where one is missing it is in between).
        late: what becomes of doses that were given before a record of a steady state and arrive after it, where the lag is
            longer than the interval: they arrive (``arrive``), or are forgotten and what would lead to the steady state
            without them is predicted (``nonmem``, as NONMEM has it; of linear models).
        parameters: values for each individual, in the order of the data; typical values where left out.
        residual: standard deviations of residual error, for all outputs or by output; the column ``SIM`` then holds predictions
            with it.
        seed: of the residual errors.
        rtol: relative tolerance.
        method: the solver, see `simulate`.
        threads: how many at once; all processors where left out.

    Raises:
        InputError: every fault, by line and column where it is one of the data.

    Example:
        >>> import tempfile, pathlib
        >>> import speciosa as sp
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "trial.csv"
        >>> _ = file.write_text("ID,TIME,AMT,DV\n1,0,100,.\n1,10,.,36\n")
        >>> m = sp.Model("bolus")
        >>> a = m.state("a", "mg")
        >>> m.rate(a, -m.parameter("k", 0.1, "1/h") * a)
        >>> _ = m.output("amount", a, "mg")
        >>> m.dose_target("iv", a)
        >>> simulate_records(m, sp.read_nonmem(file)).frame["PRED"].round(2).to_list()
        [36.79]
    """
    equations = model.build() if isinstance(model, Model) else model
    known, alone = read_compartments(compartments, equations), compartments is None
    faults = list(compartment_faults(data, known, equations, alone))
    wanted = _outputs(data, outputs, equations, faults)
    filled = _covariates(data, equations, covariates, carry, faults)
    given = _parameters(data, equations, parameters, faults)
    if carry not in ("locf", "nocb", "linear"):
        faults.append(Fault("carry", "locf, nocb or linear", repr(carry)))
    if late not in ("arrive", "nonmem"):
        faults.append(Fault("late", "arrive or nonmem", repr(late)))
    faults += residual_faults(residual, equations.output_names, seed)
    before = _observed_before(data, faults)
    if faults:
        raise InputError(dict.fromkeys(faults))
    predicted = np.full(len(data), np.nan)
    status = np.full(len(data.ids), "ok", dtype=object)
    solver, entry = method, entry_covariates(equations)
    if carry == "linear":
        moving = {name: filled[name] for name in filled.keys() - entry}
        equations = with_linear_covariates(equations, moving)
        filled |= changes(data.time_h, _groups(data), moving)
    for together in _together(data, _periods(data, known, alone, filled, entry, carry)):
        table = _table(together, given, filled)
        for early in (False, True):
            rows = [p.rows[data.observations[p.rows] & (before[p.rows] == early)] for p in together]
            if not any(len(r) for r in rows):
                continue
            times = np.unique(np.concatenate([data.time_h[r] for r in rows]))
            result = simulate(
                equations,
                [p.events for p in together],
                patients=len(together),
                parameters=table,
                times=times,
                outputs=sorted({wanted[i] for r in rows for i in r}),
                observe="before" if early else "after",
                rtol=rtol,
                method=solver,
                threads=threads,
            )
            # the solver of the first serves all
            solver = result.method  # type: ignore[assignment]
            _collect(result, together, rows, wanted, data, predicted, status)
    if late == "nonmem":
        predicted += late_courses(equations, data, known, alone, given, filled, wanted, before)
    found = _predictions(data, wanted, predicted, status, solver)
    if residual is None:
        return found
    asked = data.observations
    simulated = observed(predicted[asked], wanted[asked], residual, seed)
    return replace(found, frame=_with_column(found.frame, "SIM", simulated))


def _with_column(frame: "pl.DataFrame", name: str, values: Real) -> "pl.DataFrame":
    import polars as pl

    return frame.with_columns(pl.Series(name, values).fill_nan(None))


def _outputs(
    data: NonmemData,
    outputs: Mapping[int, str] | str | None,
    equations: Equations,
    faults: list[Fault],
) -> NDArray[np.str_]:
    """The output that each observation record means."""
    names = equations.output_names
    wanted = np.full(len(data), "", dtype=object)
    if outputs is None and len(names) == 1:
        outputs = names[0]
    said = {} if outputs is None else {0: outputs} if isinstance(outputs, str) else outputs
    for number, name in said.items():
        if name not in names:
            close = nearest(name, names) or list(names)
            fix = f"Known: {', '.join(close)}."
            faults.append(Fault(f"outputs, {number}", "an output of the model", repr(name), fix))
    if isinstance(outputs, str):
        wanted[:] = outputs
        return wanted
    column = next((name for name in ("DVID", "YTYPE") if name in data.columns), "CMT")
    numbers = np.nan_to_num(data.columns.get(column, np.zeros(len(data))))
    for i in np.flatnonzero(data.observations):
        meant = said.get(int(numbers[i]))
        if meant is None:
            known = ", ".join(map(str, said)) or "none"
            fix = "Say with `outputs` which output of the model each number means."
            where = f"{data.name}, line {data.line[i]}, {column}"
            faults.append(Fault(where, f"one of {known}", f"{numbers[i]:g}", fix))
        else:
            wanted[i] = meant
    return wanted


def _covariates(
    data: NonmemData,
    equations: Equations,
    columns: Mapping[str, str] | None,
    carry: Carry,
    faults: list[Fault],
) -> dict[str, Real]:
    """The covariates of the model that the data hold, the last value carried on where one is missing."""
    by_name = {name.casefold(): name for name in data.columns}
    filled = {}
    for covariate in equations.covariates:
        asked = (columns or {}).get(covariate.name, covariate.name)
        column = by_name.get(asked.casefold())
        if column is None:
            if columns and covariate.name in columns:
                faults.append(Fault(f"covariates, {covariate.name}", "a column of numbers", asked))
            continue
        values = _carried(data, column, faults)
        if carry == "linear":
            values = _in_between(data, data.columns[column], values)
        filled[covariate.name] = values
    unknown = set(columns or {}) - {c.name for c in equations.covariates}
    faults += [
        Fault("covariates", "covariates of the model", repr(name)) for name in sorted(unknown)
    ]
    return filled


def _groups(data: NonmemData) -> NDArray[np.int64]:
    """A number for each individual and period, by record."""
    new = (np.diff(data.individual) != 0) | (np.diff(data.period) != 0)
    return np.concatenate([[0], np.cumsum(new)]).astype(np.int64)


def _in_between(data: NonmemData, written: Real, carried: Real) -> Real:
    """Missing values between those written before and after; the last one from there on."""
    found = carried.copy()
    groups = _groups(data)
    for group in np.unique(groups[np.isnan(written)]):
        rows = np.flatnonzero(groups == group)
        known = rows[~np.isnan(written[rows])]
        if len(known):
            found[rows] = np.interp(data.time_h[rows], data.time_h[known], written[known])
            found[known] = written[known]
    return found


def _carried(data: NonmemData, column: str, faults: list[Fault]) -> Real:
    values = data.columns[column].copy()
    for i in np.flatnonzero(np.isnan(values)):
        if i > 0 and data.individual[i] == data.individual[i - 1] and not np.isnan(values[i - 1]):
            values[i] = values[i - 1]
        else:
            where = f"{data.name}, line {data.line[i]}, {column}"
            faults.append(Fault(where, "a value at the first record of an individual", "nothing"))
            values[i] = 0.0
    return values


def _parameters(
    data: NonmemData,
    equations: Equations,
    parameters: Mapping[str, Real] | None,
    faults: list[Fault],
) -> dict[str, Real]:
    names = [p.name for p in equations.parameters]
    given = {}
    for name, values in (parameters or {}).items():
        column = np.asarray(values, dtype=float).ravel()
        if name not in names:
            close = nearest(name, names)
            fix = f"Did you mean {' or '.join(close)}?" if close else ""
            faults.append(Fault("parameters", "parameters of the model", repr(name), fix))
        elif len(column) not in (1, len(data.ids)):
            expected = f"one value, or one for each of {len(data.ids)} individuals"
            faults.append(Fault(f"parameters, {name}", expected, str(len(column))))
        else:
            given[name] = np.broadcast_to(column, len(data.ids))
    return given


def _observed_before(data: NonmemData, faults: list[Fault]) -> NDArray[np.bool_]:
    """Which observations are written before a dose or reset of the same time."""
    acts = data.doses | (data.event == RESET)
    before = np.zeros(len(data), dtype=bool)
    same = (
        (np.diff(data.individual) == 0) & (np.diff(data.period) == 0) & (np.diff(data.time_h) == 0)
    )
    edges = np.concatenate([[0], np.flatnonzero(~same) + 1, [len(data)]])
    for first, last in zip(edges[:-1], edges[1:], strict=True):
        acting = np.flatnonzero(acts[first:last]) + first
        if len(acting) == 0:
            continue
        for i in np.flatnonzero(data.observations[first:last]) + first:
            before[i] = i < acting[-1]
            if acting[0] < i < acting[-1]:
                where = f"{data.name}, line {data.line[i]}"
                expected = "an observation before or after the doses of its time"
                faults.append(Fault(where, expected, "one between two", "Part their times."))
    return before


def _periods(
    data: NonmemData,
    known: Mapping[int, Compartment],
    alone: bool,
    filled: Mapping[str, Real],
    entry: frozenset[str],
    carry: Carry,
) -> list[_Period]:
    new = (np.diff(data.individual) != 0) | (np.diff(data.period) != 0)
    edges = np.concatenate([[0], np.flatnonzero(new) + 1, [len(data)]])
    periods = []
    for first, last in zip(edges[:-1], edges[1:], strict=True):
        rows = np.arange(first, last)
        events = events_of(data, rows, known, alone, filled, entry, carry)
        periods.append(_Period(int(data.individual[first]), rows, events))
    return periods


def _together(data: NonmemData, periods: list[_Period]) -> Iterator[list[_Period]]:
    """Periods that are solved at once."""
    group: list[_Period] = []
    times: set[float] = set()
    for period in periods:
        more = times | set(data.time_h[period.rows].tolist())
        if group and (len(group) == _TOGETHER or len(more) * (len(group) + 1) > _MOST_PLACES):
            yield group
            group, more = [], set(data.time_h[period.rows].tolist())
        group.append(period)
        times = more
    yield group


def _table(
    together: list[_Period], given: Mapping[str, Real], filled: Mapping[str, Real]
) -> dict[str, Real]:
    individuals = [period.individual for period in together]
    table = {name: values[individuals] for name, values in given.items()}
    first = [period.rows[0] for period in together]
    return table | {name: values[first] for name, values in filled.items()}


def _collect(
    result: Result,
    together: list[_Period],
    rows: list[NDArray[np.int64]],
    wanted: NDArray[np.str_],
    data: NonmemData,
    predicted: Real,
    status: NDArray[np.str_],
) -> None:
    """Writes what was predicted to the records, and what failed to the individuals."""
    for place, (period, here) in enumerate(zip(together, rows, strict=True)):
        if not result.ok[place]:
            status[period.individual] = result.status[place]
            continue
        at = np.searchsorted(result.times, data.time_h[here])
        for row, column in zip(here, at, strict=True):
            predicted[row] = result[wanted[row]][place, column]


def _predictions(
    data: NonmemData,
    wanted: NDArray[np.str_],
    predicted: Real,
    status: NDArray[np.str_],
    method: str,
) -> RecordPredictions:
    import polars as pl

    rows = np.flatnonzero(data.observations)
    frame = pl.DataFrame(
        {
            "line": data.line[rows],
            "ID": data.ids[data.individual[rows]],
            "time_h": data.time_h[rows],
            "output": pl.Series(wanted[rows].tolist(), dtype=pl.String),
            "DV": data.observed[rows],
            "PRED": predicted[rows],
        }
    ).with_columns(pl.col("DV", "PRED").fill_nan(None))
    bad = np.flatnonzero(status != "ok")
    failed = pl.DataFrame(
        {"ID": data.ids[bad], "status": pl.Series(status[bad].tolist(), dtype=pl.String)},
        schema={"ID": pl.Float64, "status": pl.String},
    )
    return RecordPredictions(frame, failed, method)
