"""From the page to a `Study` and back: the app asks exactly what a study file could ask."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import tomli_w
from pydantic import ValidationError

from speciosa.app.asking import choices
from speciosa.app.asking.state import State, accept
from speciosa.app.limits import LIMITS
from speciosa.comparison.trial_figures import plan
from speciosa.errors import Fault, InputError
from speciosa.regimen import Regimen, parse_regimen
from speciosa.study import Arm, Population, Study, read_study
from speciosa.study.endpoints import wanted
from speciosa.study.question.check import check
from speciosa.study.question.read import parse_study
from speciosa.study.question.regimens import read_regimen
from speciosa.study.question.schema import BenefitRisk, Criterion, Evidence, FollowUp
from speciosa.units import hours

SEED, _DAYS = 20261122, 21
_AFTER_D = (
    10  # withdrawal from what acts for hours is over by then, that from methadone at its height
)
_COVARIATES = {
    "weight": ("weight", "{} kg"),
    "age": ("age", "{}"),
    "sex": ("female", "{}"),
    "cyp2d6": ("cyp2d6", "{}"),
    "liver": ("hepatic", "{}"),
    "kidneys": ("egfr", "{}"),
    "history": ("opioid_history", "tolerant {}"),
}


@dataclass(frozen=True)
class Asked:
    """A question as far as it can be asked.

    Attributes:
        study: ready to run; None where a field does not allow it.
        faults: by field, what is wrong with it.
    """

    study: Study | None
    faults: Mapping[str, tuple[Fault, ...]]


def ask(state: State, page: str | None = None) -> Asked:
    """The study that a page asks for, in full size.

    Args:
        state: what was chosen.
        page: whose question; the state's own page if None.
    """
    withdrawal = (page or state["page"]) == "withdrawal"
    try:
        arms = _withdrawal_arms(state) if withdrawal else arms_of(state)
    except ValidationError as error:
        return Asked(None, {"": _told(error)})
    if not arms:
        return Asked(None, {"arm1": (Fault("treatment 1", "at least one treatment", "none"),)})
    indication = "withdrawal" if withdrawal else state["for"]
    days = _followed(state, [arm for arm, _ in arms]) if withdrawal else _days(state)
    outcomes = _after_use() if withdrawal else ()
    try:
        study = Study(
            title=" against ".join(arm.name for arm, _ in arms)[:200],
            question=_question(state, arms),
            indication=indication,
            population=Population(
                patients=round(float(state["patients"] or 100)),
                draws=round(float(state["draws"] or 20)),
                seed=SEED,
                covariates=_covariates(state),
            ),
            arms=tuple(arm for arm, _ in arms),
            follow_up=FollowUp(until=f"{days:g} d", outcomes=outcomes),
            evidence=Evidence(networks=("oud_retention", "withdrawal_completion")),
            benefit_risk=_benefit_risk(state, indication, _reference(arms, withdrawal), outcomes),
        )
    except ValidationError as error:
        return Asked(None, {"": _told(error)})
    faults: dict[str, tuple[Fault, ...]] = {}
    for path, fault in check(study):
        name = _field(path, fault, [name for _, name in arms])
        faults[name] = (*faults.get(name, ()), fault)
    return Asked(None if faults else study, faults)


def _told(error: ValidationError) -> tuple[Fault, ...]:
    """What a study refuses, as faults: its own where it has them."""
    faults: list[Fault] = []
    for item in error.errors(include_url=False):
        inner = item.get("ctx", {}).get("error")
        if isinstance(inner, InputError):
            faults += inner.faults
        else:
            where = " ".join(map(str, item["loc"])) or "question"
            faults.append(Fault(where, item["msg"], repr(item["input"])[:80]))
    return tuple(faults)


def sized(study: Study, size: tuple[int, int]) -> Study:
    """The same question to another number of patients and draws."""
    population = study.population.model_copy(update={"patients": size[0], "draws": size[1]})
    return study.model_copy(update={"population": population})


@lru_cache(maxsize=8)
def criteria(indication: str) -> tuple[Criterion, ...]:
    """What counts in a question, with its worst and best levels, as the shipped study has it."""
    shipped = {"pain": "default"}.get(indication, indication)
    return read_study(shipped).benefit_risk.criteria


def weights(state: State, indication: str) -> dict[str, int]:
    """Weight of each criterion, 0 to 100; equal where the page does not say otherwise."""
    given = dict(part.split(":") for part in state["w"].split(",") if part)
    return {entry.outcome: int(given.get(entry.outcome, 50)) for entry in criteria(indication)}


def study_text(study: Study) -> str:
    """A study as a file that `speciosa compare` runs."""
    return tomli_w.dumps(study.model_dump(mode="json", exclude_none=True))


def from_study_text(text: str) -> State:
    """The state that shows a study file.

    Raises:
        InputError: every fault of the file, and what the page cannot show of it.
    """
    if len(text.encode("utf-8", "replace")) > LIMITS.upload_bytes:
        raise InputError(
            Fault(
                "study file", f"at most {LIMITS.upload_bytes // 1000} kB", f"{len(text)} characters"
            )
        )
    try:
        study = parse_study(text, "study file")
    except RecursionError:
        raise InputError(
            Fault("study file", "tables a few levels deep", "thousands of levels")
        ) from None
    if len(study.arms) > LIMITS.arms:
        raise InputError(
            Fault(
                "study file, arms",
                f"at most {LIMITS.arms} here",
                str(len(study.arms)),
                "Run it with `speciosa compare FILE`.",
            )
        )
    state, faults = accept(_values(study))
    problems = [fault for found in faults.values() for fault in found]
    problems += _not_shown(study)
    if problems:
        raise InputError(problems)
    return state


def _values(study: Study) -> dict[str, str]:
    """Fields that show a study."""
    values: dict[str, str] = {
        "for": study.indication,
        "patients": str(study.population.patients),
        "draws": str(study.population.draws),
        "days": f"{hours(study.follow_up.until) / 24:g}",
    }
    for number in range(1, LIMITS.arms + 1):
        arm = study.arms[number - 1] if number <= len(study.arms) else None
        values[f"arm{number}"] = arm.regimen if arm else choices.ABSENT
        values[f"name{number}"] = arm.name if arm else ""
    beside = dict.fromkeys(arm.comedication for arm in study.arms)
    values["with"] = "" if list(beside) == ["none"] else next(iter(beside))
    values |= _patient(study.population.covariates)
    stated = [c for c in study.benefit_risk.criteria if isinstance(c.weight, float | int)]
    if stated:
        top = max(float(c.weight) for c in stated) or 1.0  # type: ignore[arg-type]
        values["w"] = ",".join(f"{c.outcome}:{round(100 * float(c.weight) / top)}" for c in stated)  # type: ignore[arg-type]
    return values


def _not_shown(study: Study) -> list[Fault]:
    problems = []
    if len({arm.comedication for arm in study.arms}) > 1:
        problems.append(Fault("study file, comedication", "the same in every arm here", "several"))
    for arm in study.arms:
        for key in ("taper", "covariates"):
            if getattr(arm, key):
                problems.append(
                    Fault(
                        f"study file, {arm.name}, {key}",
                        "nothing here",
                        getattr(arm, key),
                        "Run it with `speciosa compare FILE`.",
                    )
                )
    return problems


def _patient(covariates: str) -> dict[str, str]:
    """Fields of the covariates that a study's text fixes."""
    keys = {key: name for name, (key, _) in _COVARIATES.items()}
    aliases = {"sex": "sex", "liver": "liver", "kidney": "kidneys", **keys}
    values = {}
    for part in filter(None, (piece.strip() for piece in covariates.split(";"))):
        key, _, written = (piece.strip() for piece in part.partition("="))
        name = aliases.get(key.casefold(), key)
        values[name] = written.removeprefix("tolerant ").removesuffix(" kg").strip()
        if name not in _COVARIATES:
            raise InputError(
                Fault("study file, covariates", "what the page has a field for", repr(part))
            )
    return values


