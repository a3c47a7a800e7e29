r"""Breathing, gases, blood flow and their collapse in an overdose, as one model part.

It takes two numbers between 0 and 1 that opioids reduce, what is left of the wakefulness drive ($w$) and of the
chemoreflexes ($x$), and returns ventilation, gases and flow. Equations (time in hours, L, mmHg):

- peripheral drive $\tau_p \dot D_p = -D_p + x\,G_p (f^*-f_0)$, central drive
  $\tau_c \dot D_c = -D_c + x\,G_c (P^*_{B,CO_2}-P_0)$, where * marks arrival after transport;
- hypoxic decline $\dot h = [1 + g(\mathrm{clip}(P_{B,O_2})-P_{B0})/P_{B0} - h]/\tau_h$;
- ventilation $V = W w + \max(0,\; h D_p + D_c)$ (no $h$ where $D_p<0$), fading with flow below 0.98 L/min;
- lungs, brain and other tissue exchange gases with blood (`gas_exchange`), metabolism fails below 6 mmHg;
- brain flow follows arterial carbon dioxide and hypoxia, other flow hypoxia;
- collapse: once arterial PO2 has stayed at 15 mmHg or less for 220 s, flow falls exponentially.

Transport. The published model has delays of volume over flow (7 s to the peripheral, 11 s to the central
chemoreceptors at rest). Here each is a chain of three mixed tanks of the same total volume: the mean delay is exact and
follows flow. Against the published output ventilation before collapse differs by less than 0.1 L/min and collapse by
less than 2 s; without any delay it would differ by 0.6 L/min and 13 to 23 s.

Collapse. The published rule looks once, 220 s after PO2 first reached 15 mmHg; here the time must be unbroken. Both
agree in every published scenario.

Source: Mann J et al., Clin Pharmacol Ther 2022;112:1020, doi:10.1002/cpt.2696 (code of the authors); Magosso E and
Ursino M for the physiology, doi:10.1152/ajpheart.2001.280.4.H1925.
"""

from dataclasses import dataclass
from typing import Literal

import sympy
from sympy import Expr, Piecewise, exp, log

from speciosa.model import Equations, Model
from speciosa.pharmacology.breathing.gas_exchange import Gases, dissociation
from speciosa.pharmacology.breathing.numbers import number
from speciosa.pharmacology.breathing.smooth import at_least, at_most, positive, step

_LUNG = "lung PO2"
TANKS = 3
"""Mixed tanks in each transport delay; three keep ventilation within 0.1 L/min of the published delays."""

ROUNDING = 5e-3
"""Width over which kinks are rounded off: mmHg, L/min or fractions."""

RESET_PER_HOUR = 1200.0
"""How fast the clock of low oxygen falls back once oxygen has risen: within some seconds."""


@dataclass(frozen=True, slots=True)
class Physiology:
    """What the part returns: L/h, mmHg and fractions."""

    ventilation: Expr
    arterial: Gases
    brain: Gases
    flow: Expr
    volume_factor: Expr
    low_oxygen_time: Expr


@dataclass(frozen=True, slots=True)
class Start:
    """How a person of the library breathes at time 0, for those who are not at rest without any drug.

    Attributes:
        chemoreflex: what is left of both chemoreflex gains.
        ventilation: settled ventilation over that at rest, for the carbon dioxide made.
    """

    chemoreflex: Expr
    ventilation: Expr


@dataclass(frozen=True, slots=True)
class _Flow:
    brain: Expr
    tissue: Expr
    factor: sympy.Symbol

    @property
    def total(self) -> Expr:
        return (self.brain + self.tissue) * self.factor


def declared(m: Model, block: str, symbol: str, unit: str) -> sympy.Expr:
    """A number of the published model as a fixed parameter of a model, declared when it is first asked for."""
    name = f"{block} {symbol}"
    if name in m:
        return m[name]
    found = number(block, symbol)
    return m.parameter(name, found.to(unit), unit, distribution="fixed", source=found.source)


class _Numbers:
    """Declares the numbers of a block."""

    def __init__(self, m: Model, block: str) -> None:
        self._m, self._block = m, block

    def __call__(self, symbol: str, unit: str) -> sympy.Expr:
        return declared(self._m, self._block, symbol, unit)


def solver(equations: Equations) -> Literal["auto", "tsit5"]:
    """The solver for a model: with this physiology the explicit one, whose steps its seconds limit and whose code is small."""
    return "tsit5" if _LUNG in equations.state_names else "auto"


