"""What was compared when a fact was confirmed: the figures as printed, about whom, where, on which day, by what.

A record stands beside the tables in ``confirmations/*.csv``, keyed by the id of its row, so that the tables stay
readable. It holds figures and our own words, never sentences of the source:

- `printed`: the figures as printed, ``name=figure`` joined by semicolons. A name is a column of the row (``value``,
  ``n``, ``events_t``), a kind of spread (``sd``, ``se``, ``cv%``, ``range``, ``iqr``, ``ci90``, ``ci95``, ``unstated``)
  or a word of its own that `follows` uses. A figure is a number, or two joined by ``to``, with its unit; or text. A row
  whose result is in words has ``finding=`` and what the passage says, in our own words.
- `follows`: for columns that are not printed as such, ``column=formula``: numbers, names of `printed`, ``[id]`` for the
  value or ``[id.column]`` for a column of another row, ``exp log sqrt``, and at the end the unit of the result where
  it is not that of the row.
- `about`: what the passage speaks about, ``key=words`` joined by semicolons; keys are in `ABOUT`.
- `passage`: what tells a later reader whether the passage has changed, see `passage_mark`.

`about` says what the passage prints. A label of a row that it does not print, but that follows from something printed or
is the class this project gives where a source says nothing, is an `Inference` in ``inferred/*.csv``, with its reason.

Whether the row follows from its record, ``audit_confirmed`` says.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from speciosa.facts.record import Text, split

How = Literal[
    "table", "abstract", "label", "registry", "statute", "repository file", "recomputed",
]  # fmt: skip
"""What was read: a table or the text of the source, its abstract, a label, a registry entry, a statute or order, a file
of a public repository; or nothing but other rows and data, from which the value was computed again."""

ABOUT = (
    "drug", "species", "population", "route", "form", "dose", "condition", "comparison",
    "outcome", "time", "assay",
)  # fmt: skip
"""What a record may say of its passage; `assay` is the preparation of what was not measured in people."""

Label = Literal[
    "dosing", "route", "form", "fed", "population", "spread", "statistic", "period", "design",
    "comparison", "time", "assay", "species",
]  # fmt: skip
"""A kind of label: once or repeatedly (dosing), how taken, fasted or fed, whose, kind of spread, mean or median
(statistic), until when an area counts (period), how a study was done, against what and when."""

_MARK = re.compile(r"(git|figures|sha256):[0-9a-f]{7,64}")
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_FIGURE = re.compile(rf"({_NUMBER})(?:\s+to\s+({_NUMBER}))?(?:\s+(\S.*))?")


class Confirmation(BaseModel):
    """The record of one comparison of a row with its source.

    `not_stated` lists columns of the row that the passage does not print, such as the sizes of a trial's groups known
    from elsewhere; the value itself can not be among them, and a row with a spread states none of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    fact: str = Field(min_length=1)
    printed: Text = ""
    follows: Text = ""
    not_stated: Text = ""
    about: str = Field(min_length=1)
    place: str = Field(min_length=1)
    confirmed_on: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    confirmed_by: How
    passage: Text = ""
    note: Text = ""

    @field_validator("passage")
    @classmethod
    def _marked(cls, value: str) -> str:
        if value and not _MARK.fullmatch(value):
            raise ValueError("git:, figures: or sha256: with a hash")
        return value


class Inference(BaseModel):
    """A label that rows have and their source does not print: what it says, and why it is right all the same.

    Attributes:
        facts: ids of the rows, of one source, separated by semicolons.
        label: of what kind the label is.
        says: the label, in a word of the rows.
        by: ``design`` where it follows from something that is printed, ``convention`` where it is the class that this
            project gives to what a source leaves open.
        because: from what it follows, or which convention it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    facts: str = Field(min_length=1)
    label: Label
    says: str = Field(min_length=2)
    by: Literal["design", "convention"]
    because: str = Field(min_length=15)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a source: a number or two, a unit, or text where it is no number."""

    low: float | None
    high: float | None = None
    unit: str = ""
    text: str = ""


def figure(text: str) -> Figure:
    """A figure as written in a record.

    Example:
        >>> figure("4.24 to 5.20 L/h"), figure("banned").text
        (Figure(low=4.24, high=5.2, unit='L/h', text=''), 'banned')
    """
    match = _FIGURE.fullmatch(text.strip())
    if match is None:
        return Figure(None, text=text.strip())
    return Figure(float(match[1]), float(match[2]) if match[2] else None, match[3] or "")


def pairs(text: str) -> dict[str, str]:
    """The ``key=words`` of a cell, in order.

    Example:
        >>> pairs("drug=tramadol; form=oral drops")
        {'drug': 'tramadol', 'form': 'oral drops'}
    """
    parts = (part.partition("=") for part in split(text))
    return {key.strip(): words.strip() for key, _, words in parts}


def passage_mark(passage: str) -> str:
    """The mark of a passage that was read: a hash of its numbers in reading order.

    Words, spaces and line ends do not count, so that a copy of the passage on another page has the same mark, and no
    sentence of the source needs to be kept. A file of a public repository is marked by the hash git gives it instead.

    Example:
        >>> passage_mark("CL was 91.9 L/h (n = 49)") == passage_mark("CL: 91.9 (49 patients)")
        True
    """
    found = re.findall(r"\d+(?:\.\d+)?", passage.replace(",", ""))
    return "figures:" + hashlib.sha256(" ".join(found).encode()).hexdigest()[:16]
