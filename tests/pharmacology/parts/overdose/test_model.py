"""The published overdose model, every rate by hand: drug, receptor, drives, gases, flow, metabolism and collapse.

The formulas are those of the docstrings and of Mann 2022 (doi:10.1002/cpt.2696); arterial pressures are those whose
contents are the arterial ones.
"""

import math

import pytest
import sympy
from tests.pharmacology.parts.points import Point, point

from speciosa.pharmacology.overdose.model import overdose_model

SMOOTH = 5e-3


def positive(x: float, width: float) -> float:
    return (x + math.hypot(x, width)) / 2


def at_least(x: float, least: float, width: float) -> float:
    return least + positive(x - least, width)


def at_most(x: float, most: float, width: float) -> float:
    return most - positive(most - x, width)


def step(x: float, width: float) -> float:
    return (1 + math.tanh(x / width)) / 2


class Body:
    """The model by hand at one point."""

    def __init__(self, at: Point) -> None:
        self.at, self.p, self.x = at, at.values, at.states
        self.rates: dict[str, float] = {}
        self._gases()
        self._flow()
        self._breathing()
        self._exchange()
        self._collapse()
        self._opioid()
        self._naloxone()
        self._receptor()

    def n(self, symbol: str) -> float:
        return self.p[f"physiology {symbol}"]

    def content(self, o2: float, co2: float) -> tuple[float, float]:
        b = {name.removeprefix("blood "): v for name, v in self.p.items() if name.startswith("bl")}
        f1 = o2 * (1 + b["beta1"] * co2) / (b["K1"] * (1 + b["alpha1"] * co2))
        f2 = co2 * (1 + b["beta2"] * o2) / (b["K2"] * (1 + b["alpha2"] * o2))
        bound = f1 ** (1 / b["a1"]), f2 ** (1 / b["a2"])
        most = b["Z"] * b["C1Spencer"], b["Z"] * b["C2Spencer"]
        return most[0] * bound[0] / (1 + bound[0]), most[1] * bound[1] / (1 + bound[1])

    def _gases(self) -> None:
        n, x = self.n, self.x
        self.brain, self.tissue = (
            (
                x[f"{name} O2"] / n("alpha_o2"),
                (x[f"{name} CO2"] - n(f"C_{letter}_hco3")) / n("alpha_co2"),
            )
            for name, letter in (("brain", "B"), ("tissue", "T"))
        )
        self.flows = (
            n("Qb0") * (1 + x["flow response to CO2"] + x["flow response to O2"]),
            n("Qt0") * (1 + n("rou") * x["flow response to O2"]),
        )
        self.flow = sum(self.flows) * x["flow remaining"]
        self.from_brain, self.from_tissue = self.content(*self.brain), self.content(*self.tissue)
        self.venous = tuple(
            (self.flows[0] * one + self.flows[1] * other) / sum(self.flows)
            for one, other in zip(self.from_brain, self.from_tissue, strict=True)
        )
        self.end = self.content(x["lung PO2"], x["lung PCO2"])
        shunt = n("s1")
        self.arterial = tuple(
            (1 - shunt) * end + shunt * venous
            for end, venous in zip(self.end, self.venous, strict=True)
        )
        self.pa_o2, self.pa_co2 = (
            self.at.of(sympy.Symbol(f"arterial {gas}", real=True)) for gas in ("PO2", "PCO2")
        )
        assert self.content(self.pa_o2, self.pa_co2) == pytest.approx(self.arterial, rel=1e-5)

    def _flow(self) -> None:
        n, x = self.n, self.x
        rise = n("Aco2") + n("Bco2") / (1 + math.exp((n("Cco2") - self.pa_co2) / n("Dco2")))
        self.rates["flow response to CO2"] = (rise / n("Qb0") - x["flow response to CO2"]) / n(
            "tau_co2"
        )
        low = n("c1o2") * (math.exp(-self.pa_o2 / n("c2o2")) - math.exp(-n("P_a_o2_0") / n("c2o2")))
        self.rates["flow response to O2"] = (
            at_most(low, n("yo_max"), SMOOTH) - x["flow response to O2"]
        ) / n("tau_o2")

    def _breathing(self) -> None:
        n, x, p = self.n, self.x, self.p
        held = x["receptor opioid"]
        self.wake, chemo = 1 - held ** p["P3"], 1 - held ** p["P1"]
        e = math.exp((self.pa_o2 - n("P_a_o2_c")) / n("K_pc"))
        firing = n("K_fpc") * math.log(self.pa_co2 / n("Bp"))
        firing *= (n("f_pc_max") + n("f_pc_min") * e) / (1 + e)
        for name, signal, volume in (
            ("peripheral", firing, "K_Dp"),
            ("central", self.brain[1], "K_Dc"),
        ):
            for i in (1, 2, 3):
                tank = f"{name} transport {i}"
                self.rates[tank] = 3 * self.flow / n(volume) * (signal - x[tank])
                signal = x[tank]
        for name, gain, rest, tau in (
            ("peripheral", "G_Dp", "f_pc_0", "tau_Dp"),
            ("central", "G_Dc", "P_B_co2_0", "tau_Dc"),
        ):
            wanted = chemo * n(gain) * (x[f"{name} transport 3"] - n(rest))
            self.rates[f"{name} drive"] = (wanted - x[f"{name} drive"]) / n(tau)
        seen = at_most(at_least(self.brain[0], n("theta_Hmin"), SMOOTH), n("theta_Hmax"), SMOOTH)
        depth = n("Gh") * (seen - n("P_B_o2_0")) / n("P_B_o2_0")
        self.rates["hypoxic decline"] = (1 + depth - x["hypoxic decline"]) / n("tau_h")
        slight = p["rounding ventilation"]
        more = positive(x["peripheral drive"], slight)
        reflex = x["peripheral drive"] + (x["hypoxic decline"] - 1) * more + x["central drive"]
        self.ventilation = n("W") * self.wake + positive(reflex, slight)
        if self.flow <= n("Q_fade"):
            self.ventilation *= self.flow / n("Q_fade") if self.flow >= n("Q_silent") else 0.0

    def _exchange(self) -> None:
        n, x = self.n, self.x
        for i, (gas, inspired) in enumerate((("PO2", "P_I_o2"), ("PCO2", "P_I_co2"))):
            air = n("Bmax") * self.ventilation * (n(inspired) - x[f"lung {gas}"])
            blood = n("lumbda") * self.flow * (1 - n("s1")) * (self.venous[i] - self.end[i])
            self.rates[f"lung {gas}"] = (air + blood) / n("V_A")
        metabolism = positive(self.wake, SMOOTH) ** self.p["drives P2"]
        organs = (
            ("brain", "B", self.flows[0], self.from_brain, self.brain[0]),
            ("tissue", "T", self.flows[1], self.from_tissue, self.tissue[0]),
        )
        for name, letter, flow, leaving, oxygen in organs:
            failing = at_most(positive(oxygen / n("P_failure"), SMOOTH), 1.0, SMOOTH)
            flow *= x["flow remaining"]
            for i, (gas, made, least) in enumerate(
                (("O2", f"M_{letter}_o2_0", "fN"), ("CO2", f"M_{letter}_co2", "fL"))
            ):
                turned = n(made) * at_least(metabolism, n(least), SMOOTH) * failing
                brought = flow * (self.arterial[i] - leaving[i])
                self.rates[f"{name} {gas}"] = (brought + turned) / n(f"V_{letter}")

    def _collapse(self) -> None:
        p, x = self.p, self.x
        since = x["time at low oxygen"]
        collapsing = step(since - p["collapse delay"], p["collapse sharpness"])
        breathless = step(p["collapse P_o2_trigger"] - self.pa_o2, p["collapse sharpness PO2"])
        counting = 1 - (1 - breathless) * (1 - collapsing)
        self.rates["time at low oxygen"] = counting - (1 - counting) * p["collapse reset"] * since
        share = p["collapse floor"]
        pace = share + (1 - share) * self.pa_co2 / p["collapse co2_scale"]
        fall = -collapsing * self.n("Cim25") * pace
        self.rates["flow remaining"] = fall * x["flow remaining"]

    def _opioid(self) -> None:
        p, x = self.p, self.x
        k = {s: p[f"opioid {s}"] for s in ("kout", "k12", "k21", "k13", "k31", "k1")}
        one, two, three = (x[f"opioid {name}"] for name in ("central", "shallow", "deep"))
        self.rates["opioid central"] = (
            k["k21"] * two + k["k31"] * three - (k["kout"] + k["k12"] + k["k13"]) * one
        )
        self.rates["opioid shallow"] = k["k12"] * one - k["k21"] * two
        self.rates["opioid deep"] = k["k13"] * one - k["k31"] * three
        # the volume halves where flow exceeds its ratio to the resting flow
        ratio = (self.n("Q_ratio") - self.flow / self.n("Q0")) / self.n("Q_width")
        self.concentrated = 1 + 1 / (1 + math.exp(ratio))
        plasma = one * self.concentrated / p["opioid VP"]
        picomolar = plasma / p["opioid M"] * 1e9
        self.rates["opioid effect site"] = k["k1"] * (picomolar - x["opioid effect site"])

    def _naloxone(self) -> None:
        p, x = self.p, self.x
        ktr, kin = p["absorbed ktr"], p["absorbed kin"]
        depot, transit, last = (x[f"naloxone {name}"] for name in ("depot", "transit", "last"))
        self.rates["naloxone depot"] = -ktr * depot
        self.rates["naloxone transit"] = ktr * (depot - transit)
        self.rates["naloxone last"] = ktr * transit - kin * last
        plasma, tissue = x["naloxone plasma"], x["naloxone tissue"]
        back = p["absorbed k12N"] * (tissue - plasma)
        entering = kin * last - p["absorbed kout2"] * plasma + back
        self.rates["naloxone plasma"] = entering * self.concentrated / p["absorbed V1"]
        self.rates["naloxone tissue"] = -back / p["absorbed V2"]
        k = {s: p[f"injected {s}"] for s in ("k10", "k12", "k21", "k13", "k31", "Vc")}
        one, two, three = (x[f"naloxone iv {name}"] for name in ("central", "shallow", "deep"))
        self.rates["naloxone iv central"] = (
            k["k21"] * two + k["k31"] * three - (k["k10"] + k["k12"] + k["k13"]) * one
        )
        self.rates["naloxone iv shallow"] = k["k12"] * one - k["k21"] * two
        self.rates["naloxone iv deep"] = k["k13"] * one - k["k31"] * three
        total = plasma + one * self.concentrated / k["Vc"]
        self.rates["naloxone effect site"] = p["naloxone k2"] * (
            total / p["naloxone M"] * 1e6 - x["naloxone effect site"]
        )

    def _receptor(self) -> None:
        p, x = self.p, self.x
        free = 1 - x["receptor opioid"] - x["receptor naloxone"]
        for name, prefix in (("opioid", "opioid"), ("naloxone", "naloxone")):
            on = p[f"{prefix} kon"] * x[f"{name} effect site"] ** p[f"{prefix} n"] * free
            off = p[f"{prefix} koff"] * x[f"receptor {name}"]
            self.rates[f"receptor {name}"] = on - off


