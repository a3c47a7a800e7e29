"""Certainty of evidence in the GRADE way: recorded judgements with reasons, never computed ones.

Randomised trials start high, observational studies low. Five domains can lower the certainty by one (serious) or two
(very serious) steps; three can raise that of observational studies. What the numbers suggest is shown next to a
judgement (`signals`), so that a reader sees when the two part. Guyatt 2011, doi:10.1016/j.jclinepi.2010.04.026.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.pairwise.result import PairwiseMetaAnalysis

Domain = Literal["risk of bias", "inconsistency", "indirectness", "imprecision", "publication bias"]
Upgrade = Literal["large effect", "dose response", "opposing confounding"]
Severity = Literal["not serious", "serious", "very serious"]
Level = Literal["very low", "low", "moderate", "high"]
LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One judgement of a domain with its reason."""

    domain: str
    severity: str
    reason: str


@dataclass(frozen=True, slots=True)
class Certainty:
    """Certainty of one pooled effect.

    Attributes:
        start: ``high`` for randomised trials, ``low`` for observational studies.
        judgements: of all five domains, and of upgrades where there are any.
        level: what they come to.
    """

    start: Level
    judgements: tuple[Judgement, ...]
    level: Level

    @property
    def reasons(self) -> tuple[str, ...]:
        """What lowered or raised the certainty."""
        return tuple(
            f"{j.domain}: {j.reason}" for j in self.judgements if j.severity != "not serious"
        )


def grade(design: str, judgements: list[Judgement]) -> Certainty:
    """Adds recorded judgements up to a level of certainty.

    Args:
        design: ``randomised`` or ``observational``.
        judgements: one for each of the five domains; upgrades (observational only) have the
            severity ``raises`` or ``raises twice``.

    Raises:
        EvidenceError: a domain is missing, doubled or unknown, or a judgement has no reason.

    Example:
        >>> five = [Judgement(d, "not serious", "as seen") for d in get_args(Domain)]
        >>> grade("observational", five).level
        'low'
    """
    domains, upgrades = get_args(Domain), get_args(Upgrade)
    faults = []
    if design not in ("randomised", "observational"):
        faults.append(Fault("design", "randomised or observational", design))
    for domain in domains:
        count = sum(j.domain == domain for j in judgements)
        if count != 1:
            faults.append(Fault(f"domain {domain!r}", "one judgement", str(count)))
    for j in judgements:
        known = get_args(Severity) if j.domain in domains else ("raises", "raises twice")
        if j.domain not in domains + upgrades:
            faults.append(Fault("domain", ", ".join(domains + upgrades), j.domain))
        elif j.severity not in known:
            faults.append(Fault(f"domain {j.domain!r}", " or ".join(known), j.severity))
        if not j.reason.strip():
            faults.append(Fault(f"domain {j.domain!r}", "a reason", "none"))
        if j.domain in upgrades and design == "randomised":
            faults.append(Fault(f"domain {j.domain!r}", "observational studies only", design))
    if faults:
        raise EvidenceError(faults)
    start: Level = "high" if design == "randomised" else "low"
    steps = {"serious": -1, "very serious": -2, "raises": 1, "raises twice": 2}
    place = LEVELS.index(start) + sum(steps.get(j.severity, 0) for j in judgements)
    return Certainty(start, tuple(judgements), LEVELS[min(max(place, 0), len(LEVELS) - 1)])


def signals(result: PairwiseMetaAnalysis) -> dict[str, str]:
    """What the pooled numbers say on inconsistency, imprecision and small-study effects.

    Not judgements: facts to be read beside them.
    """
    null = result.measure.null
    said = {"inconsistency": f"I2 {result.I2:.0f}%, tau2 {result.tau2:.3g}, Q p {result.Q_p:.2g}"}
    if result.pi_low is not None and result.pi_high is not None and null is not None:
        inside = result.pi_low <= null <= result.pi_high
        word = "includes" if inside else "excludes"
        said["inconsistency"] += f"; the prediction interval {word} no effect"
    if null is not None:
        inside = result.ci_low <= null <= result.ci_high
        said["imprecision"] = (
            f"{result.k} studies; the interval {'includes' if inside else 'excludes'} no effect"
        )
    said["publication bias"] = (
        "fewer than 10 studies: a funnel cannot tell"
        if result.k < 10
        else f"Egger p {result.egger().p:.2g}"
    )
    return said