def arms_of(state: State) -> list[tuple[Arm, str]]:
    """The treatments that are compared, each with its field."""
    found: list[tuple[Arm, str]] = []
    for number in range(1, LIMITS.arms + 1):
        regimen = state[f"arm{number}"]
        if regimen == choices.ABSENT:
            continue
        name = state[f"name{number}"] or regimen[:60] or f"Treatment {number}"
        taken = {arm.name for arm, _ in found}
        while name in taken:
            name += " again"
        arm = Arm(name=name, regimen=regimen or "none", comedication=_beside(state))
        found.append((arm, f"arm{number}"))
    return found


def _withdrawal_arms(state: State) -> list[tuple[Arm, str]]:
    regimen = state["from"]
    beside = _beside(state)
    stop = Arm(name="Stop at once", regimen=regimen, comedication=beside)
    found = [(stop, "from")]
    if state["taper"] and any(d.every_h and d.count > 1 for d in read_regimen(regimen).doses):
        name = f"Taper over {state['taper']} days"
        taper = Arm(name=name, regimen=regimen, comedication=beside, taper=f"{state['taper']} d")
        found.append((taper, "taper"))
    if state["instead"]:
        name, doses = choices.SUBSTITUTES[state["instead"]]
        until_h = 24 * _followed(state, [arm for arm, _ in found])
        both = [beside, str(_later(parse_regimen(doses), stop.stop_h, until_h))]
        substitute = "; ".join(text for text in both if text != "none") or "none"
        found.append(
            (Arm(name=f"{name} instead", regimen=regimen, comedication=substitute), "instead")
        )
    return found