LOW = {"lung PO2": 0.16, "brain O2": 0.3, "tissue O2": 0.4}
"""Shares of the usual oxygen at which brain, clock and collapse are looked at too."""


@pytest.mark.parametrize("seed", [141, 142])
@pytest.mark.parametrize(
    ("low", "flow", "clock_h"),
    [
        (False, 1.0, 0.0),
        (True, 1.0, 0.01),
        (True, 0.6, 0.0612),
        (True, 0.12, 0.09),
        (True, 0.02, 0.1),
    ],
)
def test_every_rate(seed, low, flow, clock_h):
    equations = overdose_model()
    drug = {name: 0.2 for name in equations.state_names if name.startswith(("opioid", "naloxone"))}
    fixed = ("pmol per", "ng/mL per", "ug per", "one ", "minutes", "blood", "collapse sharp")
    start = {r.name: r.value for r in equations.parameters}
    at = point(equations, seed, spread=0.01)
    given = {n: v for n, v in start.items() if n.startswith(fixed) or n.endswith("hco3")}
    at.values |= given
    at = Point(equations, at.values, at.states)
    usual = at.initial
    for i, name in enumerate(equations.state_names):
        value = usual[name] * (1 + 0.004 * math.sin(seed + i))
        at.states[name] = value * (LOW.get(name, 1.0) if low else 1.0)
        if name in drug:
            at.states[name] = 0.5 + 0.4 * math.sin(seed + 2 * i)
        if "effect site" in name:
            at.states[name] *= 500.0
        if "response" in name:
            at.states[name] = 0.1 + 0.05 * math.sin(seed + i)
        if name.endswith("drive"):
            at.states[name] = 200.0 * math.sin(seed + i)
    at.states |= {"receptor opioid": 0.35, "receptor naloxone": 0.2}
    at.states |= {"flow remaining": flow, "time at low oxygen": clock_h}
    expected, found = Body(at).rates, at.rates
    assert set(found) == set(expected)
    for name, rate in found.items():
        assert rate == pytest.approx(expected[name], rel=2e-4, abs=1e-5), name


def test_doses_enter_in_their_units():
    equations = overdose_model()
    at = point(equations, 1, spread=0.0)
    found = {name: numbers for (name, _), numbers in at.targets.items()}
    assert found["opioid"][0] == 1.0
    assert found["naloxone_absorbed"][0] == found["naloxone_iv"][0] == 1000.0
    assert found["naloxone_iv"][2] == pytest.approx(10 / 3600)
    states = {name: state for name, state in at.targets}
    assert states == {
        "opioid": "opioid central",
        "naloxone_absorbed": "naloxone depot",
        "naloxone_iv": "naloxone iv central",
    }