def overdose_physiology(
    m: Model,
    wakefulness: Expr,
    chemoreflex: Expr,
    tanks: int = TANKS,
    start: Start | None = None,
) -> Physiology:
    """Adds breathing, gas exchange, flow and collapse to a model.

    Args:
        m: the model.
        wakefulness: what is left of the wakefulness drive, 0 to 1.
        chemoreflex: what is left of both chemoreflex gains, 0 to 1.
        tanks: mixed tanks in each transport delay.
        start: how the person breathes at time 0, near settled; the state from which the authors let it settle if None.
    """
    n = _Numbers(m, "physiology")
    lung, brain, rest = _compartments(m, n, start)
    blood = dissociation(m)
    brain_pressure, rest_pressure = (
        _pressures(n, brain, "C_B_hco3"),
        _pressures(n, rest, "C_T_hco3"),
    )
    flow, responses = _flows(m, n, start)
    from_brain, from_rest = blood.content(brain_pressure), blood.content(rest_pressure)
    venous = _mixed(flow, from_brain, from_rest)
    end_capillary = blood.content(lung)
    shunt = n("s1", "1")
    arterial = Gases(
        *(
            (1 - shunt) * end_capillary_ + shunt * venous_
            for end_capillary_, venous_ in zip(
                (end_capillary.o2, end_capillary.co2), (venous.o2, venous.co2), strict=True
            )
        )
    )
    pressures = _named(m, "arterial", blood.pressure(arterial))
    _flow_responses(m, n, responses, pressures)
    ventilation = _breathing(
        m, n, wakefulness, chemoreflex, pressures, brain_pressure, flow.total, tanks, start
    )
    _lungs(m, n, lung, ventilation, flow.total, venous, end_capillary)
    metabolism = positive(wakefulness, ROUNDING) ** declared(m, "drives", "P2", "1")
    _organ(
        m, n, brain, flow.brain * flow.factor, arterial, from_brain, brain_pressure, metabolism, "B"
    )
    _organ(
        m, n, rest, flow.tissue * flow.factor, arterial, from_rest, rest_pressure, metabolism, "T"
    )
    low = _collapse(m, flow.factor, pressures)
    ratio = flow.total / n("Q0", "L/h")
    halving = 1 + 1 / (1 + exp((n("Q_ratio", "1") - ratio) / n("Q_width", "1")))
    return Physiology(ventilation, pressures, brain_pressure, flow.total, halving, low)


def _compartments(m: Model, n: _Numbers, start: Start | None) -> tuple[Gases, Gases, Gases]:
    """Lungs (pressures), brain and other tissue (contents) at time 0."""
    at = _Numbers(m, "initial" if start is None else "rest")
    lung = Gases(at("P_A_o2", "mmHg"), at("P_A_co2", "mmHg"))
    brain = Gases(at("C_B_o2", "1"), at("C_B_co2", "1"))
    tissue = Gases(at("C_T_o2", "1"), at("C_T_co2", "1"))
    if start is not None:
        # Carbon dioxide stands as far above rest as ventilation is below it, oxygen of the lungs as far below inspired.
        more = 1 / start.ventilation
        inspired = n("P_I_o2", "mmHg")
        rise = n("alpha_co2", "1/mmHg") * lung.co2 * (more - 1)
        lung = Gases(inspired - (inspired - lung.o2) * more, lung.co2 * more)
        brain, tissue = (Gases(g.o2, g.co2 + rise) for g in (brain, tissue))
    return (
        Gases(m.state(_LUNG, "mmHg", lung.o2), m.state("lung PCO2", "mmHg", lung.co2)),
        Gases(m.state("brain O2", "1", brain.o2), m.state("brain CO2", "1", brain.co2)),
        Gases(m.state("tissue O2", "1", tissue.o2), m.state("tissue CO2", "1", tissue.co2)),
    )


def _named(m: Model, name: str, gases: Gases) -> Gases:
    return Gases(
        m.formula(f"{name} PO2", gases.o2, "mmHg"), m.formula(f"{name} PCO2", gases.co2, "mmHg")
    )


def _pressures(n: _Numbers, content: Gases, bicarbonate: str) -> Gases:
    return Gases(
        content.o2 / n("alpha_o2", "1/mmHg"),
        (content.co2 - n(bicarbonate, "1")) / n("alpha_co2", "1/mmHg"),
    )


