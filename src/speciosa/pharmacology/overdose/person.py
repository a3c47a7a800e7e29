"""What becomes of a person who takes this: breathing, oxygen, blood flow, and rescue by naloxone.

The person is the typical one of the library's models, with the receptors, the stimulus and the tolerance of every study;
breathing is followed second by second (`effect.ventilation`). A study of the same doses in the same person gives the same
course. Naloxone comes by the published rule (60 s after ventilation first falls below 40 % of its baseline, repeats 150 s
apart) or at stated times.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from speciosa import units
from speciosa.engine.simulate import simulate
from speciosa.errors import ConvergenceError, Fault, InputError
from speciosa.facts.products import form_of
from speciosa.pharmacology.assembly import system
from speciosa.pharmacology.breathing.numbers import number
from speciosa.pharmacology.breathing.physiology import solver
from speciosa.pharmacology.covariates import describe
from speciosa.pharmacology.dosing import schedule
from speciosa.pharmacology.overdose.course import (
    GREATEST_MG,
    Array,
    OverdoseCourse,
    Rescue,
    check_request,
)
from speciosa.regimen import Dose, Regimen, parse_regimen

OBSERVED = {
    "ventilation_l_min": "minute_ventilation",
    "ventilation_fraction": "ventilation_fraction",
    "respiratory_rate": "respiratory_rate",
    "arterial_po2_mmhg": "arterial_po2_mmhg",
    "arterial_pco2_mmhg": "petco2_mmhg",
    "brain_po2_mmhg": "brain_po2_mmhg",
    "blood_flow_l_min": "blood_flow",
    "mor_occupancy": "mor_occupancy",
}
"""Fields of a course, with the effect behind each."""

ROUTES = {"im_autoinjector": "im", "im_generic": "im", "intranasal": "intranasal", "iv": "iv"}
"""Routes of the naloxone products."""

_MASSES = ("ng", "ug", "mg", "g", "kg")

USERS = {"naive": "", "chronic": "opioid_history=tolerant 100 MME"}
"""Opioid histories that have a name."""


def person_course(
    doses: str | Regimen,
    *,
    covariates: str = "",
    rescue: Rescue | None = None,
    until_s: float = 3600.0,
    every_s: float = 1.0,
) -> OverdoseCourse:
    """Follows the typical person through doses of anything in the library.

    Args:
        doses: a regimen, such as ``2 mg fentanyl iv; 5 mg midazolam iv``.
        covariates: who takes them, such as ``opioid_history=tolerant 300 MME; age=70``.
        rescue: naloxone, if any.
        until_s: end, seconds after time 0.
        every_s: interval of the times returned.

    Raises:
        InputError: doses, a person or times that cannot be, each with its reason.
        ConvergenceError: the equations could not be solved.

    Example:
        >>> found = person_course("10 mg morphine iv", until_s=600.0, every_s=60.0)
        >>> found.arrest, bool(found["ventilation_l_min"].min() > 5)
        (False, True)
    """
    regimen = parse_regimen(doses) if isinstance(doses, str) else doses
    check_request(rescue, until_s, every_s, _too_large(regimen))
    patient, faults = describe(covariates)
    if faults:
        raise InputError(faults)
    times = np.arange(0.0, until_s + every_s / 2, every_s)
    course = _follow(regimen, patient.values, times, ())
    if rescue is None:
        return course
    first = rescue.first_s
    if first is None and course.below_40_percent_s is not None:
        first = course.below_40_percent_s + rescue.delay_s
    if first is None:
        return course
    at = tuple(first + i * rescue.gap_s for i in range(len(rescue.doses_mg)))
    naloxone = tuple(
        Dose(mg, "mg", "naloxone", ROUTES[rescue.product], second / 3600.0, None, 1, None)
        for second, mg in zip(at, rescue.doses_mg, strict=True)
    )
    return _follow(Regimen((*regimen.doses, *naloxone)), patient.values, times, at)


_HOUR_S = 3600.0
_HOURS_S = 12 * _HOUR_S
_END_S = dict.fromkeys(("iv", "im", "sc", "intranasal"), _HOUR_S) | {"transdermal": 72 * _HOUR_S}


def opioid_course(
    opioid: str,
    dose: str,
    *,
    route: str = "",
    beside: str = "",
    user: str = "naive",
    covariates: str = "",
    rescue: Rescue | None = None,
    until_s: float | None = None,
) -> OverdoseCourse:
    """Follows the typical person through one dose of an opioid: what `speciosa overdose` tells.

    Args:
        opioid: any opioid or product.
        dose: given at once, such as ``2 mg``.
        route: by vein where the product is given so, else as it usually is, where none is named.
        beside: what is taken besides, as a regimen.
        user: a key of `USERS`, or an opioid history such as ``tolerant 300 MME``.
        covariates: who else the person is.
        rescue: naloxone, if any.
        until_s: end, seconds after the dose; by default an hour after an injection or spray, else 12 h, and of a patch
            72 h, for what is swallowed is worst hours later.

    Raises:
        InputError: a dose, route or person that cannot be.
        ConvergenceError: the equations could not be solved.

    Example:
        >>> opioid_course("fentanyl", "2 mg").arrest
        True
    """
    by = route or _route(opioid)
    doses = "; ".join(filter(None, (f"{dose} {opioid} {by}", beside)))
    until_s = (
        _END_S.get(by or form_of(opioid, None).route, _HOURS_S) if until_s is None else until_s
    )
    who = "; ".join(filter(None, (USERS.get(user, f"opioid_history={user}"), covariates)))
    return person_course(doses, covariates=who, rescue=rescue, until_s=until_s)


def _too_large(regimen: Regimen) -> list[Fault]:
    """Doses by weight that nobody takes at once."""
    return [
        Fault("dose", f"at most {GREATEST_MG / 1e6:g} kg at once", str(dose))
        for dose in regimen.doses
        if dose.unit in _MASSES and dose.amount * units.factor(dose.unit, "mg") > GREATEST_MG
    ]


def _route(product: str) -> str:
    """As the name of a product says, else by vein where it is given so, else as it usually is."""
    try:
        named = form_of(product, None, "opioid")
        if named.route != form_of(named.product, None, "opioid").route:
            return named.route
        form_of(product, "iv", "opioid")
    except InputError:
        return ""
    return "iv"


def _by_route(regimen: Regimen) -> Regimen:
    """The same doses, each with the route that its product has where none was named."""
    return Regimen(
        tuple(
            replace(dose, route=dose.route or form_of(dose.product or "", None).route)
            for dose in regimen.doses
        )
    )


def _follow(
    regimen: Regimen, who: Mapping[str, float], times: Array, naloxone_s: tuple[float, ...]
) -> OverdoseCourse:
    plan = schedule(regimen)
    outputs = (*OBSERVED.values(), *plan.substances)
    equations = system(plan.substances, outputs, ways=plan.ways, dynamic_co2=True).build()
    values = {record.name: record.value for record in equations.parameters}
    values |= {r.name: who.get(r.name, r.value) for r in equations.covariates}
    result = simulate(
        equations,
        plan.regimen(equations.target_names),
        parameters={name: np.array([value]) for name, value in values.items()},
        times=times / 3600.0,
        method=solver(equations),
    )
    if not result.ok.all():
        raise ConvergenceError(f"The course could not be solved: {result.status[0]}.")
    courses = {name: np.maximum(result[output][0], 0.0) for name, output in OBSERVED.items()}
    courses |= {f"{name}_nmol_l": np.maximum(result[name][0], 0.0) for name in plan.substances}
    ventilation = courses["ventilation_l_min"]
    below = np.nonzero(
        ventilation < number("rescue rule", "ventilation_trigger").value * ventilation[0]
    )[0]
    return OverdoseCourse(
        time_s=times,
        courses=courses,
        baseline_l_min=float(ventilation[0]),
        below_40_percent_s=float(times[below[0]]) if below.size else None,
        naloxone_s=naloxone_s,
        collapse_s=_collapse(times, courses["arterial_po2_mmhg"]),
        arrest=bool(courses["blood_flow_l_min"].min() <= number("collapse", "arrest_flow").value),
        given=str(_by_route(regimen)),
    )


def _collapse(times: Array, oxygen: Array) -> float | None:
    """When blood flow begins to fail: after oxygen has been low for the published time without a break."""
    limit = number("collapse", "delay").to("s")
    since: float | None = None
    for time, low in zip(times, oxygen <= number("collapse", "P_o2_trigger").value, strict=True):
        if not low:
            since = None
        elif since is None:
            since = float(time)
        elif time - since >= limit:
            return since + limit
    return None
