"""What the model says of every target, by draw of the parameters: the trials and cohorts simulated."""

from collections.abc import Mapping
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from scipy.special import expit

from speciosa.care.calibrate.abstinent import UNTREATED, beginning, beginnings, read, starters
from speciosa.care.calibrate.published import predicted, trials
from speciosa.care.calibrate.targets import DOSES, Target, targets, without_withdrawal
from speciosa.care.doses import habitual_mme, of_phase
from speciosa.care.hazards.setting import Setting
from speciosa.care.hazards.tables import tables
from speciosa.care.mechanism import DRAWS, Readings, Untreated, readings, untreated
from speciosa.care.parameters import judged, values
from speciosa.care.people import factors, groups
from speciosa.care.phases import USUAL, Phase
from speciosa.care.regimens import covers_d, substance_of
from speciosa.care.stepping import arrays as a
from speciosa.care.stepping.arrays import Floats
from speciosa.care.stepping.loop import follow

HABITUAL_MME = habitual_mme()
_PHASE_1, _PHASE_2 = of_phase(1), of_phase(2)
_TRIAL_D, _COHORT_D = 168, 728
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(25)
Of = TypeVar("Of", Readings, Untreated)


def moments(z: Floats, *, seed: int, people: int, cohort: int, first: int = 0) -> Floats:
    """Predictions of `targets()`, ``(draws, targets)``.

    Args:
        z: standard normal numbers of the parameters, ``(draws, numbers)``.
        seed: of the simulated people.
        people: a draw in each arm of a trial.
        cohort: people a draw in each cohort.
        first: the number of the first draw, so that other draws have other people.
    """
    v = values(z)
    draws = range(first, first + len(z))
    found = _trials(v, seed, draws, people) | _cohorts(v, seed, draws, cohort)
    others = _published(v) | _abstinent(v, seed, draws, cohort)
    return np.stack(
        [others[t.id] if t.id in others else _read(t, v, found) for t in targets()], axis=1
    )


@lru_cache(maxsize=64)
def typical(name: str) -> Readings:
    """Readings of a regimen, at the mean over the draws of the mechanism."""
    return _mean(readings(name, HABITUAL_MME))


@lru_cache(maxsize=1)
def without() -> Untreated:
    """Readings without a medicine, likewise."""
    return _mean(untreated(HABITUAL_MME))


def _mean(of: Of) -> Of:
    means = {f.name: getattr(of, f.name).mean(axis=0, keepdims=True) for f in fields(of)}
    return replace(of, **means)


def drawn(of: Of, draws: range) -> Of:
    """Readings of the draws of the mechanism in turn, from a number on, as often as there are parameters."""
    chosen = np.array(draws) % DRAWS
    return replace(of, **{f.name: getattr(of, f.name)[chosen] for f in fields(of)})


def repeated(of: Of, draws: int) -> Of:
    """The same readings in every draw."""
    again = {f.name: np.repeat(getattr(of, f.name), draws, axis=0) for f in fields(of)}
    return replace(of, **again)


def _setting(v: Mapping[str, Floats], days: int, **other: Any) -> Setting:
    draws = len(v["return"])
    reference = {name: np.repeat(typical(text).tolerance, draws) for name, text in USUAL.items()}
    start = Setting(
        v, repeated(without(), draws), reference, days, 0.0, 0.0, v["return"], v["followed_start"]
    )
    return replace(start, **other)


def _phase(regimen: str, substance: str, draws: int, **other: Any) -> Phase:
    return replace(Phase(regimen, substance, repeated(typical(regimen), draws)), **other)


def _dosed(substance: str, dose: float) -> str:
    return f"{dose:g} mg {USUAL[substance].split(' ', 2)[2]}"


