"""Predictions and derivatives of compartment models, against matrix exponentials of complex numbers."""

import math
from typing import NamedTuple

import numpy as np
import pytest

from speciosa.estimation.closed_form.arrays import (
    CL,
    DURATION,
    KA,
    LAG,
    Q2,
    Q3,
    RATE,
    ROLES,
    V2,
    V3,
    F,
    Structure,
    V,
)
from speciosa.estimation.closed_form.room import ClosedForm
from speciosa.estimation.jet.table import derivatives
from speciosa.estimation.records import Records

STEP = 1e-25


class Case(NamedTuple):
    compartments: int
    depot: int
    parameters: dict
    doses: list
    times: list


def dose(time, amount, place, **more):
    return {"time": time, "kind": 1, "amount": amount, "place": place, **more}


ONE, TWO = {CL: 2.8, V: 32.0}, {CL: 2.8, V: 32.0, Q2: 5.0, V2: 50.0}
THREE = TWO | {Q3: 1.0, V3: 90.0}
LATER = [0.25, 1.0, 3.0, 4.2, 11.0, 21.0]
CASES = {
    "oral": Case(1, 1, ONE | {KA: 1.5}, [dose(0, 320, 0)], LATER),
    "flip-flop": Case(1, 1, {CL: 2.8, V: 1.4, KA: 2.0}, [dose(0, 320, 0)], [0.25, 1.0, 3.0]),
    "lag": Case(
        1, 1, ONE | {KA: 1.5, LAG: 0.4, F: 0.7}, [dose(0, 320, 0), dose(12, 100, 0)], LATER
    ),
    "infusion": Case(2, 0, TWO, [dose(0, 320, 1, rate=100.0)], LATER),
    "into the depot": Case(
        2, 1, TWO | {KA: 0.3, DURATION: 2.3}, [dose(0, 320, 0, rate=-2.0), dose(5, 320, 1)], LATER
    ),
    "modelled rate": Case(3, 0, THREE | {RATE: 80.5}, [dose(0, 320, 1, rate=-1.0)], LATER),
    "peripheral": Case(3, 0, THREE, [dose(0, 320, 3), dose(1, 50, 2)], LATER),
    "steady oral": Case(
        3, 1, THREE | {KA: 1.0, LAG: 1.2}, [dose(0, 320, 0, steady=1, interval=12.0)], LATER
    ),
    "lag beyond an interval": Case(
        1, 1, ONE | {KA: 1.5, LAG: 14.4}, [dose(0, 320, 0, steady=1, interval=12.0)], LATER
    ),
    "steady infusions that overlap": Case(
        2,
        0,
        TWO | {F: 0.9, LAG: 1.7},
        [dose(0, 320, 1, rate=20.0, interval=8.0, steady=1)],
        LATER,
    ),
}


def exponential(a):
    halvings = max(0, int(np.ceil(np.log2(max(np.abs(a).sum(), 1e-9))))) + 6
    a = a / 2.0**halvings
    whole = term = np.eye(len(a), dtype=complex)
    for k in range(1, 12):
        term = term @ a / k
        whole = whole + term
    for _ in range(halvings):
        whole = whole @ whole
    return whole


def matrix(case, p):
    k = np.zeros((4, 4), dtype=complex)
    k[1, 1] -= p[CL] / p[V]
    for place, flow, volume in ((2, Q2, V2), (3, Q3, V3))[: case.compartments - 1]:
        forth, back = p[flow] / p[V], p[flow] / p[volume]
        k[1, 1] -= forth
        k[1, place] += back
        k[place, 1] += forth
        k[place, place] -= back
    if case.depot:
        k[0, 0] -= p[KA]
        k[1, 0] += p[KA]
    return k


