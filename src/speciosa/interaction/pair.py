"""Two things together: everything that is known, and how bad the worst of it is."""

from dataclasses import dataclass
from itertools import product

from speciosa.facts.interactions import Severity
from speciosa.interaction.by_exposure import exposure_findings
from speciosa.interaction.by_rule import rule_findings
from speciosa.interaction.finding import Finding, joined
from speciosa.interaction.parties import Party
from speciosa.interaction.profile import Profile, profile

_NOTHING: Severity = "none expected"


@dataclass(frozen=True, slots=True)
class Pair:
    """What is known of two things together.

    Attributes:
        one, other: the two.
        severity: the worst of the findings; ``not known`` where there is none and no ground to expect none.
        findings: from the worst on.
        unknown: what is not known of the pair, in words; ``""`` where both were gone through.
    """

    one: Party
    other: Party
    severity: Severity
    findings: tuple[Finding, ...]
    unknown: str = ""


def pair_of(one: Party, other: Party) -> Pair:
    """What is known of two things together.

    Example:
        >>> from speciosa.interaction.parties import party
        >>> pair_of(party("Xanax"), party("methadone")).severity
        'serious'
    """
    of_one, of_other = ([profile(name) for name in each.substances] for each in (one, other))
    raw = [
        finding
        for a, b in product(of_one, of_other)
        if a.substance != b.substance
        for finding in (*rule_findings(a, b), *exposure_findings(a, b), *exposure_findings(b, a))
    ]
    findings = _without_silent(_by_key(_undone(raw)))
    silent = [each for each, known in ((one, of_one), (other, of_other)) if not _described(known)]
    same = set(one.substances) & set(other.substances)
    severity: Severity = findings[0].severity if findings else "not known"
    if severity == _NOTHING and silent and all(each.closeness < 4 for each in findings):
        severity = "not known"
    if not findings and not silent and not same:
        severity = _NOTHING
    return Pair(one, other, severity, findings, _unknown(one, other, silent, severity, bool(same)))


def _undone(findings: list[Finding]) -> list[Finding]:
    """Without what a study that names both substances found not to happen."""
    refuted = {f.victim for f in findings if f.closeness == 4 and f.change == "none"}
    return [
        each
        for each in findings
        if each.key[0] != "exposure" or each.victim not in refuted or each.closeness == 4
    ]


def _by_key(findings: list[Finding]) -> list[Finding]:
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for each in findings:
        groups.setdefault(each.key, []).append(each)
    return sorted((joined(group) for group in groups.values()), key=lambda each: each.rank)


def _without_silent(findings: list[Finding]) -> tuple[Finding, ...]:
    """Small changes of exposure are told only where nothing else is, or where they were studied."""
    told = [
        each for each in findings if each.severity != _NOTHING or each.certainty == "human study"
    ]
    return tuple(told or findings)


def _described(profiles: list[Profile]) -> bool:
    return all(each.described for each in profiles)


def _unknown(one: Party, other: Party, silent: list[Party], severity: Severity, same: bool) -> str:
    if same:
        return f"{one.label} and {other.label} hold the same: it is taken twice."
    if severity == _NOTHING:
        return (
            "No shared enzyme, effect or warning is on record here; that is a conclusion from what is recorded, "
            "not a study of the two together."
        )
    if not silent:
        return ""
    names = " and of ".join(each.label for each in silent)
    more = "else " if severity != "not known" else ""
    return f"What {more}they do together is not known: too little is recorded of {names}."