def _flows(
    m: Model, n: _Numbers, start: Start | None
) -> tuple[_Flow, tuple[sympy.Symbol, sympy.Symbol]]:
    at = _Numbers(m, "rest")
    to_co2 = m.state("flow response to CO2", "1", 0 if start is None else at("to_co2", "1"))
    to_o2 = m.state("flow response to O2", "1", 0 if start is None else at("to_o2", "1"))
    factor = m.state("flow remaining", "1", 1)
    brain = n("Qb0", "L/h") * (1 + to_co2 + to_o2)
    rest = n("Qt0", "L/h") * (1 + n("rou", "1") * to_o2)
    return _Flow(brain, rest, factor), (to_co2, to_o2)


def _mixed(flow: _Flow, one: Gases, other: Gases) -> Gases:
    total = flow.brain + flow.tissue
    return Gases(
        (flow.brain * one.o2 + flow.tissue * other.o2) / total,
        (flow.brain * one.co2 + flow.tissue * other.co2) / total,
    )


def _flow_responses(
    m: Model, n: _Numbers, responses: tuple[sympy.Symbol, sympy.Symbol], arterial: Gases
) -> None:
    to_co2, to_o2 = responses
    rise = n("Aco2", "L/h") + n("Bco2", "L/h") / (
        1 + exp((n("Cco2", "mmHg") - arterial.co2) / n("Dco2", "mmHg"))
    )
    m.rate(to_co2, (rise / n("Qb0", "L/h") - to_co2) / n("tau_co2", "h"))
    scale = n("c2o2", "mmHg")
    hypoxic = n("c1o2", "1") * (exp(-arterial.o2 / scale) - exp(-n("P_a_o2_0", "mmHg") / scale))
    m.rate(to_o2, (at_most(hypoxic, n("yo_max", "1"), ROUNDING) - to_o2) / n("tau_o2", "h"))


def _breathing(
    m: Model,
    n: _Numbers,
    wakefulness: Expr,
    chemoreflex: Expr,
    arterial: Gases,
    brain: Gases,
    flow: Expr,
    tanks: int,
    start: Start | None,
) -> Expr:
    x = exp((arterial.o2 - n("P_a_o2_c", "mmHg")) / n("K_pc", "mmHg"))
    firing = (
        n("K_fpc", "1")
        * log(positive(arterial.co2, m["blood least pressure"]) / n("Bp", "mmHg"))
        * (n("f_pc_max", "1") + n("f_pc_min", "1") * x)
        / (1 + x)
    )
    at_rest, set_point = n("f_pc_0", "1"), n("P_B_co2_0", "mmHg")
    fired, held = (at_rest, set_point) if start is None else _usual_signals(m, n, start)
    peripheral_signal = _transport(
        m, "peripheral", "1", firing, fired, flow / n("K_Dp", "L"), tanks
    )
    central_signal = _transport(m, "central", "mmHg", brain.co2, held, flow / n("K_Dc", "L"), tanks)
    gain_p, gain_c = n("G_Dp", "L/h"), n("G_Dc", "L/h/mmHg")
    reflex_0: Expr = sympy.Integer(0) if start is None else start.chemoreflex
    peripheral = m.state("peripheral drive", "L/h", reflex_0 * gain_p * (fired - at_rest))
    central = m.state("central drive", "L/h", reflex_0 * gain_c * (held - set_point))
    m.rate(
        peripheral,
        (chemoreflex * gain_p * (peripheral_signal - at_rest) - peripheral) / n("tau_Dp", "h"),
    )
    m.rate(
        central, (chemoreflex * gain_c * (central_signal - set_point) - central) / n("tau_Dc", "h")
    )
    settled = 1 if start is None else _Numbers(m, "rest")("decline", "1")
    decline = m.state("hypoxic decline", "1", settled)
    rest = n("P_B_o2_0", "mmHg")
    round_off = m.parameter("rounding PO2", ROUNDING, "mmHg", source="numerical")
    limited = at_most(
        at_least(brain.o2, n("theta_Hmin", "mmHg"), round_off), n("theta_Hmax", "mmHg"), round_off
    )
    m.rate(decline, (1 + n("Gh", "1") * (limited - rest) / rest - decline) / n("tau_h", "h"))
    slight = m.parameter("rounding ventilation", 60 * ROUNDING, "L/h", source="numerical")
    firing_more = positive(peripheral, slight)
    reflex = positive(peripheral + (decline - 1) * firing_more + central, slight)
    fade, silent = n("Q_fade", "L/h"), n("Q_silent", "L/h")
    fading = Piecewise((1, flow > fade), (flow / fade, flow >= silent), (0, True))
    return m.formula("ventilation", (n("W", "L/h") * wakefulness + reflex) * fading, "L/h")


