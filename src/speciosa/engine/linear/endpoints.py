"""Endpoints of linear models: areas exactly, extremes and times above a level to rounding.

The area under an output is one more state of the model. Extremes and crossings of a level are looked for at nodes
(`closed_form_nodes`): where the slope changes sign between two of them, or the level is passed, the cubic through values
and slopes says where, and the solution itself, evaluated there, says how much; again and again, each time in a smaller
part, until nothing moves (`closed_form_scan`).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import sympy
from numpy.typing import NDArray

from speciosa.engine.codes import NOT_FINITE, OK
from speciosa.engine.endpoint import KINDS, Endpoint
from speciosa.engine.linear.arrays import (
    Requests,
    make_brackets,
    make_events,
    make_scan,
    make_work,
)
from speciosa.engine.linear.chunk import LinearChunk
from speciosa.engine.linear.scan import find_endpoints, most_nodes
from speciosa.engine.linear.system import LinearSystem, linear_system
from speciosa.engine.schedule import Schedule
from speciosa.errors import Fault, InputError
from speciosa.model import Equations
from speciosa.model.records import Output, State

Values = NDArray[np.float64]

_BATCH = 512
_EXACT = ("area", "mean", "at")


def supports_endpoints(equations: Equations, endpoints: Sequence[Endpoint]) -> bool:
    """Whether a model is linear, and all outputs of which endpoints are asked are."""
    system = linear_system(equations)
    if system is None:
        return False
    names = equations.output_names
    return all(names.index(endpoint.output) in system.linear_outputs for endpoint in endpoints)


def endpoint_chunk(
    equations: Equations,
    schedule: Schedule,
    of_row: NDArray[np.int32],
    parameters: Values,
    covariates: Values,
    endpoints: Sequence[Endpoint],
    begin: float,
    until: float,
) -> tuple[Values, NDArray[np.int8]]:
    """Endpoints of many patients.

    Args:
        equations: a model and endpoints that `supports_endpoints` accepts.
        schedule: the distinct schedules.
        of_row: the schedule of each row, shape ``(rows,)``.
        parameters: shape ``(parameters, rows)``.
        covariates: before any change, shape ``(covariates, rows)``.
        endpoints: what is asked for.
        begin: when windows without a begin begin, hours.
        until: when windows without an end end.

    Returns:
        Values, shape ``(endpoints, rows)``, NaN where a row failed; and the status code of each row.

    Raises:
        InputError: a model or endpoints that `supports_endpoints` does not accept.
    """
    if not supports_endpoints(equations, endpoints):
        fix = "Use another method."
        raise InputError(
            Fault("endpoints in closed form", "outputs linear in the states", "others", fix)
        )
    wider, areas = _with_areas(equations, endpoints)
    chunk = LinearChunk.of(wider, schedule, of_row, parameters, covariates, begin, len(areas))
    requests = _requests(chunk.system, endpoints, areas, begin, until)
    searched = [e.kind not in _EXACT for e in endpoints]
    bounds = np.unique([requests.opens[searched], requests.closes[searched]])
    rows = len(of_row)
    values, codes = np.empty((len(endpoints), rows)), np.zeros(rows, dtype=np.int8)
    for start in range(0, rows, _BATCH):
        part = slice(start, min(start + _BATCH, rows))
        values[:, part], codes[part] = _batch(chunk.part(part), requests, bounds)
    values[:, codes != OK] = np.nan
    return values, codes


def _batch(
    chunk: LinearChunk, requests: Requests, bounds: Values
) -> tuple[Values, NDArray[np.int64]]:
    version, static = chunk.versions()
    numbers = chunk.numbers(static)
    rates = np.abs(numbers.rates).max(axis=1, initial=0.0)
    norm = np.abs(numbers.a).sum(axis=1).max(axis=1, initial=0.0)
    fastest = np.nan_to_num(np.where(numbers.good, rates, norm), posinf=0.0)
    fastest = np.maximum.reduceat(fastest, version[:-1])
    room, observed = chunk.room(version, numbers), chunk.system.observed_count
    events, count = make_events(room), 0
    shared = (chunk.records, chunk.of_row, version, numbers)
    if len(bounds):
        count = most_nodes(*shared, fastest, bounds, events, make_scan(0, observed))
    items = len(requests.kind) * (3 * count + 2)
    times = max(count, items)
    work = make_work(len(chunk.system.states), times, times, room)
    rows = len(chunk.of_row)
    values, codes = np.empty((len(requests.kind), rows)), np.zeros(rows, dtype=np.int64)
    find_endpoints(
        *shared, chunk.begins, fastest, bounds, requests, events, make_scan(count, observed),
        make_scan(items, observed), make_brackets(items), work, values, codes,
    )  # fmt: skip
    codes[(codes == OK) & ~np.isfinite(values).all(axis=0)] = NOT_FINITE
    return values, codes


def _requests(
    system: LinearSystem,
    endpoints: Sequence[Endpoint],
    areas: dict[str, int],
    begin: float,
    until: float,
) -> Requests:
    names = system.equations.output_names
    observed = [
        system.linear_outputs[
            areas[e.output] if e.kind in ("area", "mean") else names.index(e.output)
        ]
        for e in endpoints
    ]
    return Requests(
        np.array([KINDS.index(e.kind) for e in endpoints], dtype=np.int64),
        np.array(observed, dtype=np.int64),
        np.array([begin if e.start_h is None else e.start_h for e in endpoints], dtype=float),
        np.array([until if e.end_h is None else e.end_h for e in endpoints], dtype=float),
        np.array([e.threshold for e in endpoints], dtype=float),
        np.zeros(len(endpoints)),
        np.zeros(len(endpoints)),
    )


def _with_areas(
    equations: Equations, endpoints: Sequence[Endpoint]
) -> tuple[Equations, dict[str, int]]:
    """The model with the outputs asked for, and with a state for the area under each of which an area is; its index."""
    wanted = dict.fromkeys(e.output for e in endpoints if e.kind in ("area", "mean"))
    requests = {e.output for e in endpoints}
    kept = tuple(output for output in equations.outputs if output.name in requests)
    by_name = {output.name: output for output in kept}
    states, outputs = [], []
    for name in wanted:
        area, unit = f"area under {name}", f"({by_name[name].unit})*h"
        states.append(State(area, unit, sympy.Integer(0)))
        outputs.append(Output(area, sympy.Symbol(area, real=True), unit))
    wider = replace(
        equations,
        states=(*equations.states, *states),
        rates=(*equations.rates, *(by_name[name].expression for name in wanted)),
        outputs=(*kept, *outputs),
    )
    return wider, {name: len(kept) + i for i, name in enumerate(wanted)}
