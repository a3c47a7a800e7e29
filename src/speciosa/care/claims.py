"""What simulated plans say of the article's claims on care, beside the recorded verdicts."""

from collections.abc import Iterator

import numpy as np

from speciosa.care.arms import CALIBRATED
from speciosa.care.run import ArmResult, PathwayRun
from speciosa.evidence.ledger.claims import support

KRATOM, BEHAVIOUR = ("c12", "c22"), ("c13",)
_DEATHS, _DAYS = "Deaths", "Days of opioid use in 28 days alive"


def claim_answers(run: PathwayRun) -> dict[str, tuple[str, ...]]:
    """By claim id: the claim with its recorded verdict, and what this plan computes of it.

    ``c12`` and ``c22``, kratom as a complement and not a replacement: deaths under kratom alone, and under kratom before a
    medicine, against a calibrated medicine from the start, by scenario of leaving. ``c13``, behavioural care: days of use and
    deaths with it against the same start without. Claims of which the plan's arms say nothing are left out.
    """
    kratom, behaviour = tuple(_kratom(run)), tuple(_behaviour(run))
    found = {}
    for names, lines in ((KRATOM, kratom), (BEHAVIOUR, behaviour)):
        for name in names if lines else ():
            claim = support(name)
            found[name] = (f"{claim.claim}. Recorded verdict: {claim.verdict}.", *lines)
    return found


def _kratom(run: PathwayRun) -> Iterator[str]:
    plain = [arm for arm in run.arms if not arm.pathway.arm.behavioural]
    medicine = next((arm for arm in plain if _calibrated(arm)), None)
    if medicine is None or _DEATHS not in run.outcomes.names:
        return
    for arm in plain:
        if any(phase.self_treated for phase in arm.pathway.phases):
            yield _compared(run, _DEATHS, arm, medicine, "deaths per 1,000 person-years")
    yield (
        "No study has given kratom beside a medicine or beside behavioural care, so that nothing can be computed of what it "
        "adds to them; what is computed is what taking it first or instead would do under assumed retention."
    )


def _behaviour(run: PathwayRun) -> Iterator[str]:
    for arm in run.arms:
        if not arm.pathway.arm.behavioural:
            continue
        alone = next(
            (
                other
                for other in run.arms
                if not other.pathway.arm.behavioural
                and other.pathway.arm.start == arm.pathway.arm.start
                and other.pathway.arm.then == arm.pathway.arm.then
                and _scenario(other) == _scenario(arm)
            ),
            None,
        )
        if alone is not None and _DAYS in run.outcomes.names:
            yield _compared(run, _DAYS, arm, alone, "days of use in 28")


def _calibrated(arm: ArmResult) -> bool:
    phases = arm.pathway.phases
    return bool(phases) and all(phase.substance in CALIBRATED for phase in phases)


def _scenario(arm: ArmResult) -> tuple[str, ...]:
    return tuple(phase.leaving for phase in arm.pathway.phases)


def _compared(run: PathwayRun, outcome: str, arm: ArmResult, other: ArmResult, unit: str) -> str:
    one, two = arm.pathway.name, other.pathway.name
    difference = run.outcomes.difference(outcome, one, two)
    low, middle, high = np.quantile(difference, [0.05, 0.5, 0.95])
    fewer = float((difference < 0).mean())
    return f"{one} against {two}: {middle:+.1f} {unit} (90% interval {low:+.1f} to {high:+.1f}); fewer in {fewer:.0%} of draws."
