"""The benchmark models, as a user writes them."""

import csv
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from speciosa.model import Equations, Model

DATA = Path(__file__).parent / "data"
SEED = 20261122
REGIMEN = {
    "A": "100 mg oral every 6 h x 56",
    "B": "190 umol oral every 6 h x 56",
    "S": "10 mg oral every 6 h x 56",
}
Table = dict[str, NDArray[np.float64]]


def two_compartments() -> Equations:
    """Model A: two compartments, oral."""
    m = Model("A")
    ka = m.parameter("KA", 1.2, "1/h", between_patient_sd=0.5)
    cl = m.parameter("CL", 10, "L/h", between_patient_sd=0.3)
    v1 = m.parameter("V1", 50, "L", between_patient_sd=0.25)
    q = m.parameter("Q", 8, "L/h", between_patient_sd=0.2)
    v2 = m.parameter("V2", 90, "L", between_patient_sd=0.2)
    gut, central, peripheral = (m.state(name, "mg") for name in ("GUT", "CENT", "PERI"))
    exchange = q * (central / v1 - peripheral / v2)
    m.rate(gut, -ka * gut)
    m.rate(central, ka * gut - cl * central / v1 - exchange)
    m.rate(peripheral, exchange)
    m.output("CP", central / v1, "mg/L")
    m.dose_target("oral", gut)
    return m.build()


def metabolite_and_tolerance() -> Equations:
    """Model B: parent, saturable active metabolite, two effect sites, tolerance."""
    m = Model("B")
    values = {
        "KA": (1.5, "1/h", 0.5),
        "CLO": (15, "L/h", 0.3),
        "V1": (100, "L", 0.25),
        "Q": (30, "L/h", None),
        "V2": (200, "L", None),
        "VMAX": (60, "umol/h", 0.6),
        "KM": (1.5, "umol/L", None),
        "CLM": (20, "L/h", 0.35),
        "VM": (60, "L", 0.25),
        "QM": (10, "L/h", None),
        "VM2": (120, "L", None),
        "KEP": (3.0, "1/h", 0.4),
        "KEM": (0.6, "1/h", 0.4),
        "ECP": (2.0, "umol/L", 0.5),
        "ECM": (0.25, "umol/L", 0.5),
        "EMP": (60, "1", None),
        "EMM": (100, "1", None),
        "KTOL": (0.01, "1/h", 0.3),
        "ATOL": (0.03, "1", None),
    }
    p = SimpleNamespace(
        **{n: m.parameter(n, v, u, between_patient_sd=sd) for n, (v, u, sd) in values.items()}
    )
    gut, cent, peri, met, metp = (
        m.state(n, "umol") for n in ("GUT", "CENT", "PERI", "MET", "METP")
    )
    cep, cem, tol = m.state("CEP", "umol/L"), m.state("CEM", "umol/L"), m.state("TOL", "1")
    cp = m.formula("cp", cent / p.V1, "umol/L")
    cm = m.formula("cm", met / p.VM, "umol/L")
    formed = m.formula("form", p.VMAX * cp / (p.KM + cp), "umol/h")
    shift = m.formula("s", 1 + p.ATOL * tol, "1")
    x = m.formula("x", cep / (p.ECP * shift), "1")
    y = m.formula("m", cem / (p.ECM * shift), "1")
    effect = m.formula("EFF", (p.EMP * x + p.EMM * y) / (1 + x + y), "1")
    exchange, exchange_m = p.Q * (cp - peri / p.V2), p.QM * (cm - metp / p.VM2)
    m.rate(gut, -p.KA * gut)
    m.rate(cent, p.KA * gut - p.CLO * cp - formed - exchange)
    m.rate(peri, exchange)
    m.rate(met, formed - p.CLM * cm - exchange_m)
    m.rate(metp, exchange_m)
    m.rate(cep, p.KEP * (cp - cep))
    m.rate(cem, p.KEM * (cm - cem))
    m.rate(tol, p.KTOL * (effect - tol))
    for name, value, unit in (
        ("CP", cp, "umol/L"),
        ("CM", cm, "umol/L"),
        ("CEP", cep, "umol/L"),
        ("CEM", cem, "umol/L"),
        ("TOL", tol, "1"),
        ("EFF", effect, "1"),
    ):
        m.output(name, value, unit)
    m.dose_target("oral", gut)
    return m.build()


