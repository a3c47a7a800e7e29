"""Arms whose figures look the same although they give different things: a sentence that says why."""

from collections.abc import Sequence
from itertools import combinations

from speciosa.comparison.findings import Finding
from speciosa.report.arm_names import label
from speciosa.report.patients import patients_in_words
from speciosa.report.texts import listed, text
from speciosa.report.words import signed, span
from speciosa.study.question.schema import Arm, Study


def alike(rows: Sequence[Finding], study: Study) -> list[str]:
    """A sentence for each pair of arms that differ in what is given and show the same simulated figures everywhere."""
    arms = [arm for arm in study.arms if arm.name != study.reference]
    shown = {arm.name: [_shown(row, arm.name) for row in rows] for arm in arms}
    return [
        text("identical.sentence", one=one.name, other=other.name, apart=_apart(one, other))
        for one, other in combinations(arms, 2)
        if any(shown[one.name]) and shown[one.name] == shown[other.name] and one != other
    ]


def _shown(row: Finding, arm: str) -> str:
    found = row.cells[arm].simulated
    if found is None:
        return ""
    return signed(found.median, row.unit) + span(found.low, found.high, row.unit)


def _apart(one: Arm, other: Arm) -> str:
    """What one of two arms gives and the other does not, in words."""
    mine, theirs = (set(map(str, arm.doses.doses)) for arm in (one, other))
    more = sorted((mine | theirs) - (mine & theirs))
    if len(more) == 1:
        return more[0].replace("_", " ")
    if more:
        return listed([f"{label(arm).dose} in {arm.name}" for arm in (one, other)])
    return listed([patients_in_words(arm.covariates) or arm.name for arm in (one, other)])
