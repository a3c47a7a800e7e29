"""The published overdose and its rescue: the scenarios of the authors, whom the library's own model (`person`) is held against.

`overdose_course` gives an opioid intravenously to a resting person, gives naloxone by the published rule (60 s after
ventilation first falls below 40 % of its baseline, repeats 150 s apart) or at stated times, and follows breathing,
gases and blood flow. Cardiac arrest is a total flow of 4 L/min or less.

Source: Mann J et al., Clin Pharmacol Ther 2022;112:1020, doi:10.1002/cpt.2696.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from speciosa.engine.event import Event
from speciosa.engine.simulate import simulate
from speciosa.errors import ConvergenceError, Fault, InputError
from speciosa.pharmacology.breathing.numbers import number
from speciosa.pharmacology.overdose.model import NALOXONE, overdose_model, parameters

Array = NDArray[np.float64]
GREATEST_MG = 1e6
"""A kilogram: whoever writes more at once has mistaken a unit, and the equations say nothing of it."""

OBSERVED = {
    "ventilation_l_min": "minute_ventilation",
    "arterial_po2_mmhg": "arterial PO2",
    "arterial_pco2_mmhg": "arterial PCO2",
    "brain_po2_mmhg": "brain PO2",
    "blood_flow_l_min": "blood_flow",
    "opioid_plasma_ng_ml": "opioid_plasma",
    "naloxone_plasma_ng_ml": "naloxone_plasma",
    "opioid_receptor_fraction": "receptor opioid",
    "naloxone_receptor_fraction": "receptor naloxone",
}
"""Fields of a course, with the formula or state of the model behind each."""


@dataclass(frozen=True, slots=True)
class Rescue:
    """Naloxone: a product and the milligrams of each dose.

    Attributes:
        product: one of ``im_autoinjector``, ``im_generic``, ``intranasal``, ``iv``.
        doses_mg: one number a dose, in order.
        first_s: when the first is given, seconds after the opioid; by the published rule where None.
        delay_s: after ventilation first falls below 40 % of baseline, where the rule decides.
        gap_s: between doses.
    """

    product: str
    doses_mg: tuple[float, ...]
    first_s: float | None = None
    delay_s: float = 60.0
    gap_s: float = 150.0


@dataclass(frozen=True, slots=True)
class OverdoseCourse:
    """What becomes of the person; arrays have one entry a time.

    Attributes:
        time_s: seconds since the opioid.
        courses: `OBSERVED` by name.
        baseline_l_min: ventilation before the opioid.
        below_40_percent_s: when ventilation first falls below 40 % of it; None where it never does.
        naloxone_s: when each dose of naloxone was given.
        collapse_s: when blood flow begins to fail; None where it does not.
        arrest: whether blood flow falls to 4 L/min or less.
        given: the doses followed, each with its route, as a regimen.
    """

    time_s: Array
    courses: dict[str, Array]
    baseline_l_min: float
    below_40_percent_s: float | None
    naloxone_s: tuple[float, ...]
    collapse_s: float | None
    arrest: bool
    given: str = ""

    def __getitem__(self, name: str) -> Array:
        return self.courses[name]

    def numbers(self) -> dict[str, str | bool | float | list[float] | None]:
        """What was given, and what became of the person in a few numbers: arrest, when and how low."""
        ventilation = self["ventilation_l_min"]
        return {
            "given": self.given,
            "arrest": self.arrest,
            "collapse_s": self.collapse_s,
            "baseline_ventilation_l_min": self.baseline_l_min,
            "below_40_percent_s": self.below_40_percent_s,
            "naloxone_s": [time for time in self.naloxone_s if time <= self.time_s[-1]],
            "lowest_ventilation_l_min": float(ventilation.min()),
            "lowest_ventilation_s": float(self.time_s[ventilation.argmin()]),
            "lowest_arterial_po2_mmhg": float(self["arterial_po2_mmhg"].min()),
            "lowest_brain_po2_mmhg": float(self["brain_po2_mmhg"].min()),
            "lowest_blood_flow_l_min": float(self["blood_flow_l_min"].min()),
            "last_ventilation_l_min": float(ventilation[-1]),
        }


def overdose_course(
    opioid: str,
    dose_mg: float,
    *,
    user: str = "naive",
    rescue: Rescue | None = None,
    until_s: float = 3600.0,
    every_s: float = 1.0,
) -> OverdoseCourse:
    """Simulates an overdose with or without rescue.

    Args:
        opioid: ``fentanyl`` or ``carfentanil``.
        dose_mg: intravenous, at once.
        user: ``naive`` or ``chronic``.
        rescue: naloxone, if any.
        until_s: end, seconds after the opioid.
        every_s: interval of the times returned.

    Raises:
        InputError: a dose or time that cannot be.
        UnknownNameError: an opioid, user or product that the model does not have.
        ConvergenceError: the equations could not be solved.
    """
    known = 0 <= dose_mg <= GREATEST_MG
    amount = [] if known else [Fault("dose_mg", f"0 to {GREATEST_MG:g}", f"{dose_mg:g}")]
    check_request(rescue, until_s, every_s, amount)
    product = rescue.product if rescue is not None else "im_generic"
    values = parameters(opioid, user, product)
    times = np.arange(0.0, until_s + every_s / 2, every_s)
    course = _solve(values, dose_mg, [], times, product)
    naloxone_s: tuple[float, ...] = ()
    if rescue is not None:
        first = rescue.first_s
        if first is None and course.below_40_percent_s is not None:
            first = course.below_40_percent_s + rescue.delay_s
        if first is not None:
            naloxone_s = tuple(first + i * rescue.gap_s for i in range(len(rescue.doses_mg)))
            doses = list(zip(naloxone_s, rescue.doses_mg, strict=True))
            course = _solve(values, dose_mg, doses, times, product)
    return replace(course, given=f"{dose_mg:.12g} mg {opioid} iv")


def _solve(
    values: dict[str, float],
    dose_mg: float,
    naloxone: Sequence[tuple[float, float]],
    times: Array,
    product: str,
) -> OverdoseCourse:
    settled = number("initial", "settling").to("s")
    absorbed = 1.0 if product == "iv" else number(f"naloxone {product}", "F").value
    target = "naloxone_iv" if product == "iv" else "naloxone_absorbed"
    hour = 3600.0
    events = [Event(settled / hour, "opioid", dose_mg)]
    events += [Event((settled + at) / hour, target, mg * absorbed) for at, mg in naloxone]
    equations = overdose_model()
    table = {name: np.array([value]) for name, value in values.items()}
    # A moment before the opioid tells the baseline.
    moments = np.concatenate([[settled - 1.0], settled + times]) / hour
    result = simulate(equations, events, parameters=table, times=moments, method="tsit5")
    if not result.ok.all():
        raise ConvergenceError(f"The overdose could not be solved: {result.status[0]}.")
    states = np.array([result[name][0] for name in equations.output_names])
    observed = _watch(values, states)
    baseline = float(observed["ventilation_l_min"][0])
    courses = {name: course[1:] for name, course in observed.items()}
    low = states[list(equations.output_names).index("time at low oxygen")][1:] * hour
    limit = number("collapse", "delay").to("s")
    below = np.nonzero(courses["ventilation_l_min"] < _trigger() * baseline)[0]
    failing = np.nonzero(low >= limit)[0]
    return OverdoseCourse(
        time_s=times,
        courses=courses,
        baseline_l_min=baseline,
        below_40_percent_s=float(times[below[0]]) if below.size else None,
        naloxone_s=tuple(at for at, _ in naloxone),
        collapse_s=float(times[failing[0]] - (low[failing[0]] - limit)) if failing.size else None,
        arrest=bool(courses["blood_flow_l_min"].min() <= number("collapse", "arrest_flow").value),
    )


def _trigger() -> float:
    return number("rescue rule", "ventilation_trigger").value


def _watch(values: dict[str, float], states: Array) -> dict[str, Array]:
    """Evaluates the formulas of `OBSERVED` on states of shape ``(states, times)``.

    Nothing is below 0, though the equations of brain oxygen run past it once blood has stopped.
    """
    names, watch = _watcher()
    static = {record.name: record.value for record in overdose_model().parameters} | values
    found = watch(*states, *(static[name] for name in names))
    return {
        name: np.maximum(np.broadcast_to(np.asarray(value, dtype=float), states.shape[1:]), 0.0)
        for name, value in zip(OBSERVED, found, strict=True)
    }


@lru_cache(maxsize=1)
def _watcher() -> tuple[tuple[str, ...], Callable[..., Any]]:
    equations = overdose_model()
    formulas = {record.name: record.expression for record in equations.formulas}
    wanted = [
        equations.inline(formulas.get(name, sympy.Symbol(name, real=True)))
        for name in OBSERVED.values()
    ]
    names = tuple(record.name for record in equations.parameters)
    symbols = [sympy.Symbol(name, real=True) for name in (*equations.state_names, *names)]
    return names, sympy.lambdify(symbols, wanted, modules="numpy", cse=True)


def check_request(
    rescue: Rescue | None, until_s: float, every_s: float, more: Sequence[Fault] = ()
) -> None:
    """Refuses times and a rescue that cannot be.

    Raises:
        InputError: every fault, after those of `more`.
    """
    faults = list(more)
    if not until_s > 0 or not every_s > 0:
        faults.append(Fault("until_s and every_s", "times above 0", f"{until_s:g} and {every_s:g}"))
    if rescue is not None and any(not mg > 0 for mg in rescue.doses_mg):
        faults.append(Fault("rescue, doses_mg", "amounts above 0", str(rescue.doses_mg)))
    if rescue is not None and rescue.product not in NALOXONE:
        faults.append(Fault("rescue, product", "one of " + ", ".join(NALOXONE), rescue.product))
    if faults:
        raise InputError(faults)