def slow_receptors() -> Equations:
    """Model S: as B in kind, with receptors that bind in seconds."""
    m = Model("S")
    varying = {
        "ka": (1.2, "1/h", 0.4),
        "CL": (30, "L/h", 0.3),
        "V1": (100, "L", 0.25),
        "Vmax": (5, "mg/h", 0.4),
        "CLm": (40, "L/h", 0.3),
        "EC50p": (0.03, "mg/L", 0.4),
    }
    fixed = {
        "Km": (0.05, "mg/L"),
        "ke0p": (1.0, "1/h"),
        "Q": (60, "L/h"),
        "V2": (150, "L"),
        "Vm": (80, "L"),
        "ke0m": (0.4, "1/h"),
        "EC50m": (0.05, "mg/L"),
        "ktol": (float(np.log(2.0) / 24.0), "1/h"),
        "koffp": (120, "1/h"),
        "koffm": (60, "1/h"),
    }
    p = SimpleNamespace(
        **{n: m.parameter(n, v, u, between_patient_sd=sd) for n, (v, u, sd) in varying.items()},
        **{n: m.parameter(n, v, u) for n, (v, u) in fixed.items()},
    )
    gut, a1, a2, am = (m.state(n, "mg") for n in ("g", "A1", "A2", "Am"))
    ep, em = m.state("Ep", "mg/L"), m.state("Em", "mg/L")
    tolerance, total = m.state("T", "1"), m.state("I", "h")
    bp, bm = m.state("Bp", "1"), m.state("Bm", "1")
    cc = m.formula("Cc", a1 / p.V1, "mg/L")
    formed = m.formula("formed", p.Vmax * cc / (p.Km + cc), "mg/h")
    free = m.formula("free", 1 - bp - bm, "1")
    stimulus = m.formula("S", (6 * bp + 3 * bm) / (1 + tolerance), "1")
    effect = m.formula("E", 100 * stimulus**1.5 / (1 + stimulus**1.5), "1")
    m.rate(gut, -p.ka * gut)
    m.rate(a1, p.ka * gut - (p.CL + p.Q) / p.V1 * a1 + p.Q / p.V2 * a2 - formed)
    m.rate(a2, p.Q / p.V1 * a1 - p.Q / p.V2 * a2)
    m.rate(am, formed - p.CLm / p.Vm * am)
    m.rate(ep, p.ke0p * (cc - ep))
    m.rate(em, p.ke0m * (am / p.Vm - em))
    m.rate(tolerance, p.ktol * (2 * effect / 100 - tolerance))
    m.rate(total, effect)
    m.rate(bp, p.koffp * (ep / p.EC50p * free - bp))
    m.rate(bm, p.koffm * (em / p.EC50m * free - bm))
    for name, value, unit in (
        ("Cc", cc, "mg/L"),
        ("Cm", am / p.Vm, "mg/L"),
        ("E", effect, "1"),
        ("I", total, "h"),
    ):
        m.output(name, value, unit)
    m.dose_target("oral", gut)
    return m.build()


WRITERS: dict[str, Callable[[], Equations]] = {
    "A": two_compartments,
    "B": metabolite_and_tolerance,
    "S": slow_receptors,
}
NAMED = {
    "A": {
        "typical": {},
        "low_clearance": {"CL": 2.5},
        "high_clearance": {"CL": 40.0},
        "slow_absorption": {"KA": 0.15},
        "large_volume": {"V1": 200.0, "V2": 600.0, "Q": 40.0},
    },
    "B": {
        "typical": {},
        "poor_metaboliser": {"VMAX": 3.0},
        "ultrarapid_metaboliser": {"VMAX": 180.0},
        "organ_impairment": {"CLO": 6.0, "VMAX": 24.0, "CLM": 6.0},
        "sensitive_fast_tolerance": {"ECP": 0.5, "ECM": 0.06, "KTOL": 0.05},
    },
}


