"""The work that engines are compared on: models A, B and S, their patients, doses and reference solutions.

A: two compartments with oral absorption (3 states, linear). B: parent, metabolite formed with saturation, two effect
sites, tolerance (8 states). S: like B, with receptor binding within seconds (10 states, stiff). Everybody gets a dose
into the gut every 6 hours for two weeks and is observed every hour.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from math import log
from pathlib import Path

import numpy as np
import sympy
from numpy.typing import NDArray

from speciosa.model import Model

DATA = Path(__file__).parent / "data"
SEED = 20261122
INTERVAL_H, DOSES, END_H = 6.0, 56, 336.0
DOSE_TIMES = INTERVAL_H * np.arange(DOSES)
_UNITS = {"A": "mg", "B": "umol", "S": "mg"}
TIMES = np.arange(0.0, END_H + 0.5)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Workload:
    """A model with its doses and patients.

    Attributes:
        model: builds the equations.
        dose: amount into the state `into` each time.
        values: typical values of the parameters, in the order of the model.
        spread: SD of the logarithm of those that differ between patients, in the order of their random numbers.
        named: differences from the typical values, by name of a set with a reference solution.
    """

    name: str
    model: Callable[[], Model]
    dose: float
    into: str
    values: dict[str, float]
    spread: dict[str, float]
    named: dict[str, dict[str, float]] = field(default_factory=dict)

    def population(self, patients: int) -> Array:
        """Parameters, one row a patient; the first patients are the same for every number of them."""
        generator = np.random.Generator(np.random.PCG64(SEED))
        effects = generator.standard_normal((patients, len(self.spread)))
        table = np.tile(list(self.values.values()), (patients, 1))
        for column, (name, sd) in enumerate(self.spread.items()):
            table[:, list(self.values).index(name)] *= np.exp(sd * effects[:, column])
        return table

    def named_sets(self) -> Array:
        """Parameters of the sets that have a reference solution, one row a set."""
        return np.array([list((self.values | change).values()) for change in self.named.values()])

    def reference(self) -> Array:
        """Reference solutions, shape ``(sets, times, outputs)``."""
        with (DATA / f"reference_{self.name}.csv").open() as file:
            rows = [row for row in csv.reader(line for line in file if line[0] != "#")][1:]
        values = np.array([[float(value) for value in row[2:]] for row in rows])
        assert [row[0] for row in rows[:: len(TIMES)]] == list(self.named)
        return values.reshape(len(self.named), len(TIMES), -1)

    def relative_error(self, values: Array, reference: Array) -> Array:
        """Largest error over time by set and output, as a share of the output's peak."""
        peak = np.abs(reference).max(axis=1)
        return np.abs(values - reference).max(axis=1) / peak


def model_a() -> Model:
    m = Model("two compartments, oral")
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
    return m


def model_b() -> Model:
    m = Model("parent, saturable metabolite, effect sites, tolerance")
    p = {
        name: m.parameter(
            name, B_VALUES[name], B_UNITS[name], between_patient_sd=B_SPREAD.get(name)
        )
        for name in B_VALUES
    }
    names = ("GUT", "CENT", "PERI", "MET", "METP")
    gut, central, peripheral, met, met_peripheral = (m.state(name, "umol") for name in names)
    site, met_site = m.state("CEP", "umol/L"), m.state("CEM", "umol/L")
    tolerance = m.state("TOL", "1")
    cp = m.formula("cp", central / p["V1"], "umol/L")
    ct = m.formula("ct", peripheral / p["V2"], "umol/L")
    cm = m.formula("cm", met / p["VM"], "umol/L")
    cmt = m.formula("cmt", met_peripheral / p["VM2"], "umol/L")
    form = m.formula("form", p["VMAX"] * cp / (p["KM"] + cp), "umol/h")
    shift = m.formula("s", 1 + p["ATOL"] * tolerance, "1")
    x = m.formula("x", site / (p["ECP"] * shift), "1")
    y = m.formula("m", met_site / (p["ECM"] * shift), "1")
    effect = m.formula("effect", (p["EMP"] * x + p["EMM"] * y) / (1 + x + y), "1")
    m.rate(gut, -p["KA"] * gut)
    m.rate(central, p["KA"] * gut - p["CLO"] * cp - form - p["Q"] * (cp - ct))
    m.rate(peripheral, p["Q"] * (cp - ct))
    m.rate(met, form - p["CLM"] * cm - p["QM"] * (cm - cmt))
    m.rate(met_peripheral, p["QM"] * (cm - cmt))
    m.rate(site, p["KEP"] * (cp - site))
    m.rate(met_site, p["KEM"] * (cm - met_site))
    m.rate(tolerance, p["KTOL"] * (effect - tolerance))
    for name, expression, unit in (
        ("CP", cp, "umol/L"), ("CM", cm, "umol/L"), ("CEP", site, "umol/L"),
        ("CEM", met_site, "umol/L"), ("TOL", tolerance, "1"), ("EFF", effect, "1"),
    ):  # fmt: skip
        m.output(name, expression, unit)
    m.dose_target("oral", gut)
    return m


