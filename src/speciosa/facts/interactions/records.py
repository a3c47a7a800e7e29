"""The two records of what is taken together: a trait of a substance, a rule between two sides."""

from typing import Literal

from pydantic import model_validator

from speciosa.facts.interactions.vocabulary import ENZYMES, OF_EFFECT, OF_ENZYME, RELATIONS, wanted
from speciosa.facts.record import Fact, Text, split

Severity = Literal[
    "contraindicated", "serious", "moderate", "minor", "none expected", "not known"
]  # fmt: skip
Certainty = Literal[
    "label", "guideline", "human study", "case reports", "predicted from enzyme", "class"
]  # fmt: skip
Change = Literal["adds", "opposes", "raises", "lowers", "raises second", "none", ""]
"""What happens: both effects add, one opposes the other, or the level of the first (or second) rises or falls."""


class InteractionTrait(Fact):
    """One property of a substance or class that matters for what is taken with it.

    Attributes:
        of: the enzyme or transporter, or the class or content of a relation.
        statement: of `raised exposure` and `lowered exposure`, what may happen in plain words.
    """

    substance: str
    trait: str
    of: Text = ""
    level: Text = ""
    statement: Text = ""

    @model_validator(mode="after")
    def _known(self) -> "InteractionTrait":
        if self.trait in RELATIONS:
            if not self.of or self.level:
                raise ValueError(f"of: {self.trait} needs what it is, and no level")
            return self
        levels = {**OF_ENZYME, **OF_EFFECT}.get(self.trait)
        if levels is None:
            raise ValueError(f"trait: one of {', '.join((*RELATIONS, *OF_ENZYME, *OF_EFFECT))}")
        if self.level not in levels:
            raise ValueError(f"level: of {self.trait} one of {', '.join(levels)}")
        if (self.trait in OF_ENZYME) != (self.of in ENZYMES):
            raise ValueError(f"of: one of {', '.join(ENZYMES)} where the trait is of an enzyme")
        return self


class InteractionRule(Fact):
    """What follows when something of `one` is taken with something of `other`.

    Attributes:
        one, other: selectors; see the module.
        mechanism: an enzyme, or the effect that adds up or is opposed.
        change: `Change`; what rises or falls is the first side unless it says second.
        statement: what may happen, in plain words of our own.
    """

    one: str
    other: str
    severity: Severity
    mechanism: str
    change: Change = ""
    certainty: Certainty
    statement: str

    @model_validator(mode="after")
    def _selectors(self) -> "InteractionRule":
        for side in (self.one, self.other):
            for selector in split(side):
                if ":" in selector:
                    wanted(selector)
        return self
