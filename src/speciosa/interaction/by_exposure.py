"""What follows from how much more or less of a substance there is with another: size, and how much it matters."""

from collections.abc import Iterator

from speciosa.facts.interactions import InteractionTrait, Severity
from speciosa.interaction.exposure import Ratio, classes, formed, predicted
from speciosa.interaction.finding import Finding, Source
from speciosa.interaction.observed import Observed, observed_ratio
from speciosa.interaction.profile import Profile

_NAMES = {"ugt": "UGT", "pgp": "P-gp", "mao_a": "MAO-A", "renal": "kidney"}
_UNKNOWN = {"raised": "harmful", "lowered": "fails"}
_SAME = 0.05


def exposure_findings(victim: Profile, perpetrator: Profile) -> Iterator[Finding]:
    """What the perpetrator does to the exposure of the victim, and to what the victim is turned into.

    Example:
        >>> from speciosa.interaction.profile import profile
        >>> found = next(exposure_findings(profile("oxycodone"), profile("ketoconazole")))
        >>> found.severity, found.mechanism, found.change
        ('serious', 'CYP3A', 'raises')
    """
    active = formed(victim, perpetrator)
    if active is not None:
        yield _finding(victim, perpetrator, active[0], active[1], None, of_active=True)
    expected = predicted(victim, perpetrator)
    seen = observed_ratio(victim.substance, perpetrator.substance)
    if expected is not None or seen is not None:
        ratio, enzymes = expected if expected is not None else (None, ())
        yield _finding(victim, perpetrator, ratio, enzymes, seen)


def _finding(
    victim: Profile,
    perpetrator: Profile,
    ratio: Ratio | None,
    enzymes: tuple[str, ...],
    seen: Observed | None,
    of_active: bool = False,
) -> Finding:
    size = seen.ratio if seen is not None else ratio.mid if ratio is not None else 1.0
    direction = "raised" if size > 1 else "lowered"
    harm = victim.traits.get((f"{direction} exposure", ""))
    severity = _severity(size, direction, harm)
    change = "none" if abs(size - 1) < _SAME else "raises" if size > 1 else "lowers"
    traits = _behind(victim, perpetrator, enzymes)
    return Finding(
        key=("exposure", victim.substance, "active" if of_active else change),
        severity=severity,
        mechanism=" and ".join(_called(enzyme) for enzyme in enzymes) or "exposure",
        change=change,
        victim=victim.substance,
        effect=_words(direction, harm, severity, of_active),
        certainty="human study" if seen is not None else "predicted from enzyme",
        sources=tuple(dict.fromkeys(_sources(traits, seen))),
        facts=(*(seen.facts if seen else ()), *(trait.id for trait in traits)),
        predicted=ratio,
        observed=seen,
    )


def _severity(size: float, direction: str, harm: InteractionTrait | None) -> Severity:
    """The worst grade whose threshold the ratio has passed."""
    level = harm.level if harm is not None else _UNKNOWN[direction]
    steps: dict[Severity, float] = classes()[direction].get(level, {})
    grades: tuple[Severity, ...] = ("serious", "moderate", "minor")
    for grade in grades:
        step = steps.get(grade)
        if step is not None and (size >= step if direction == "raised" else size <= step):
            return grade
    return "none expected"


def _words(
    direction: str, harm: InteractionTrait | None, severity: Severity, of_active: bool
) -> str:
    what = "of what it is turned into and acts by" if of_active else "of it in blood"
    how = "More" if direction == "raised" else "Less"
    if severity == "none expected":
        return f"{how} {what}, by so little that nothing is to be expected of it."
    if harm is None or not harm.statement:
        return f"{how} {what}; what that does was not recorded here."
    return f"{how} {what}: {harm.statement}."


def _behind(
    victim: Profile, perpetrator: Profile, enzymes: tuple[str, ...]
) -> list[InteractionTrait]:
    """The traits that the prediction rests on."""
    wanted = [
        (profile, kind, enzyme)
        for enzyme in enzymes
        for profile, kinds in (
            (perpetrator, ("inhibits", "induces")),
            (victim, ("cleared by", "activated by")),
        )
        for kind in kinds
    ]
    found = (profile.traits.get((kind, enzyme)) for profile, kind, enzyme in wanted)
    return [trait for trait in found if trait is not None]


def _sources(traits: list[InteractionTrait], seen: Observed | None) -> Iterator[Source]:
    if seen is not None:
        how = "recall" if seen.recalled else "abstract"
        yield from (Source(name, "observed ratio of areas", how) for name in seen.references)
    for trait in traits:
        yield from (Source(name, trait.location, trait.seen) for name in trait.sources)


def _called(enzyme: str) -> str:
    return _NAMES.get(enzyme, enzyme.upper())