def model_s() -> Model:
    m = Model("receptor binding within seconds")
    p = {
        name: m.parameter(
            name, S_VALUES[name], S_UNITS[name], between_patient_sd=S_SPREAD.get(name)
        )
        for name in S_VALUES
    }
    gut, central, peripheral, met = (m.state(name, "mg") for name in ("GUT", "CENT", "PERI", "MET"))
    site, met_site = m.state("CEP", "mg/L"), m.state("CEM", "mg/L")
    tolerance, area = m.state("TOL", "1"), m.state("AREA", "h")
    bound, met_bound = m.state("BP", "1"), m.state("BM", "1")
    cp = m.formula("cp", central / p["V1"], "mg/L")
    cm = m.formula("cm", met / p["VM"], "mg/L")
    form = m.formula("form", p["VMAX"] * cp / (p["KM"] + cp), "mg/h")
    free = m.formula("free", 1 - bound - met_bound, "1")
    stimulus = (p["TAUP"] * bound + p["TAUM"] * met_bound) / (1 + tolerance)
    power = m.formula("power", sympy.Max(stimulus, 0) ** sympy.Rational(3, 2), "1")
    effect = m.formula("effect", p["EMAX"] * power / (1 + power), "1")
    exchange = p["Q"] * (cp - peripheral / p["V2"])
    m.rate(gut, -p["KA"] * gut)
    m.rate(central, p["KA"] * gut - p["CL"] * cp - form - exchange)
    m.rate(peripheral, exchange)
    m.rate(met, form - p["CLM"] * cm)
    m.rate(site, p["KEP"] * (cp - site))
    m.rate(met_site, p["KEM"] * (cm - met_site))
    m.rate(tolerance, p["KTOL"] * (p["SIGMA"] * effect / p["EMAX"] - tolerance))
    m.rate(area, effect)
    m.rate(bound, p["KOFFP"] * (site / p["ECP"] * free - bound))
    m.rate(met_bound, p["KOFFM"] * (met_site / p["ECM"] * free - met_bound))
    for name, expression, unit in (
        ("CC", cp, "mg/L"), ("CM", cm, "mg/L"), ("EFF", effect, "1"), ("AREA", area, "h"),
    ):  # fmt: skip
        m.output(name, expression, unit)
    m.dose_target("oral", gut)
    return m


