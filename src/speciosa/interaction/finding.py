"""One thing that is known of two substances together."""

from dataclasses import dataclass

from speciosa.facts.interactions import Severity
from speciosa.interaction.exposure import Ratio
from speciosa.interaction.observed import Observed

SEVERITIES: tuple[Severity, ...] = (
    "contraindicated", "serious", "moderate", "minor", "none expected", "not known",
)  # fmt: skip
"""From the worst on; what is not known is not the least, it stands apart."""

_SURE = ("label", "guideline", "human study", "case reports", "predicted from enzyme", "class")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a statement comes from: a document, the place in it, and how it was seen."""

    reference: str
    location: str
    seen: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is known of a pair.

    Attributes:
        key: what it is about: an effect, or the exposure of a substance; findings of one key are joined.
        severity: one of `SEVERITIES`.
        mechanism: an enzyme, or the effect that adds up or is opposed.
        change: ``adds``, ``opposes``, ``raises``, ``lowers`` or ``none``.
        victim: the substance whose exposure or effect changes; ``""`` where both do.
        effect: what may happen, in plain words.
        certainty: what it stands on: label, guideline, human study, case reports, predicted from enzyme, class.
        sources: documents.
        facts: ids of the rows of the fact base.
        predicted: ratio of areas from shares of clearance.
        observed: ratio of areas in studies.
        closeness: 4 where a rule names both substances, less where it names classes or traits.
    """

    key: tuple[str, ...]
    severity: Severity
    mechanism: str
    change: str
    victim: str
    effect: str
    certainty: str
    sources: tuple[Source, ...] = ()
    facts: tuple[str, ...] = ()
    predicted: Ratio | None = None
    observed: Observed | None = None
    closeness: int = 0

    @property
    def rank(self) -> int:
        """0 for the worst severity."""
        return SEVERITIES.index(self.severity)

    @property
    def from_memory(self) -> bool:
        """Whether no document was seen for it."""
        return bool(self.sources) and all(each.seen == "recall" for each in self.sources)


def joined(findings: list[Finding]) -> Finding:
    """One finding of several about the same thing: the words of the closest, the sizes and sources of all.

    A rule that names both substances decides alone; else the worst severity does.
    """
    explicit = [each for each in findings if each.closeness == 4]
    leading = min(explicit or findings, key=lambda each: (each.rank, -each.closeness, _sure(each)))
    rest = [each for each in findings if each is not leading]
    sources = dict.fromkeys(source for each in (leading, *rest) for source in each.sources)
    facts = dict.fromkeys(fact for each in (leading, *rest) for fact in each.facts)
    return Finding(
        key=leading.key,
        severity=leading.severity,
        mechanism=leading.mechanism,
        change=leading.change,
        victim=leading.victim,
        effect=leading.effect,
        certainty=leading.certainty,
        sources=tuple(sources),
        facts=tuple(facts),
        predicted=next((each.predicted for each in findings if each.predicted), None),
        observed=next((each.observed for each in findings if each.observed), None),
        closeness=leading.closeness,
    )


def _sure(finding: Finding) -> int:
    return _SURE.index(finding.certainty)
