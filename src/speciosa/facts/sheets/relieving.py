"""What a sheet says of the pain that a drug relieves, where that is known from trials and not from a receptor."""

from typing import Literal

from pydantic import model_validator

from speciosa.facts.sheets.number import SheetParameter, SheetRecord

Target = Literal[
    "mor", "kor", "dor", "alpha2a", "serotonin_1a", "net", "sert", "herg", "sedative", "gut", "reward",
]  # fmt: skip
"""Where a substance can act in the models of the effects; `gut` and `reward` stand for ways to nausea and liking of their own."""

CONDITIONS = ("low_back", "osteoarthritis", "neuropathic", "fibromyalgia")
"""Chronic pain by condition, as trials of painkillers take it."""

SURGERIES = ("dental", "other")
"""Pain after surgery by what was operated on, as trials of single doses take it."""

SETTINGS = ("acute", "chronic", *CONDITIONS)


class Relieving(SheetRecord):
    """Relief of pain by concentration, as trials against placebo give it; what is left out is the mechanism's.

    Attributes:
        mechanism: substances of one mechanism relieve the same patients, and add up as concentrations of one drug would.
        ke0: transfer from plasma to the site of action.
        c50: total concentration in plasma that gives half of the most, once the site of action has followed.
        c50_chronic: the same in chronic pain, where it differs.
        acute: share of the pain after surgery that goes at most, in the middle patient.
        chronic: the same of chronic pain, where a condition has no number of its own.
        low_back: of chronic low back pain.
        osteoarthritis: of osteoarthritis.
        neuropathic: of neuropathic pain.
        fibromyalgia: of fibromyalgia.
        builds_up: time in which relief of chronic pain follows the concentration.
    """

    mechanism: str
    c50: SheetParameter
    ke0: SheetParameter | None = None
    c50_chronic: SheetParameter | None = None
    acute: SheetParameter | None = None
    chronic: SheetParameter | None = None
    low_back: SheetParameter | None = None
    osteoarthritis: SheetParameter | None = None
    neuropathic: SheetParameter | None = None
    fibromyalgia: SheetParameter | None = None
    builds_up: SheetParameter | None = None

    @model_validator(mode="after")
    def _shares(self) -> "Relieving":
        for name in SETTINGS:
            entry = getattr(self, name)
            if entry is not None and not 0 <= entry.value < 1:
                raise ValueError(f"{name} is a share of the pain, 0 to less than 1")
        return self

    def numbers(self) -> dict[str, SheetParameter]:
        """Every number by its name."""
        found = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: entry for name, entry in found.items() if isinstance(entry, SheetParameter)}
