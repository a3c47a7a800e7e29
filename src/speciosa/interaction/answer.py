"""The answer to "may they be taken together?": every pair of what was named, or all that one thing must not be taken with."""

from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

from speciosa.errors import Fault, InputError
from speciosa.facts import reference, substances
from speciosa.facts.interactions import Severity
from speciosa.interaction.finding import SEVERITIES, Finding
from speciosa.interaction.pair import Pair, pair_of
from speciosa.interaction.parties import Party, party, taken_as
from speciosa.interaction.profile import listed
from speciosa.interaction.words import NOTE, text_of

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Interactions:
    """What is known of things taken together.

    Attributes:
        parties: what was asked about.
        pairs: each pair of them, from the worst on; for one thing alone, it with everything else that matters.
        checked: with how many substances one thing alone was compared; 0 where several were named.
    """

    parties: tuple[Party, ...]
    pairs: tuple[Pair, ...]
    checked: int = 0

    @property
    def severity(self) -> Severity:
        """The worst of the pairs."""
        return self.pairs[0].severity if self.pairs else "not known"

    def __str__(self) -> str:
        return text_of(self.parties, self.pairs, self.checked)

    def as_dict(self) -> dict[str, Any]:
        """The answer for JSON."""
        return {
            "asked": [asdict(each) for each in self.parties],
            "severity": self.severity,
            "pairs": [_pair(each) for each in self.pairs],
            "checked": self.checked,
            "note": NOTE,
        }

    def to_frame(self) -> "pl.DataFrame":
        """One row a finding; a pair of which nothing is known has one row too."""
        import polars as pl

        rows = [row for each in self.pairs for row in _rows(each)]
        return pl.DataFrame(rows, schema=dict.fromkeys(_COLUMNS, pl.String()), orient="row")


_COLUMNS = (
    "one", "other", "severity", "mechanism", "change", "of", "effect", "predicted", "observed", "certainty", "sources",
)  # fmt: skip


def interactions(*names: str) -> Interactions:
    """What may happen when these are taken together; for one name, what it must not be taken with.

    Severity, mechanism, size and certainty of each pair, from labels, studies and properties of the fact base. It informs:
    it advises no dose, and what is not known is said to be not known.

    Args:
        names: substances, classes or products by any of their names; brands too.

    Raises:
        InputError: no name, or the same name twice.
        UnknownNameError: a name that is not known, with those that are like it.

    Example:
        >>> found = interactions("kratom", "citalopram")
        >>> found.severity, [finding.mechanism for finding in found.pairs[0].findings][:2]
        ('moderate', ['serotonin', 'heart rhythm'])
        >>> interactions("naltrexone", "Suboxone").severity
        'contraindicated'
    """
    if not names:
        raise InputError(Fault("interactions", "one name or more", "none"))
    parties = tuple(party(name) for name in names)
    ids = [each.id for each in parties]
    if len(set(ids)) < len(ids):
        twice = next(each for each in parties if ids.count(each.id) > 1)
        raise InputError(Fault("interactions", "different things", f"{twice.label} twice"))
    if len(parties) == 1:
        return _with_everything(parties[0])
    pairs = [pair_of(one, other) for one, other in combinations(parties, 2)]
    return Interactions(parties, tuple(sorted(pairs, key=_worst)))


@lru_cache(maxsize=64)
def _with_everything(asked: Party) -> Interactions:
    """One thing with every substance of which something is recorded; what is minor or not known is left out."""
    others = [
        party(taken_as().get(name, name))
        for name in listed()
        if name in substances() and name not in asked.substances and name != asked.id
    ]
    pairs = [pair_of(asked, other) for other in others]
    told = [each for each in pairs if each.severity in SEVERITIES[:3]]
    return Interactions(
        (asked,),
        tuple(sorted(told, key=lambda each: (_worst(each), each.other.label))),
        len(others),
    )


def _worst(pair: Pair) -> int:
    """Order of telling: what is not known stands before what is minor, as it may be worse."""
    order = ("contraindicated", "serious", "moderate", "not known", "minor", "none expected")
    return order.index(pair.severity)


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "one": pair.one.label,
        "other": pair.other.label,
        "severity": pair.severity,
        "findings": [_finding(each) for each in pair.findings],
        "unknown": pair.unknown,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    told = asdict(finding)
    told.pop("key")
    told.pop("closeness")
    told["sources"] = [
        asdict(each) | {"title": reference(each.reference).title} for each in finding.sources
    ]
    return told


def _rows(pair: Pair) -> list[tuple[str, ...]]:
    names = (pair.one.label, pair.other.label)
    if not pair.findings:
        return [(*names, pair.severity, "", "", "", pair.unknown, "", "", "", "")]
    return [
        (
            *names,
            each.severity,
            each.mechanism,
            each.change,
            each.victim,
            each.effect,
            str(each.predicted or ""),
            str(each.observed or ""),
            each.certainty,
            "; ".join(source.reference for source in each.sources),
        )
        for each in pair.findings
    ]
