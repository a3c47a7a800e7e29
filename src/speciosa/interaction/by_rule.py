"""What the rules of the fact base say of two substances."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from speciosa.facts import records
from speciosa.facts.interactions import InteractionRule
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
    of = profile(substance)
    closeness = {side: _met(side, of) for side in _selectors()}
    met = {name: (closeness[rule.one], closeness[rule.other]) for name, rule in _rules().items()}
    return _Sides(
        {name: first for name, (first, _) in met.items() if first},
        {name: second for name, (_, second) in met.items() if second},
    )


def _met(side: str, of: Profile) -> int:
    return max(of.meets(selector) for selector in _selectors()[side])


@lru_cache(maxsize=1)
def _selectors() -> Mapping[str, tuple[str, ...]]:
    """The selectors of every side of a rule; many rules share one."""
    return {side: split(side) for rule in _rules().values() for side in (rule.one, rule.other)}


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
