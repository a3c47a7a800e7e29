"""Whether the cells of a row fit together: metric with time and comparison, metric with unit."""

from speciosa import units
from speciosa.errors import Fault, InputError
from speciosa.regimen import Regimen
from speciosa.validation.observed.observations import (
    DIFFERENCE,
    EFFECT_METRICS,
    EFFECTS,
    NORMAL,
    PER_DOSE,
    RATIO,
    RESPONDERS,
    SHARE_GE,
)
from speciosa.validation.observed.timing import At

_COUNT_UNITS = frozenset({"", "1", "points", "point", "-", "fraction", "ratio", "fold", "score"})
_TIME_METRICS = frozenset({"Tmax", "t_half"})
_UNITS = {
    "Tmax": ("h",),
    "t_half": ("h",),
    "Css_avg": ("ng/mL", "nmol/L"),
    "Cmax": ("ng/mL", "nmol/L"),
    "Cmin": ("ng/mL", "nmol/L"),
    "concentration": ("ng/mL", "nmol/L"),
    "AUC0-inf": ("ng*h/mL", "nmol*h/L"),
    "AUC0-t": ("ng*h/mL", "nmol*h/L"),
    "AUC_tau": ("ng*h/mL", "nmol*h/L"),
    "CL": ("L/h", "L/h/kg"),
    "CL_F": ("L/h", "L/h/kg"),
    "Vss": ("L", "L/kg"),
    "Vz": ("L", "L/kg"),
    "Vz_F": ("L", "L/kg"),
}
"""Units of which one of an exposure must be convertible to one."""


def faults_together(
    metric: str | None,
    versus: Regimen | None,
    at: At,
    unit: str,
    analyte: str | None,
    value: float | None,
    where: str,
) -> list[Fault]:
    """All that does not fit together in a row; nothing is said where the metric itself is unknown."""
    if metric is None:
        return []
    return [
        *_combination_faults(metric, versus, at, where),
        *_unit_faults(unit, metric, analyte, where),
        *_value_faults(value, metric, where),
    ]


def _combination_faults(metric: str, versus: Regimen | None, at: At, where: str) -> list[Fault]:
    """What a metric needs besides: a comparison, a time, a threshold."""
    faults = []
    if (metric.endswith(RATIO) or metric == DIFFERENCE) and versus is None:
        faults.append(
            Fault(
                f"{where}, versus",
                f"the regimen that {metric} compares with",
                "nothing",
                "Write the doses of the compared group, or who they are if they take the same (cyp2d6=normal).",
            )
        )
    if metric.startswith("concentration") and not at.is_set:
        faults.append(
            Fault(f"{where}, at", f"the time of the {metric}, such as '2.5 h'", "nothing")
        )
    if metric in {SHARE_GE, RESPONDERS} and at.threshold is None:
        faults.append(Fault(f"{where}, at", "a threshold with a time, such as '5 @ 24 h'", str(at)))
    return faults


def _unit_faults(unit: str, metric: str, analyte: str | None, where: str) -> list[Fault]:
    """A unit of the wrong dimension is found before anything is simulated."""
    base = metric.removesuffix(RATIO)
    if base.endswith(PER_DOSE) and base == metric:
        unit, _, mass = unit.rpartition("/")
        try:
            units.factor(mass, "mg")
        except InputError:
            return [Fault(f"{where}, unit", "an exposure per mass, such as ng/mL/mg", repr(mass))]
    base = base.removesuffix(PER_DOSE)
    wanted = "1" if metric.endswith(RATIO) or base in {"F_absolute", SHARE_GE, RESPONDERS} else ""
    if not wanted and analyte in EFFECTS:
        wanted = EFFECTS[analyte]
    if not wanted and analyte is not None and "/" in analyte:
        wanted = "h" if base in _TIME_METRICS else "1"
    if metric == "change" and unit == "%" and analyte in NORMAL:
        return []
    if wanted == "1":
        if unit.casefold() in _COUNT_UNITS or unit in {"%", "mm", "cm"} or "/" in unit:
            return []
        return [Fault(f"{where}, unit", "1, % or points", repr(unit))]
    choices = (wanted,) if wanted else _UNITS.get(base, ())
    if not choices:
        return []  # of an analyte that nobody knows, which is told
    for target in choices:
        try:
            units.factor(unit, target)
        except InputError:
            continue
        return []
    return [Fault(f"{where}, unit", "one convertible to " + " or ".join(choices), repr(unit))]


def _value_faults(value: float | None, metric: str, where: str) -> list[Fault]:
    """An exposure is not negative; a change of an effect may be."""
    if value is None or value >= 0 or metric in EFFECT_METRICS:
        return []
    return [Fault(f"{where}, value", f"a {metric} of 0 or more", f"{value:g}")]
