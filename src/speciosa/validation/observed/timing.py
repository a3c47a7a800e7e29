"""When a statistic was taken: the forms of the column ``at``.

``2.5 h`` a time, ``0.7 h to 1.3 h`` or ``72-96 h`` a window, ``last + 4 h`` a time after the last dose, ``5 @ 24 h`` a
threshold with any of these, or nothing. For a partial area the time is where it ends. Times count from the start of the study.
"""

import re
from dataclasses import dataclass

from speciosa import units
from speciosa.errors import Fault, InputError

_EXPECTED = (
    "a time ('2.5 h'), a window ('0.7 h to 1.3 h'), 'last + 4 h' or a threshold ('5 @ 24 h')"
)


@dataclass(frozen=True, slots=True)
class At:
    """A time or window in hours, from the start of the study or from the last dose, with an optional threshold.

    Example:
        >>> at, faults = parse_at("last + 4 h", "row 1")
        >>> at.window(last_h=24.0)
        (28.0, 28.0)
    """

    start_h: float | None = None
    end_h: float | None = None
    after_last: bool = False
    threshold: float | None = None

    @property
    def is_set(self) -> bool:
        """Whether a time was given."""
        return self.start_h is not None

    @property
    def is_window(self) -> bool:
        """Whether it spans time rather than naming a moment."""
        return self.start_h is not None and self.end_h != self.start_h

    def window(self, last_h: float) -> tuple[float, float]:
        """First and last hour since the start of the study, given when the last dose began."""
        if self.start_h is None or self.end_h is None:
            raise ValueError("no time was given")
        shift = last_h if self.after_last else 0.0
        return self.start_h + shift, self.end_h + shift

    def __str__(self) -> str:
        if self.start_h is None:
            return "nothing" if self.threshold is None else f"{self.threshold:g}"
        text = ("last + " if self.after_last else "") + f"{self.start_h:g} h"
        if self.is_window:
            text += f" to {self.end_h:g} h"
        return text if self.threshold is None else f"{self.threshold:g} @ {text}"


def parse_at(text: str, where: str) -> tuple[At, list[Fault]]:
    """Reads the column ``at``.

    Example:
        >>> print(parse_at("5 @ 1 d to 3 d", "row 1")[0])
        5 @ 24 h to 72 h
        >>> print(parse_at("72-96 h", "row 1")[0], parse_at("last + 2-4 h", "row 1")[0], sep="; ")
        72 h to 96 h; last + 2 h to 4 h
        >>> print(parse_at("soon", "row 1, at")[1][0].found)
        'soon'
    """
    threshold: float | None = None
    rest = text.strip()
    try:
        if "@" in rest:
            written, rest = rest.split("@", 1)
            threshold = float(written)
        if not rest.strip():
            return At(threshold=threshold), []
        first, second = _ends(rest)
        after_last = first.strip().startswith("last")
        start_h = _moment(first)
        if second and second.strip().startswith("last") != after_last:
            second = second if after_last else "x"
        end_h = _moment(second) if second else start_h
    except (InputError, ValueError):
        return At(), [Fault(where, _EXPECTED, repr(text))]
    if end_h < start_h:
        return At(), [Fault(where, "a window that ends after it begins", repr(text))]
    return At(start_h, end_h, after_last, threshold), []


_HYPHEN = re.compile(
    r"(last\s*\+?\s*)?(\d+\.?\d*)\s*([A-Za-z]*)\s*[-–—]\s*(\d+\.?\d*\s*([A-Za-z]+))"
)
_TO = re.compile(r"(last\s*\+?\s*)?(\d+\.?\d*)(\s+to\s+)(\d+\.?\d*\s*([A-Za-z]+))")


def _ends(text: str) -> tuple[str, str]:
    """Begin and end of a window, or a time and nothing; the unit of the end is that of both where it stands once."""
    plain = text.strip()
    for form in (_HYPHEN, _TO):
        found = form.fullmatch(plain)
        if found is not None:
            last = found[1] or ""
            unit = found[3] if form is _HYPHEN and found[3] else found[5]
            return f"{last}{found[2]} {unit}", f"{last}{found[4]}"
    first, _, second = text.partition(" to ")
    return first, second


def _moment(text: str) -> float:
    rest = text.strip()
    if rest.startswith("last"):
        rest = rest.removeprefix("last").strip().removeprefix("+").strip()
        if not rest:
            return 0.0
    if rest in {"0", "0.0"}:
        return 0.0
    value, unit = units.read(rest)
    if not unit:
        raise ValueError(text)
    return value * units.factor(unit, "h")