def _trials(v: Mapping[str, Floats], seed: int, draws: range, people: int) -> dict[str, a.Counts]:
    n = len(draws)
    here = dict(v) | {name: np.zeros(n) for name in v if name.startswith("study_")}
    start = _setting(here, _TRIAL_D)
    poats = _setting(
        v, _TRIAL_D, prescribed=1.0, returns=v["return_poats"], followed=v["followed_poats"]
    )
    second = _phase(_PHASE_2, "buprenorphine", n, days=112.0, taper_days=28.0)
    arms: dict[str, tuple[list[Phase], int, Setting, str]] = {
        name: ([_phase(text, name, n)], 0, start, "ctn-0027") for name, text in USUAL.items()
    }
    first = _phase(_PHASE_1, "buprenorphine", n, days=28.0, taper_days=14.0)
    arms["phase 1"] = ([first, second], 1, poats, "ctn-0030")
    arms["phase 2"] = ([second], -1, poats, "ctn-0030")
    for name, dose in DOSES.values():
        phase = _phase(_dosed(name, dose), name, n)
        arms[f"{name} {dose:g}"] = ([phase], 0, start, "ctn-0027")
    found = {}
    for name, (phases, back, setting, group) in arms.items():
        many = people if name[-1].isalpha() or name.startswith("phase") else people // 2
        who = factors(groups()[group], _spaced(setting.values, draws), seed, draws, many)
        found[name] = _followed(phases, back, setting, who, _TRIAL_D)
    return found


def _spaced(v: Mapping[str, Floats], draws: range) -> dict[str, Floats]:
    """Values by the number of the draw, as `factors` reads them."""
    return {name: np.concatenate([np.zeros(draws.start), value]) for name, value in v.items()}


def _cohorts(v: Mapping[str, Floats], seed: int, draws: range, people: int) -> dict[str, a.Counts]:
    n = len(draws)
    here = dict(v) | {name: np.zeros(n) for name in v if name.startswith("study_")}
    # What a use does by tolerance is far from straight, so that the mean of the mechanism does not give the mean of deaths.
    read = {name: drawn(readings(text, HABITUAL_MME), draws) for name, text in USUAL.items()}
    setting = _setting(
        here,
        _COHORT_D,
        untreated=drawn(untreated(HABITUAL_MME), draws),
        reference={name: each.tolerance for name, each in read.items()},
    )
    who = factors(groups()["ctn-0027"], _spaced(here, draws), seed, draws, people)
    return {
        f"cohort {name}": _followed([Phase(USUAL[name], name, each)], 0, setting, who, _COHORT_D)
        for name, each in read.items()
    }


def _published(v: Mapping[str, Floats]) -> dict[str, Floats]:
    """What the model says of the trials that others published."""
    here = dict(v) | {
        name: np.zeros(len(value)) for name, value in v.items() if name.startswith("study_")
    }
    setting = _setting(here, _COHORT_D)
    draws = setting.draws
    return {
        row["id"]: predicted(row, setting, lambda text: repeated(typical(text), draws))
        for row in trials()
    }


def _abstinent(v: Mapping[str, Floats], seed: int, draws: range, people: int) -> dict[str, Floats]:
    """What the model says of people who begin without use."""
    n = len(draws)
    here = dict(v) | {name: np.zeros(n) for name in v if name.startswith("study_")}
    who = factors(groups()["ctn-0027"], _spaced(here, draws), seed, draws, people)
    found: dict[str, Floats] = {}
    for each in beginnings():
        treated = each.arm != UNTREATED
        phases = [
            _phase(each.arm, substance_of(each.arm), n, covers_d=max(1.0, covers_d(each.arm)))
        ] if treated else []  # fmt: skip
        last = max(int(row["at_wk"]) for row in starters() if beginning(row) == each)
        setting = _setting(here, 7 * last, clean=True, clean_d=each.clean_d)
        counts = _followed(phases, 0 if treated else -1, setting, who, 7 * last)
        found |= {
            row["id"]: read(row, counts, counts.occupied[:, 0].sum(axis=1))
            for row in starters()
            if beginning(row) == each
        }
    return found


