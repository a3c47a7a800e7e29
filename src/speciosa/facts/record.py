"""What every record of the fact base is made of: its cells, its references, how it was seen, a value and its spread.

Empty cells are ``None`` for numbers and ``""`` for text. `Checked` tells what became of a fact when it was compared
with its source; see ``speciosa.facts.checks``.
"""

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Seen = Literal["fulltext", "abstract", "repository", "recall", "judgement"]
"""How a number was seen: text or table of the source; its abstract or an excerpt; a public transcription; memory; or
not at all, as it is this project's own choice."""

ASSUMED: tuple[Seen, ...] = ("recall", "judgement")
"""Ways in which a number was seen in no document; what counts for memory counts for judgement."""

Checked = Literal["confirmed", "corrected", "unconfirmed", "recalled", "judgement"]
Statistic = Literal["mean", "median", "geomean", "typical", "iiv_omega", "single"]
SpreadType = Literal["none", "sd", "se", "cv%", "range", "iqr", "ci90", "ci95", "unstated"]
SEEN: tuple[str, ...] = get_args(Seen)
POINT_SPREADS = ("sd", "se", "cv%")
INTERVAL_SPREADS = ("range", "iqr", "ci90", "ci95")


def _empty_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _none_is_empty(value: Any) -> Any:
    return "" if value is None else value


Number = Annotated[float | None, BeforeValidator(_empty_is_none)]
Count = Annotated[int | None, BeforeValidator(_empty_is_none)]
Text = Annotated[str, BeforeValidator(_none_is_empty)]


class Record(BaseModel):
    """A row of a fact file, frozen; every fact has an id and says how it was seen."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, allow_inf_nan=False)

    id: str = Field(min_length=1)
    note: Text = ""
    original: Text = ""
    checked: Text = ""


class Fact(Record):
    """A record that stands on one or more references."""

    reference: str = Field(min_length=1)
    location: Text = ""
    seen: Seen

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of the references, in the order written."""
        return split(self.reference)


class Measured(Fact):
    """A fact with a value, a unit, a statistic and a spread."""

    value: Number = None
    unit: Text = ""
    statistic: Statistic
    spread_type: SpreadType = "none"
    spread: Number = None
    spread_low: Number = None
    spread_high: Number = None
    n: Count = None

    @model_validator(mode="after")
    def _spread_fits_its_type(self) -> "Measured":
        ends = (self.spread_low, self.spread_high)
        if self.spread_type in POINT_SPREADS and (self.spread is None or ends != (None, None)):
            raise ValueError(f"spread: {self.spread_type} needs one number in spread and no ends")
        if self.spread_type in INTERVAL_SPREADS and (self.spread is not None or None in ends):
            raise ValueError(f"spread_low: {self.spread_type} needs spread_low and spread_high")
        if self.spread_type == "none" and (self.spread, *ends) != (None, None, None):
            raise ValueError("spread_type: a spread is given but its type is none")
        return self

    @property
    def printed_spread(self) -> str:
        """The spread as one text: ``4.5``, ``3.1-4.5`` or nothing."""
        if self.spread is not None:
            return f"{self.spread:g}"
        if self.spread_low is not None and self.spread_high is not None:
            return f"{self.spread_low:g} to {self.spread_high:g}"
        return ""


def split(text: str) -> tuple[str, ...]:
    """The parts of a list written with semicolons.

    Example:
        >>> split("a; b ;c")
        ('a', 'b', 'c')
    """
    return tuple(part.strip() for part in text.split(";") if part.strip())
