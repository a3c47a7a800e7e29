"""Age, kidneys, liver and metabolism: each arm in such people, held against the same people without it.

The groups and what the others are like stand in ``special_people.toml``. Few patients and draws suffice, since both sides share
them: a difference within the same person and draw has little noise.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from speciosa.comparison.findings import Simulated, told, unit_of
from speciosa.pharmacology.covariates import describe
from speciosa.pharmacology.silent import silent
from speciosa.study.arm_model import arm_model
from speciosa.study.endpoints import read_outcomes
from speciosa.study.question.schema import Arm, BenefitRisk, Study
from speciosa.study.result import StudyRun
from speciosa.study.run import run_study


@dataclass(frozen=True)
class Special:
    """One arm in one group of people.

    Attributes:
        group: its name in ``special_people.toml``.
        arm: name of the arm.
        modelled: whether any part of the arm's model uses what sets the group apart.
        changes: by outcome key, the difference from the same people without it over draws; those told, largest for their
            unit first.
        levels: by substance, how many times as much of it is in blood over a day; those told, the most changed first.
    """

    group: str
    arm: str
    modelled: bool
    changes: Mapping[str, Simulated]
    levels: Mapping[str, float]


@lru_cache(maxsize=1)
def _plan() -> Mapping[str, Any]:
    text = (files("speciosa.comparison") / "special_people.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def special_people(
    run: StudyRun, *, folder: Path | None = None, threads: int | None = None, fresh: bool = False
) -> tuple[Special, ...]:
    """Every arm that gives something in every group; nothing of a group that the study itself is about.

    Args:
        run: the simulated study.
        folder: where finished arms are kept, in a folder ``special`` within it; nowhere if None.
        threads: of the solver.
        fresh: whether to ignore arms that were finished before.
    """
    arms = tuple(arm for arm in run.study.arms if arm.treatment.doses)
    groups = _groups(run.study)
    read = read_outcomes(run.study.follow_up.outcomes, run.study.indication)
    held = {
        arm.name: [record.name for record in arm_model(arm, read).equations.covariates]
        for arm in arms
    }
    kept = None if folder is None else folder / "special"

    def values(arms: tuple[Arm, ...], who: Mapping[str, str]) -> StudyRun:
        study = _of(run.study, arms, who)
        return run_study(study, folder=kept, threads=threads, fresh=fresh, values_only=True)

    usual = _usual(run.study)
    found: list[Special] = []
    before: StudyRun | None = None
    for name, (covariate, value) in groups.items():
        patient = describe(f"{covariate}={value}")[0]
        using = tuple(arm for arm in arms if not silent(held[arm.name], patient))
        changes: dict[str, dict[str, Simulated]] = {}
        levels: dict[str, dict[str, float]] = {}
        if using:
            before = before or values(arms, usual)
            after = values(using, {**usual, covariate: value})
            changes = {arm.name: _changes(before, after, arm.name) for arm in using}
            levels = {arm.name: _levels(before, after, arm.name) for arm in using}
        found += [
            Special(
                name, arm.name, arm in using, changes.get(arm.name, {}), levels.get(arm.name, {})
            )
            for arm in arms
        ]
    return tuple(found)


def _groups(study: Study) -> dict[str, tuple[str, str]]:
    """Covariate and value of the groups that the study does not fix for all or some of its people."""
    texts = (study.population.covariates, *(arm.covariates for arm in study.arms))
    fixed = {name for text in texts for name in describe(text)[0].values}
    return {
        name: (entry["covariate"], entry["value"])
        for name, entry in _plan()["group"].items()
        if entry["covariate"] not in fixed
    }


def _usual(study: Study) -> dict[str, str]:
    fixed = describe(study.population.covariates)[0].values
    return {name: value for name, value in _plan()["usual"].items() if name not in fixed}


def _of(study: Study, arms: tuple[Arm, ...], who: Mapping[str, str]) -> Study:
    """The study with some of its arms in few of such people."""
    parts = [study.population.covariates, *(f"{name}={value}" for name, value in who.items())]
    population = study.population.model_copy(
        update={
            "patients": min(study.population.patients, _plan()["patients"]),
            "draws": min(study.population.draws, _plan()["draws"]),
            "covariates": "; ".join(filter(None, parts)),
        }
    )
    return study.model_copy(
        update={"population": population, "arms": arms, "benefit_risk": BenefitRisk()}
    )


def _changes(before: StudyRun, after: StudyRun, arm: str) -> dict[str, Simulated]:
    """The differences that are sure and large enough to be told."""
    found: dict[str, tuple[float, Simulated]] = {}
    for definition in told(after):
        one = after.outcomes.draws(definition.title, arm)
        other = before.outcomes.draws(definition.title, arm)
        if not len(one) or len(one) != len(other):
            continue
        unit, scale = unit_of(definition)
        low, middle, high = (
            float(x) for x in np.quantile(scale * (one - other), [0.05, 0.5, 0.95])
        )
        change = Simulated(middle, low, high)
        least = _plan()["least"].get(unit)
        if least is not None and change.sure and abs(middle) >= least:
            found[definition.key] = (abs(middle) / least, change)
    ordered = sorted(found, key=lambda key: -found[key][0])
    return {key: found[key][1] for key in ordered}


def _levels(before: StudyRun, after: StudyRun, arm: str) -> dict[str, float]:
    """The factors by which areas under the curve of the same patients change, where they are large enough to be told."""
    found: dict[str, float] = {}
    other = before.arm(arm).values
    for key, values in after.arm(arm).values.items():
        kind, _, substance = key.partition(":")
        if kind != "auc":
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = values / other[key]
        known = ratio[np.isfinite(ratio) & (ratio > 0)]
        if known.size:
            factor = float(np.median(known))
            if abs(np.log(factor)) >= np.log(_plan()["factor"]):
                found[substance] = factor
    return dict(sorted(found.items(), key=lambda each: -abs(np.log(each[1]))))