def _followed(
    phases: list[Phase], back: int, setting: Setting, who: a.People, days: int
) -> a.Counts:
    counts = a.no_counts(setting.draws, days // 7)
    follow(tables(phases, back, setting), who, float(days), -1, counts, a.no_changes(0))
    return counts


def _read(target: Target, v: Mapping[str, Floats], found: Mapping[str, a.Counts]) -> Floats:
    if target.what == "rate":
        return _rate(target.arm, found)
    if target.what == "ratio":
        one, other = target.arm.split(" / ")
        ratio: Floats = _rate(one, found) - _rate(other, found)
        return ratio
    if target.what == "before":
        return 28.0 * v["using_share"]
    if target.what == "visit":
        return _visit(target, v)
    if target.what == "dose":
        counts = found[f"{target.arm} {target.at:g}"]
        share: Floats = counts.retained[:, 22] / np.maximum(counts.retained[:, 3], 1.0)
        return share
    counts = found[target.arm]
    people = counts.occupied[:, 0].sum(axis=1)
    week = int(target.at)
    per_person: Floats = people[:, None] ** -1.0
    if target.what == "days":
        spell: Floats = counts.recorded[:, 4 * week - 3 : 4 * week + 1].sum(axis=1) / people
        return spell
    kinds = {
        "started": counts.started,
        "retained": counts.retained,
        "positive": counts.positive,
        "run": counts.run,
    }
    column = {"started": 0, "retained": week - 1}.get(target.what, week)
    read: Floats = (kinds[target.what] * per_person)[:, column]
    return read


def _rate(arm: str, found: Mapping[str, a.Counts]) -> Floats:
    """Log deaths per 1,000 person-years, on or off treatment, in some weeks since start or stop."""
    name, when, first, last = arm.rsplit(" ", 3)
    row = 0 if when == "on" else 1
    weeks = slice(int(first), int(last))
    of = name.split()[0]
    cohorts = list(USUAL) if of in ("all", "both") else [of]
    years, deaths = 0.0, 0.0
    for cohort in cohorts:
        counts = found[f"cohort {cohort}"]
        years = years + counts.time[:, row, weeks].sum(axis=1) / 365.25
        deaths = deaths + counts.fatal_hazard[:, row, weeks].sum(axis=1)
        if name.endswith("all"):
            deaths = deaths + counts.other_hazard[:, row, weeks].sum(axis=1)
    rate: Floats = np.log(np.maximum(1000.0 * deaths / np.maximum(years, 1e-9), 1e-6))
    return rate


def _visit(target: Target, v: Mapping[str, Floats]) -> Floats:
    """Any use within seven days at a withdrawal score, in CTN-0030 after two months.

    The share that was seen without withdrawal times the ratio that the model gives: who is interviewed is not modelled.
    """
    raised = max(target.at - judged("resting_cows"), 0.0)
    read = typical(_PHASE_2)
    gone = 1.0 - np.exp(without().log_stops[0, 0] - read.log_stops[0, -1])
    odds = (
        v["use_intercept"] + v["study_use"] + v["prescription_use"]
        + v["use_occupancy"] * read.occupancy[:, -7:].mean()
        + v["use_blocked"] * gone
        + v["use_withdrawal"] * raised
        - v["use_fall"] * (1.0 - np.exp(-56.0 / v["use_fall_time"]))
    )  # fmt: skip
    found: Floats = (
        without_withdrawal(target.arm)
        * _any(odds, v)
        / _any(odds - v["use_withdrawal"] * raised, v)
    )
    return found


def _any(odds: Floats, v: Mapping[str, Floats]) -> Floats:
    """Probability of use within seven days, mean over people."""
    share = expit(odds[:, None] + v["frailty_use"][:, None] * _NODES)
    found: Floats = (1.0 - (1.0 - share) ** 7) @ (_WEIGHTS / _WEIGHTS.sum())
    return found