class Benchmark:
    """A benchmark model with its doses, its named parameter sets, its population and its reference."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.equations = WRITERS[name]()
        self.regimen = REGIMEN[name]

    def named(self) -> Table:
        sets = NAMED[self.name].values()
        return {
            p.name: np.array([one.get(p.name, p.value) for one in sets])
            for p in self.equations.parameters
        }

    def population(self, count: int) -> Table:
        """The benchmark's patients: log-normal, standard normals of one generator, row by row."""
        varying = [p for p in self.equations.parameters if p.between_patient_sd]
        scores = np.random.Generator(np.random.PCG64(SEED)).standard_normal((count, len(varying)))
        return {
            p.name: p.value * np.exp(p.between_patient_sd * scores[:, j])
            for j, p in enumerate(varying)
        }

    def reference(self) -> tuple[NDArray[np.float64], Table]:
        """Times, and outputs of shape (sets, times)."""
        with open(DATA / f"reference_{self.name}.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        sets = list(NAMED[self.name])
        times = np.array([float(r["time"]) for r in rows if r["set"] == sets[0]])
        names = self.equations.output_names
        return times, {
            name: np.array([[float(r[name]) for r in rows if r["set"] == s] for s in sets])
            for name in names
        }


@pytest.fixture(scope="session")
def benchmark() -> Callable[[str], Benchmark]:
    made: dict[str, Benchmark] = {}

    def get(name: str) -> Benchmark:
        if name not in made:
            made[name] = Benchmark(name)
        return made[name]

    return get


@pytest.fixture(scope="session")
def chain() -> Equations:
    """Three linear compartments with any exchange, elimination and input, two of them dosed; for property tests."""
    m = Model("chain")
    states = [m.state(f"a{i}", "mg") for i in range(3)]
    rates = {(i, j): m.parameter(f"k{i}{j}", 0.2, "1/h") for i in range(3) for j in range(3)}
    f = m.parameter("F", 1.0, "1")
    lag = m.parameter("lag", 0.0, "h")
    for i, a in enumerate(states):
        m.add_rate(a, -rates[i, i] * a)
        for j, b in enumerate(states):
            if i != j:
                m.add_rate(a, -rates[i, j] * a)
                m.add_rate(b, rates[i, j] * a)
    for i, a in enumerate(states):
        m.output(f"x{i}", a, "mg")
    m.dose_target("first", states[0], bioavailability=f, lag=lag)
    m.dose_target("second", states[1])
    return m.build()


@pytest.fixture(scope="session")
def one() -> Equations:
    """One compartment with lag, bioavailability and a zero-order depot; every answer has a short formula."""
    m = Model("one compartment")
    cl = m.parameter("CL", 5.0, "L/h", between_patient_cv=0.3)
    v = m.parameter("V", 50.0, "L")
    f = m.parameter("F", 1.0, "1")
    lag = m.parameter("lag", 0.0, "h")
    depot_h = m.parameter("depot_h", 4.0, "h")
    weight = m.covariate("weight", 70.0, "kg")
    standard = m.parameter("standard", 70.0, "kg")
    k = m.derived("k", cl / v * (weight / standard), "1/h")
    a = m.state("a", "mg", initial=0)
    m.rate(a, -k * a)
    m.output("c", a / v, "mg/L")
    m.output("amount", a, "mg")
    m.dose_target("iv", a)
    m.dose_target("oral", a, bioavailability=f, lag=lag)
    m.dose_target("depot", a, duration=depot_h)
    return m.build()
