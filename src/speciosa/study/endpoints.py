"""The outcomes that a study can read from simulated patients; defined in ``outcomes.toml``."""

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict

from speciosa.errors import UnknownNameError
from speciosa.outcomes import Direction

Statistic = Literal["mean", "fall", "peak", "rise", "nadir", "nadir_fall", "hours_above"]
Window = Literal["treatment", "first_hours", "first_week", "last_day", "after", "all"]


class OutcomeDefinition(BaseModel):
    """How one outcome of a study is read from an effect output of each patient.

    Attributes:
        key: its name in study files.
        title: its name in reports.
        plain: what the number means, for a reader without training.
        output: effect output of the pharmacology.
        of: statistic of one patient over `window`.
        threshold: of ``hours_above``.
        scale: factor on the statistic.
        share: ``{"ge" or "lt": level}``; the outcome is then the share of patients on that side.
        responder: least relative fall from baseline of a responder; the outcome is then their share.
        unit: of the outcome.
        direction: whether more is better.
        indications: for which questions it is read when none is named.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    title: str
    plain: str
    output: str
    of: Statistic
    window: Window
    unit: str
    direction: Direction
    indications: tuple[str, ...]
    threshold: float = 0.0
    scale: float = 1.0
    share: dict[Literal["ge", "lt"], float] | None = None
    responder: float | None = None

    @property
    def spoken(self) -> str:
        """Its title within a sentence.

        Example:
            >>> definitions()["qtc"].spoken
            'longest QTc prolongation'
        """
        return self.title[:1].lower() + self.title[1:]


@lru_cache(maxsize=1)
def definitions() -> dict[str, OutcomeDefinition]:
    """Every outcome by key, in the order in which reports show them.

    Example:
        >>> definitions()["pain_relief"].unit
        'points'
    """
    text = (files("speciosa.study") / "outcomes.toml").read_text(encoding="utf-8")
    return {key: OutcomeDefinition(key=key, **entry) for key, entry in tomllib.loads(text).items()}


FREE_BREATHING = frozenset({"minute_ventilation", "arterial_po2_mmhg", "blood_flow"})
"""Effects for which a study follows breathing second by second."""
FOLLOWED_H = 48.0
"""The longest follow-up in which that is done."""

STOPS = "breathing_stops"
"""The outcome that every study reads, and tells where more than `TOLD` of the virtual people stop breathing."""
TOLD = 1e-3


def wanted(keys: tuple[str, ...], indication: str) -> list[OutcomeDefinition]:
    """The outcomes named, or all of the indication where none is.

    Raises:
        UnknownNameError: a key that is not defined.
    """
    known = definitions()
    for key in keys:
        if key not in known:
            raise UnknownNameError("outcome", key, known)
    if keys:
        return [known[key] for key in keys]
    return [entry for entry in known.values() if indication in entry.indications]


def read_outcomes(keys: tuple[str, ...], indication: str) -> dict[str, OutcomeDefinition]:
    """The outcomes that a study reads, by key: those wanted, and whether breathing stops.

    Raises:
        UnknownNameError: a key that is not defined.

    Example:
        >>> list(read_outcomes(("pain_relief",), "pain"))
        ['pain_relief', 'breathing_stops']
    """
    found = {entry.key: entry for entry in wanted(keys, indication)}
    found.setdefault(STOPS, definitions()[STOPS])
    return found
