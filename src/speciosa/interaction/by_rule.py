"""What the rules of the fact base say of two substances."""

from collections.abc import Iterator
from functools import lru_cache

from speciosa.facts import records
from speciosa.facts.interactions import InteractionRule
from speciosa.facts.record import split
from speciosa.interaction.finding import Finding, Source
from speciosa.interaction.profile import Profile

_OF_EXPOSURE = ("raises", "lowers", "raises second", "none")


def rule_findings(one: Profile, other: Profile) -> Iterator[Finding]:
    """Every rule that two substances meet, whichever is named first.

    Example:
        >>> from speciosa.interaction.profile import profile
        >>> [(f.severity, f.mechanism) for f in rule_findings(profile("diazepam"), profile("oxycodone"))]
        [('serious', 'breathing'), ('serious', 'breathing')]
    """
    for rule in _rules():
        for first, second in ((one, other), (other, one)):
            closeness = _met(rule.one, first), _met(rule.other, second)
            if all(closeness):
                yield _finding(rule, first, second, sum(closeness))
                break


def _met(side: str, of: Profile) -> int:
    return max(of.meets(selector) for selector in split(side))


@lru_cache(maxsize=1)
def _rules() -> tuple[InteractionRule, ...]:
    return records("interactions")


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