def by_hand(case, logs):
    """What enters and ends, one after another; a steady state by 250 doses before."""
    p = {role: np.exp(x) for role, x in zip(case.parameters, logs, strict=True)}
    acts = [(complex(t), "seen", k, 0.0) for k, t in enumerate(case.times)]
    for one in case.doses:
        main = one["place"] == 1 - case.depot
        share, lag = (p.get(F, 1.0), p.get(LAG, 0.0)) if main else (1.0, 0.0)
        amount, rate = one["amount"] * share, one.get("rate", 0.0)
        for k in range(-250 if one.get("steady") else 0, 1):
            begin = one["time"] + k * one.get("interval", 0.0) + lag
            if rate == 0:
                acts.append((begin, "bolus", one["place"], amount))
                continue
            length = p[DURATION] if rate == -2 else amount / (p[RATE] if rate == -1 else rate)
            acts.append((begin, "flow", one["place"], amount / length))
            acts.append((begin + length, "flow", one["place"], -amount / length))
    acts.sort(key=lambda act: (complex(act[0]).real, act[1] == "seen"))
    body = np.zeros((5, 5), dtype=complex)
    body[:4, :4] = matrix(case, p)
    x, now = np.append(np.zeros(4, dtype=complex), 1.0), acts[0][0]
    found = np.zeros(len(case.times), dtype=complex)
    for time, what, where, size in acts:
        x = exponential(body * (time - now)) @ x
        now = time
        if what == "bolus":
            x[where] += size
        elif what == "flow":
            body[where, 4] += size
        else:
            found[where] = x[1] / p[V]
    return found


def solved(case, logs, order):
    rows = [dict(d) for d in case.doses]
    rows += [{"time": t, "kind": 0, "seen": k} for k, t in enumerate(case.times)]
    rows.sort(key=lambda row: row["time"])

    def column(name, default=0.0):
        return np.array([float(row.get(name, default)) for row in rows])

    def whole(name, default=0):
        return np.array([int(row.get(name, default)) for row in rows], dtype=np.int64)

    place = np.full(ROLES, -1, dtype=np.int64)
    for k, role in enumerate(case.parameters):
        place[role] = k
    n = len(case.parameters)
    scale = np.zeros(n, dtype=np.int64)
    records = Records(
        np.array([0, len(rows)]),
        *(column(c) for c in ("time",)),
        whole("kind"),
        *(column(c) for c in ("amount", "rate", "duration", "interval")),
        whole("steady"),
        whole("place"),
        whole("group"),
        whole("seen", -1),
    )
    model = ClosedForm(
        Structure(case.compartments, case.depot, place, scale, 0), records, len(case.times)
    )
    jets, status = model.predict(logs[None], np.eye(n)[None], np.arange(n), order)
    assert status.tolist() == [0]
    return jets


def logs_of(case):
    return np.log(np.array(list(case.parameters.values())))


@pytest.mark.parametrize("name", CASES)
def test_values_and_first_derivatives(name):
    case = CASES[name]
    logs = logs_of(case)
    jets = solved(case, logs, 3)
    wanted = by_hand(case, logs).real
    assert np.abs(jets[:, 0] - wanted).max() < 1e-9 * np.abs(wanted).max()
    slopes = derivatives(jets, len(logs), 1)
    for k in range(len(logs)):
        moved = logs.astype(complex)
        moved[k] += STEP * 1j
        exact = by_hand(case, moved).imag / STEP
        assert np.abs(slopes[:, k] - exact).max() < 1e-8 * np.abs(slopes).max()


@pytest.mark.parametrize("name", CASES)
def test_higher_derivatives_are_those_of_the_lower(name):
    case = CASES[name]
    logs = logs_of(case)
    n, h = len(logs), 1e-4
    jets = solved(case, logs, 3)
    for order in (2, 3):
        own = derivatives(jets, n, order)
        for k in range(n):
            moved = np.zeros(n)
            moved[k] = h
            ends = [
                derivatives(solved(case, logs + s * moved, order - 1), n, order - 1)
                for s in (1, -1)
            ]
            assert (
                np.abs(own[..., k] - (ends[0] - ends[1]) / (2 * h)).max() < 1e-5 * np.abs(own).max()
            )


def test_equal_rates_of_absorption_and_elimination():
    logs = np.log([2.0, 20.0, 0.1])
    case = Case(1, 1, dict(zip((CL, V, KA), np.exp(logs), strict=True)), [dose(0, 100, 0)], [5.0])
    value = solved(case, logs, 1)[0, 0]
    assert value == pytest.approx(100 / 20 * 0.1 * 5.0 * math.exp(-0.5), rel=1e-14)
