"""The tables of doses that warn: from which breathing stops in one of a thousand people, and the largest reported."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from speciosa import facts
from speciosa.calibration.effects import Say
from speciosa.engine import Endpoint, simulate
from speciosa.facts.effects import ligands
from speciosa.facts.sheets.sheet import names, sheet
from speciosa.pharmacology.assembly import descendants, system
from speciosa.pharmacology.covariates import Description
from speciosa.pharmacology.dosing import SubstanceDoses, schedule
from speciosa.pharmacology.effect.effect_system import acts_on
from speciosa.pharmacology.exposure.absorption import Way
from speciosa.pharmacology.limits import AT_ONCE_H, PATCH, WEIGHT_KG
from speciosa.regimen import Dose, Regimen
from speciosa.saving import save_whole
from speciosa.validation.observed.observations import Observation
from speciosa.validation.solving import people

ROUTES = (
    *("iv", "oral", "sublingual", "intranasal", "im", "transmucosal", "buccal", "sc"),
    PATCH,
)
PATIENTS, DRAWS, HOURS = 100, 10, 24.0
HISTORIES = (0.0, 100.0)
STOPPED = 0.1
FEW, FEW_Z, ONE_IN_THOUSAND_Z = 0.02, 2.054, 3.090
"""The dose of one in a thousand lies on the straight line of the probit through those of a half and of one in fifty."""


def write_limits(rows: Iterable[Observation], folder: Path, say: Say) -> list[Path]:
    """Writes both tables into `folder`; returns their paths."""
    reported = _largest(rows)
    first = "substance,route,mg,source\n" + "".join(
        f"{name},{route},{mg:.4g},observation {row}\n"
        for (name, route), (mg, row) in sorted(reported.items())
    )
    lines = "substance,route,naive_mg,used_mg,naive_half_mg,used_half_mg\n" + "".join(_table(say))
    return [
        save_whole(folder / "largest-doses.csv", first),
        save_whole(folder / "apnoea-doses.csv", lines),
    ]


def _largest(rows: Iterable[Observation]) -> dict[tuple[str, str], tuple[float, str]]:
    found: dict[tuple[str, str], tuple[float, str]] = {}
    for row in rows:
        for plan in (row.regimen, row.versus):
            for name, route, mg in _amounts(schedule(plan)) if plan is not None else ():
                if mg > found.get((name, route), (0.0, ""))[0]:
                    found[name, route] = mg, row.id
    return found


def _amounts(plan: SubstanceDoses) -> Iterator[tuple[str, str, float]]:
    """What is given at once; an infusion of hours is not."""
    for dose in plan.doses:
        if dose.way.route == "iv" and (dose.over_h or 0.0) > AT_ONCE_H:
            continue
        mg = dose.nmol * facts.molar_mass(dose.way.substance) * 1e-6
        yield dose.way.substance, dose.way.route, mg * (WEIGHT_KG if dose.way.per_kg else 1.0)


def _table(say: Say) -> Iterator[str]:
    for name in names():
        family = descendants((name,))
        if not any(acts_on(one, "mor") and one in ligands() for one in family):
            continue
        for route in dict.fromkeys(e.route for e in sheet(name).absorption if e.route in ROUTES):
            form = next(e.form for e in sheet(name).absorption if e.route == route)
            limits = [limits_of(Way(name, route, form), history) for history in HISTORIES]
            say(f"{name} {route}: {limits}")
            cells = [f"{one[n]:.3g}" if one else "" for n in (0, 1) for one in limits]
            yield f"{name},{route},{','.join(cells)}\n"


def limits_of(
    way: Way, history: float, patients: int = PATIENTS, draws: int = DRAWS
) -> tuple[float, float] | None:
    """Milligrams that stop the breathing of one in a thousand and of a half; None where no dose stops that of a half.

    Of a patch milligrams an hour, worn for as long as its label says. `history` is habitual use, MME a day.
    """
    equations = system((way.substance,), ("free_ventilation_fraction",), ways=(way,)).build()
    who = people(equations, Description({"opioid_history": history}), seed=1)
    drawn = who.draw(patients, range(draws))
    columns = {name: value.ravel() for name, value in drawn.values.items()}
    hours = _wear(way) or HOURS

    def share(log10_mg: float) -> float:
        lowest = Endpoint("free_ventilation_fraction", "trough", 0.0, hours, name="lowest")
        solved = simulate(
            equations,
            _given(way, 10**log10_mg),
            parameters=columns,
            endpoints=(lowest,),
            until=hours,
            trajectories=False,
            rtol=1e-3,
        )
        return float(np.nanmean(solved.endpoints["lowest"] < STOPPED))

    if share(5.0) < 0.5:
        return None
    half = _bisect(share, -4.0, 5.0, 0.5)
    few = _bisect(share, half - 1.5, half, FEW)
    return 10 ** (half - (half - few) * ONE_IN_THOUSAND_Z / FEW_Z), 10**half


def _wear(way: Way) -> float | None:
    """How long a patch is worn, h."""
    entry = sheet(way.substance).entry(way.route, way.form)
    return entry.wear.to("h") if way.route == PATCH and entry.wear is not None else None


def _given(way: Way, mg: float) -> Regimen:
    """One dose, or a patch of so many milligrams an hour with what it releases at first."""
    if way.route == PATCH:
        return schedule(Regimen((Dose(mg, "mg/h", way.substance, PATCH),))).regimen()
    nmol = mg / facts.molar_mass(way.substance) * 1e6
    return Regimen((Dose(nmol, "nmol", way.target),))


def _bisect(share: Callable[[float], float], low: float, high: float, wanted: float) -> float:
    while high - low > 0.02:
        middle = (low + high) / 2
        low, high = (low, middle) if share(middle) >= wanted else (middle, high)
    return (low + high) / 2