def _days(state: State) -> float:
    return float(state["days"] or _DAYS)


def _followed(state: State, arms: Sequence[Arm]) -> float:
    """Days that a withdrawal is followed: as stated, else until well after the last dose of what is stopped and tapered."""
    if _days(state) != _DAYS:
        return _days(state)
    last_h = max(parse_regimen(arm.regimen).last_h if not arm.taper else arm.stop_h for arm in arms)
    return min(max(_DAYS, math.ceil(last_h / 24) + _AFTER_D), LIMITS.days)


def _reference(arms: Sequence[tuple[Arm, str]], withdrawal: bool) -> str:
    """What the others are compared with: stopping at once; else an arm without a drug, or the last one."""
    if withdrawal:
        return arms[0][0].name
    without = [arm.name for arm, _ in arms if not arm.treatment.doses]
    return without[-1] if without else arms[-1][0].name


@lru_cache(maxsize=1)
def _after_use() -> tuple[str, ...]:
    """Outcomes of withdrawal but those of the first week, in which the drug is still taken here, and those on request only."""
    asked = plan()["on_request"]["outcomes"]
    found = (d for d in wanted((), "withdrawal") if d.window != "first_week")
    return tuple(d.key for d in found if d.key not in asked)


def _later(regimen: Regimen, by_h: float, until_h: float) -> Regimen:
    """The same doses later, those after the end of follow-up left out."""
    moved = []
    for dose in regimen.doses:
        begin = dose.at_h + by_h
        count = sum(time + by_h < until_h for time in dose.times_h)
        if count:
            moved.append(replace(dose, at_h=begin, count=count))
    return Regimen(tuple(moved))


def _beside(state: State) -> str:
    return state["with"] if state["with"] not in {"", choices.ABSENT} else "none"


def _covariates(state: State) -> str:
    return "; ".join(
        f"{key}={form.format(state[name])}"
        for name, (key, form) in _COVARIATES.items()
        if state[name]
    )


def _question(state: State, arms: Sequence[tuple[Arm, str]]) -> str:
    who = _covariates(state) or "adults"
    listed = "; ".join(f"{arm.name}: {arm.regimen}" for arm, _ in arms)
    return f"In {who}: what do these do for {choices.INDICATIONS[state['for']].lower()}, and what do they risk? {listed}"[
        :1900
    ]


def _benefit_risk(
    state: State, indication: str, reference: str, outcomes: Sequence[str]
) -> BenefitRisk:
    if sum(weights(state, indication).values()) == 0:
        return BenefitRisk(reference=reference)
    stated = weights(state, indication)
    entries = tuple(
        Criterion(
            outcome=c.outcome,
            worst=c.worst,
            best=c.best,
            points=c.points,
            weight=float(stated[c.outcome]),
        )
        for c in criteria(indication)
        if not outcomes or c.outcome in outcomes
    )
    return BenefitRisk(reference=reference, criteria=entries, samples=4000)


def _field(path: tuple[str | int, ...], fault: Fault, arms: Sequence[str]) -> str:
    """The field beside which a fault of the study is shown."""
    if path[0] == "arms" and isinstance(path[1], int):
        return {"comedication": "with", "taper": "taper"}.get(str(path[-1]), arms[path[1]])
    if path == ("population", "covariates"):
        wanted = fault.where.rpartition(", ")[2]
        return next((name for name, (key, _) in _COVARIATES.items() if key == wanted), "weight")
    return {"follow_up": "days", "benefit_risk": "w"}.get(str(path[0]), "")
