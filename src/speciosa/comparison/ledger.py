"""What this comparison says of each claim, beside the recorded verdict and the pooled trials."""

import numpy as np
from numpy.typing import NDArray

from speciosa import facts
from speciosa.evidence.ledger.claims import ClaimSupport, claim_ids, support
from speciosa.study.result import ArmRun, StudyRun

# The ledger's words for an outcome, this study's outcome key, and the sign that makes more of the words more.
_OUTCOMES = {
    "lowest ventilation": ("breathing_fall", -1.0),
    "pain relief": ("pain_relief", 1.0),
    "withdrawal after stopping": ("withdrawal_peak", 1.0),
    "withdrawal": ("withdrawal_first_week", 1.0),
}


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


def _difference(run: StudyRun, claim: ClaimSupport) -> NDArray[np.float64] | None:
    """The claim's arms, each kind averaged over the arms of this study, one minus the other, by draw."""
    if not claim.simulation or claim.simulation["outcome"] not in _OUTCOMES:
        return None
    key, sign = _OUTCOMES[claim.simulation["outcome"]]
    if key not in run.definitions:
        return None
    one, other = (_of_kind(run, claim.simulation[side], key) for side in ("arm", "versus"))
    return None if one is None or other is None else sign * (one - other)


def _of_kind(run: StudyRun, kind: str, key: str) -> NDArray[np.float64] | None:
    title = run.definitions[key].title
    found = [
        drawn
        for arm in run.arms
        if kind_of(arm) == kind and len(drawn := run.outcomes.draws(title, arm.name))
    ]
    return np.mean(found, axis=0) if found else None


def kind_of(arm: ArmRun) -> str:
    """``kratom``, ``opioid``, ``placebo`` (no drug) or ``other``, by what the arm gives."""
    groups = [facts.substance(name).group for name in arm.substances]
    if not groups:
        return "placebo"
    if any("kratom" in group for group in groups):
        return "kratom"
    return (
        "opioid"
        if any(group.startswith("opioid") and "antagonist" not in group for group in groups)
        else "other"
    )
