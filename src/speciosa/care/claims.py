"""What simulated plans say of the article's claims on care, beside the recorded verdicts."""

from collections.abc import Iterator

import numpy as np

from speciosa.care.regimens import CALIBRATED
from speciosa.care.run import ArmResult, PathwayRun
from speciosa.evidence.ledger.claims import support
from speciosa.evidence.ledger.plan_answers import PlanAnswer

COMPLEMENT, BEHAVIOUR, WHOLE = ("c12", "c22"), ("c13",), ("c31",)
"""Kratom as a complement and no replacement; behavioural care; kratom within a plan of care."""
_DEATHS, _DAYS = "Deaths", "Days of opioid use in 28 days alive"
_NOT_STUDIED = (
    "No study has given kratom beside a medicine or beside behavioural care, so that nothing can be computed of what it adds to "
    "them; what is computed is what taking it first or instead would do under assumed retention."
)


def claim_answers(run: PathwayRun) -> dict[str, tuple[str, ...]]:
    """By claim id: the claim with its recorded verdict, and what this plan computes of it.

    ``c12`` and ``c22``, kratom as a complement and not a replacement: deaths under kratom alone, and under kratom before a
    medicine, against a calibrated medicine from the start, by scenario of leaving. ``c13``, behavioural care: days of use
    with it against the same start without. ``c31``, kratom in a plan of care: deaths under kratom with behavioural care against
    a medicine with the same. Claims of which the plan's arms say nothing are left out.
    """
    found: dict[str, tuple[str, ...]] = {}
    for answer in answers(run):
        claim = support(answer.claim)
        head = (f"{claim.claim}. Recorded verdict: {claim.verdict}.",)
        found[answer.claim] = (*found.get(answer.claim, head), answer.sentence)
    return {
        name: lines if name in BEHAVIOUR else (*lines, _NOT_STUDIED)
        for name, lines in sorted(found.items())
    }


def answers(run: PathwayRun, plan: str = "", made: str = "") -> Iterator[PlanAnswer]:
    """Every comparison of a run that bears on a claim.

    Args:
        run: of a plan.
        plan: under which name it ships.
        made: identifies the plan and the numbers of the model.
    """
    for claim, arm, versus, outcome, unit in _comparisons(run):
        one, two = arm.pathway.name, versus.pathway.name
        difference = run.outcomes.difference(outcome, one, two)
        low, middle, high = (float(q) for q in np.quantile(difference, [0.05, 0.5, 0.95]))
        fewer = float((difference < 0).mean())
        assumed = any(phase.self_treated for phase in arm.pathway.phases)
        basis = "assumed" if assumed else "simulated"
        yield PlanAnswer(
            claim, plan, one, two, outcome, unit, middle, low, high, fewer, basis, made
        )


_Comparison = tuple[str, ArmResult, ArmResult, str, str]


def _comparisons(run: PathwayRun) -> Iterator[_Comparison]:
    plain = [arm for arm in run.arms if not arm.pathway.arm.behavioural]
    cared = [arm for arm in run.arms if arm.pathway.arm.behavioural]
    for names, group in ((COMPLEMENT, plain), (WHOLE, cared)):
        medicine = next((arm for arm in group if _calibrated(arm)), None)
        if medicine is None or _DEATHS not in run.outcomes.names:
            continue
        for arm in group:
            if any(phase.self_treated for phase in arm.pathway.phases):
                for name in names:
                    yield name, arm, medicine, _DEATHS, "deaths per 1,000 person-years"
    for arm in cared:
        alone = next((other for other in plain if _same(arm, other)), None)
        if alone is not None and _DAYS in run.outcomes.names:
            yield BEHAVIOUR[0], arm, alone, _DAYS, "days of use in 28"


def _same(arm: ArmResult, other: ArmResult) -> bool:
    """Whether two arms have the same start and the same scenario of leaving."""
    one, two = arm.pathway, other.pathway
    return (
        (one.arm.start, one.arm.then) == (two.arm.start, two.arm.then)
        and [phase.leaving for phase in one.phases] == [phase.leaving for phase in two.phases]
    )  # fmt: skip


def _calibrated(arm: ArmResult) -> bool:
    phases = arm.pathway.phases
    return bool(phases) and all(phase.substance in CALIBRATED for phase in phases)
