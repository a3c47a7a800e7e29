"""What this comparison says of each claim, beside the recorded verdict and the pooled trials."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from speciosa import facts
from speciosa.comparison.trial_figures import is_opioid
from speciosa.evidence.ledger.claims import ClaimSupport, claim_ids, support
from speciosa.facts.products import form_of
from speciosa.regimen import Dose
from speciosa.study.question.schema import Arm
from speciosa.study.result import StudyRun

# The ledger's words for an outcome, this study's outcome key, and the sign that makes more of the words more.
_OUTCOMES = {
    "lowest ventilation": ("breathing_fall", -1.0),
    "pain relief": ("pain_relief", 1.0),
    "withdrawal after stopping": ("withdrawal_peak", 1.0),
    "withdrawal": ("withdrawal_first_week", 1.0),
}
_EXPOSURE = "exposure to another drug"
Draws = NDArray[np.float64]


def ledger(run: StudyRun) -> dict[str, tuple[str, ...]]:
    """By claim id, why the verdict is as it is, the pooled numbers, the simulation, trials under way, what would settle it."""
    return {name: _sentences(run, support(name)) for name in claim_ids()}


def _sentences(run: StudyRun, claim: ClaimSupport) -> tuple[str, ...]:
    lines = [claim.reason, *claim.pooled_sentences, *claim.disagreements]
    difference = _difference(run, claim)
    if difference is not None:
        lines.append(claim.beside_simulation(difference))
    lines += [claim.under_way_sentence, f"What would settle it: {claim.settles}"]
    return tuple(lines)


def _difference(run: StudyRun, claim: ClaimSupport) -> Draws | None:
    """The claim's arms, each kind averaged over the arms of this study, one minus the other, by draw."""
    if not claim.simulation:
        return None
    if claim.simulation["outcome"] == _EXPOSURE:
        ratios = list(_log_ratios(run, claim.simulation["arm"]))
        return np.mean(ratios, axis=0) if ratios else None
    key, sign = _OUTCOMES[claim.simulation["outcome"]]
    if key not in run.definitions:
        return None
    one, other = (_of_kind(run, claim.simulation[side], key) for side in ("arm", "versus"))
    return None if one is None or other is None else sign * (one - other)


def _of_kind(run: StudyRun, kind: str, key: str) -> Draws | None:
    title = run.definitions[key].title
    found = [
        drawn
        for arm in run.study.arms
        if kind_of(arm.doses.doses) == kind and len(drawn := run.outcomes.draws(title, arm.name))
    ]
    return np.mean(found, axis=0) if found else None


def _log_ratios(run: StudyRun, kind: str) -> Iterator[Draws]:
    """Of each drug given with and without doses of a kind: log ratio of its areas, mean over patients, by draw."""
    for both in run.study.arms:
        for alone in run.study.arms:
            if _added(both, alone, kind):
                one, other = run.arm(both.name).values, run.arm(alone.name).values
                for key in one.keys() & other.keys():
                    if key.startswith("auc:"):
                        ratio = np.asarray(one[key], float) / np.asarray(other[key], float)
                        yield np.nanmean(np.log(ratio), axis=1)


def _added(both: Arm, alone: Arm, kind: str) -> bool:
    """Whether the same people take the same drugs in two arms, read on the same day, and in one something of a kind too."""
    same = both.covariates == alone.covariates and both.stop_h == alone.stop_h
    more = set(both.doses.doses) - set(alone.doses.doses)
    without = {*both.doses.doses} - more == {*alone.doses.doses} != set()
    return same and without and kind_of(tuple(more)) == kind


def kind_of(doses: Sequence[Dose]) -> str:
    """``kratom``, ``opioid``, ``placebo`` (no drug), ``other``, or an alkaloid's name where no dose is mostly mitragynine.

    Example:
        >>> from speciosa.regimen import parse_regimen
        >>> [kind_of(parse_regimen(t).doses) for t in ("2 g kratom_tea oral", "15 mg 7oh_tablet oral", "none")]
        ['kratom', '7-hydroxymitragynine', 'placebo']
    """
    forms = [form_of(dose.product, dose.route) for dose in doses if dose.product]
    mostly = [max(form.contents, key=lambda c: c.per_unit).substance for form in forms]
    alkaloids = [name for name in mostly if "kratom" in facts.substance(name).group]
    if alkaloids:
        leaf = "mitragynine" in alkaloids
        return "kratom" if leaf else facts.substance(alkaloids[0]).name.casefold()
    contents = [c.substance for form in forms for c in form.contents]
    if not contents:
        return "placebo"
    return "opioid" if any(map(is_opioid, contents)) else "other"