A_VALUES = {"KA": 1.2, "CL": 10.0, "V1": 50.0, "Q": 8.0, "V2": 90.0}
A_SPREAD = {"KA": 0.5, "CL": 0.3, "V1": 0.25, "Q": 0.2, "V2": 0.2}
B_VALUES = {
    "KA": 1.5, "CLO": 15.0, "V1": 100.0, "Q": 30.0, "V2": 200.0, "VMAX": 60.0, "KM": 1.5,
    "CLM": 20.0, "VM": 60.0, "QM": 10.0, "VM2": 120.0, "KEP": 3.0, "KEM": 0.6, "ECP": 2.0,
    "ECM": 0.25, "EMP": 60.0, "EMM": 100.0, "KTOL": 0.01, "ATOL": 0.03,
}  # fmt: skip
B_UNITS = {
    "KA": "1/h", "CLO": "L/h", "V1": "L", "Q": "L/h", "V2": "L", "VMAX": "umol/h", "KM": "umol/L",
    "CLM": "L/h", "VM": "L", "QM": "L/h", "VM2": "L", "KEP": "1/h", "KEM": "1/h", "ECP": "umol/L",
    "ECM": "umol/L", "EMP": "1", "EMM": "1", "KTOL": "1/h", "ATOL": "1",
}  # fmt: skip
B_SPREAD = {
    "KA": 0.5, "CLO": 0.3, "V1": 0.25, "VMAX": 0.6, "CLM": 0.35, "VM": 0.25, "KEP": 0.4,
    "KEM": 0.4, "ECP": 0.5, "ECM": 0.5, "KTOL": 0.3,
}  # fmt: skip
S_VALUES = {
    "KA": 1.2, "CL": 30.0, "V1": 100.0, "VMAX": 5.0, "KM": 0.05, "CLM": 40.0, "KEP": 1.0,
    "ECP": 0.03, "Q": 60.0, "V2": 150.0, "VM": 80.0, "KEM": 0.4, "ECM": 0.05, "TAUP": 6.0,
    "TAUM": 3.0, "KTOL": log(2) / 24, "SIGMA": 2.0, "EMAX": 100.0, "KOFFP": 120.0, "KOFFM": 60.0,
}  # fmt: skip
S_UNITS = {
    "KA": "1/h", "CL": "L/h", "V1": "L", "VMAX": "mg/h", "KM": "mg/L", "CLM": "L/h", "KEP": "1/h",
    "ECP": "mg/L", "Q": "L/h", "V2": "L", "VM": "L", "KEM": "1/h", "ECM": "mg/L", "TAUP": "1",
    "TAUM": "1", "KTOL": "1/h", "SIGMA": "1", "EMAX": "1", "KOFFP": "1/h", "KOFFM": "1/h",
}  # fmt: skip
# KM and KEP take a random number and do not vary: the patients are those of the first measurements.
S_SPREAD = {
    "KA": 0.4, "CL": 0.3, "V1": 0.25, "VMAX": 0.4, "KM": 0.0, "CLM": 0.3, "KEP": 0.0, "ECP": 0.4,
}  # fmt: skip

WORKLOADS = {
    "A": Workload(
        "A", model_a, 100.0, "GUT", A_VALUES, A_SPREAD,
        {
            "typical": {}, "low_clearance": {"CL": 2.5}, "high_clearance": {"CL": 40.0},
            "slow_absorption": {"KA": 0.15}, "large_volume": {"V1": 200.0, "V2": 600.0, "Q": 40.0},
        },
    ),
    "B": Workload(
        "B", model_b, 190.0, "GUT", B_VALUES, B_SPREAD,
        {
            "typical": {}, "poor_metaboliser": {"VMAX": 3.0}, "ultrarapid_metaboliser": {"VMAX": 180.0},
            "organ_impairment": {"CLO": 6.0, "VMAX": 24.0, "CLM": 6.0},
            "sensitive_fast_tolerance": {"ECP": 0.5, "ECM": 0.06, "KTOL": 0.05},
        },
    ),
    "S": Workload(
        "S", model_s, 10.0, "GUT", S_VALUES, S_SPREAD,
        {
            "typical": {}, "poor_metaboliser": {"VMAX": 0.3}, "low_clearance": {"CL": 8.0, "CLM": 10.0},
            "sensitive": {"ECP": 0.005, "ECM": 0.01}, "slow_receptor": {"KOFFP": 12.0, "KOFFM": 6.0},
        },
    ),
}  # fmt: skip


def regimen(work: Workload) -> str:
    """Its doses in words."""
    return f"{work.dose} {_UNITS[work.name]} oral every 6 h x 56"
