"""The traits of one substance: its own, and where it has none of a kind, those of its classes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from speciosa.facts import records
from speciosa.facts.interactions import RELATIONS, InteractionTrait


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What is known of a substance that matters for what is taken with it.

    Attributes:
        substance: its id.
        classes: ids of the classes that it belongs to.
        traits: by the kind of trait and the enzyme, ``""`` for traits of no enzyme.
    """

    substance: str
    classes: tuple[str, ...]
    traits: Mapping[tuple[str, str], InteractionTrait]

    def level(self, trait: str, of: str = "") -> str:
        """The level of a trait; ``""`` where the substance does not have it."""
        found = self.traits.get((trait, of))
        return found.level if found else ""

    @lru_cache(maxsize=8192)  # noqa: B019  (profiles are kept as long)
    def enzymes(self, trait: str) -> Mapping[str, str]:
        """The levels of a trait by enzyme."""
        return {of: found.level for (kind, of), found in self.traits.items() if kind == trait}

    @property
    def described(self) -> bool:
        """Whether every property of the list was considered for it, so that silence means something."""
        return self.level("described") == "yes"


@lru_cache(maxsize=2048)
def profile(of: str) -> Profile:
    """The traits of a substance or class.

    Example:
        >>> found = profile("paroxetine")
        >>> found.classes, found.level("inhibits", "cyp2d6"), found.level("serotonergic")
        (('ssri',), 'strong', 'strong')
    """
    by_substance = _by_substance()
    own = by_substance.get(of, ())
    classes = tuple(row.of for row in own if row.trait == "belongs to")
    traits: dict[tuple[str, str], InteractionTrait] = {}
    for row in (*own, *(each for name in classes for each in by_substance.get(name, ()))):
        if row.trait not in RELATIONS:
            traits.setdefault((row.trait, row.of), row)
    return Profile(of, classes, traits)


@lru_cache(maxsize=1)
def _by_substance() -> dict[str, tuple[InteractionTrait, ...]]:
    found: dict[str, list[InteractionTrait]] = {}
    for row in records("traits"):
        found.setdefault(row.substance, []).append(row)
    return {name: tuple(rows) for name, rows in found.items()}


def listed() -> tuple[str, ...]:
    """Every substance that has a trait, classes and mixtures left out."""
    classes = {row.of for row in records("traits", trait="belongs to")}
    through = {row.substance for row in records("traits", trait="acts through")}
    return tuple(name for name in _by_substance() if name not in classes | through)
