"""What the rules of the fact base say of two substances."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from speciosa.facts import records
from speciosa.facts.interactions import InteractionRule, wanted
from speciosa.facts.record import split
from speciosa.interaction.finding import Finding, Source
from speciosa.interaction.profile import Profile, profile

_OF_EXPOSURE = ("raises", "lowers", "raises second", "none")


def rule_findings(one: Profile, other: Profile) -> Iterator[Finding]:
    """Every rule that two substances meet, whichever is named first.

    Example:
        >>> from speciosa.interaction.profile import profile
        >>> [(f.severity, f.mechanism) for f in rule_findings(profile("diazepam"), profile("oxycodone"))]
        [('serious', 'breathing'), ('serious', 'breathing')]
    """
    told: set[str] = set()
    for first, second in ((one, other), (other, one)):
        sides = _sides(second.substance).other
        for name, closeness in _sides(first.substance).one.items():
            if name in sides and name not in told:
                told.add(name)
                yield _finding(_rules()[name], first, second, closeness + sides[name])


@dataclass(frozen=True, slots=True)
class _Sides:
    """The rules that a substance meets on each side, and how closely they name it."""

    one: Mapping[str, int]
    other: Mapping[str, int]


@lru_cache(maxsize=2048)
def _sides(substance: str) -> _Sides:
    of, index = profile(substance), _index()
    closeness = dict.fromkeys(
        (
            side
            for key in (*of.classes, *((*key, trait.level) for key, trait in of.traits.items()))
            for side in index.get(key, ())
        ),
        1,
    )
    closeness |= dict.fromkeys(index.get(substance, ()), 2)
    met = {name: (closeness.get(r.one), closeness.get(r.other)) for name, r in _rules().items()}
    return _Sides(
        {name: first for name, (first, _) in met.items() if first},
        {name: second for name, (_, second) in met.items() if second},
    )


@lru_cache(maxsize=1)
def _index() -> Mapping[object, list[str]]:
    """The sides of rules that ask for a name or a class, and those that ask for a trait at a level."""
    found: dict[object, list[str]] = {}
    for side in {side for rule in _rules().values() for side in (rule.one, rule.other)}:
        for selector in split(side):
            keys: list[object] = [selector]
            if ":" in selector:
                trait, of, levels = wanted(selector)
                keys = [(trait, of, level) for level in levels]
            for key in keys:
                found.setdefault(key, []).append(side)
    return found


@lru_cache(maxsize=1)
def _rules() -> Mapping[str, InteractionRule]:
    return {rule.id: rule for rule in records("interactions")}


def _finding(rule: InteractionRule, first: Profile, second: Profile, closeness: int) -> Finding:
    victim = ""
    key: tuple[str, ...] = ("effect", rule.mechanism)
    change = "raises" if rule.change == "raises second" else rule.change
    if rule.change in _OF_EXPOSURE:
        victim = (second if rule.change == "raises second" else first).substance
        key = ("exposure", victim, change)
    return Finding(
        key=key,
        severity=rule.severity,
        mechanism=rule.mechanism,
        change=change,
        victim=victim,
        effect=rule.statement,
        certainty=rule.certainty,
        sources=tuple(Source(name, rule.location, rule.seen) for name in rule.sources),
        facts=(rule.id,),
        closeness=closeness,
    )