def _usual_signals(m: Model, n: _Numbers, start: Start) -> tuple[Expr, Expr]:
    """What the peripheral and the central chemoreceptors see at time 0 of a person who does not breathe as at rest."""
    at = _Numbers(m, "rest")
    slope = n("K_fpc", "1") * n("f_pc_min", "1")
    low = n("f_pc_max", "1") - n("f_pc_min", "1")
    x = exp((at("P_a_o2", "mmHg") - n("P_a_o2_c", "mmHg")) / n("K_pc", "mmHg"))
    more = log(1 / start.ventilation)
    fired = at("firing", "1") + (slope + n("K_fpc", "1") * low / (1 + x)) * more
    return fired, at("P_B_co2", "mmHg") + at("P_a_co2", "mmHg") * (1 / start.ventilation - 1)


def _transport(
    m: Model, name: str, unit: str, signal: Expr, initial: Expr, turnover: Expr, tanks: int
) -> Expr:
    for number_of_tank in range(1, tanks + 1):
        tank = m.state(f"{name} transport {number_of_tank}", unit, initial)
        m.rate(tank, tanks * turnover * (signal - tank))
        signal = tank
    return signal


def _lungs(
    m: Model, n: _Numbers, lung: Gases, ventilation: Expr, flow: Expr, venous: Gases, end: Gases
) -> None:
    air = n("Bmax", "1") * ventilation
    perfusion = n("lumbda", "mmHg") * flow * (1 - n("s1", "1"))
    volume = n("V_A", "L")
    inspired = Gases(n("P_I_o2", "mmHg"), n("P_I_co2", "mmHg"))
    m.rate(lung.o2, (air * (inspired.o2 - lung.o2) + perfusion * (venous.o2 - end.o2)) / volume)
    m.rate(
        lung.co2, (air * (inspired.co2 - lung.co2) + perfusion * (venous.co2 - end.co2)) / volume
    )


def _organ(
    m: Model,
    n: _Numbers,
    content: Gases,
    flow: Expr,
    arterial: Gases,
    venous: Gases,
    pressure: Gases,
    metabolism: Expr,
    which: str,
) -> None:
    volume = n(f"V_{which}", "L")
    failing = at_most(positive(pressure.o2 / n("P_failure", "mmHg"), ROUNDING), 1, ROUNDING)
    made = n(f"M_{which}_co2", "L/h") * at_least(metabolism, n("fL", "1"), ROUNDING) * failing
    used = n(f"M_{which}_o2_0", "L/h") * at_least(metabolism, n("fN", "1"), ROUNDING) * failing
    m.rate(content.co2, (flow * (arterial.co2 - venous.co2) + made) / volume)
    m.rate(content.o2, (flow * (arterial.o2 - venous.o2) + used) / volume)


def _collapse(m: Model, remaining: sympy.Symbol, arterial: Gases) -> Expr:
    n = _Numbers(m, "collapse")
    since = m.state("time at low oxygen", "h")
    limit, reset = n("delay", "h"), m.parameter("collapse reset", RESET_PER_HOUR, "1/h")
    moment = m.parameter("collapse sharpness", 0.2 / 3600, "h", source="numerical")
    narrow = m.parameter("collapse sharpness PO2", ROUNDING, "mmHg", source="numerical")
    collapsing = m.formula("collapsing", step(since - limit, moment), "1")
    breathless = step(n("P_o2_trigger", "mmHg") - arterial.o2, narrow)
    counting = 1 - (1 - breathless) * (1 - collapsing)
    # Counting back quickly, not at once, keeps the clock an ordinary state.
    m.rate(since, counting - (1 - counting) * reset * since)
    rate = _Numbers(m, "physiology")("Cim25", "1/h")
    share = n("floor", "1")
    pace = share + (1 - share) * arterial.co2 / n("co2_scale", "mmHg")
    m.rate(remaining, -collapsing * rate * pace * remaining)
    return since
