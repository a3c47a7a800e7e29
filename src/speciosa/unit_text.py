"""The grammar of written units, and the list of symbols that may stand in them.

::

    unit   = ["1"] "/" ratio | ratio
    ratio  = factor { ("*" | "." | " " | "/") factor }
    factor = ( symbol | "(" ratio ")" ) [ ["^" | "**"] exponent ]

Exponents reach from -3 to 3. A number stands in a unit only as ``1`` or as the 1.73 of ``mL/min/1.73 m2``. What follows
this grammar is read in one pass over the text, and nothing else of a text that a user wrote reaches the arithmetic of
units.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache

from speciosa.errors import Fault, InputError

LONGEST, DEEPEST, STEEPEST = 60, 4, 3.0

_PREFIXES = {
    "g": "f p n u m k",
    "mol": "f p n u m k",
    "M": "f p n u m",
    "L": "n u m c d",
    "l": "n u m c d",
    "m": "n u m c k",
    "s": "n u m",
    "Pa": "h k M",
    "Hz": "m k M",
    "J": "m k",
    "W": "m k",
    "V": "u m",
    "A": "n u m",
    "N": "m k",
    "Bq": "k M G",
    "cal": "k",
    "eq": "u m",
}
_WORDS = """
    K h hr hour hours min minute minutes sec second seconds d day days week weeks wk month months year years yr kiloyear
    % percent permille ppm dimensionless count mmHg cmH2O degC degF lb ounce rad MME mme IU U point points bpm
    gram grams kilogram kilograms milligram milligrams microgram micrograms nanogram nanograms picogram picograms
    liter liters litre litres milliliter milliliters millilitre millilitres mole moles nanomole micromole millimole
"""
_MEANT = {
    "mcg": "ug",
    "hr": "h",
    "sec": "s",
    "wk": "week",
    "yr": "year",
    "bpm": "1/min",
    "IU": "international_unit",
    "U": "enzyme_unit",
    "eq": "mol",
    "degC": "delta_degC",
    "degF": "delta_degF",
    "meq": "mmol",
    "ueq": "umol",
}
SYMBOLS = frozenset(
    {"mcg", *_MEANT, *_WORDS.split(), *_PREFIXES}
    | {prefix + unit for unit, prefixes in _PREFIXES.items() for prefix in prefixes.split()}
)
"""Every symbol that a unit may be written with."""

_SPELLED = str.maketrans({"µ": "u", "μ": "u", "·": "*", "⋅": "*", "×": "*", "²": "^2", "³": "^3"})  # noqa: RUF001
_TOKEN = re.compile(
    r"\s*(?:(1\.73 ?m\^?2)|([A-Za-z]+[0-9]O|[A-Za-z]+|%)|(\*\*|\^)|([-+]?[0-9]+(?:\.[0-9]{1,4})?)|([*./()]))"
)


@lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """A written unit in one spelling that the arithmetic of units reads.

    Raises:
        InputError: a text that is no unit, with the place and the nearest symbol that is known.

    Example:
        >>> canonical("mcg/mL"), canonical("kg.m2"), canonical("ng h/mL"), canonical("/min")
        ('ug/mL', 'kg*m**2', 'ng*h/mL', '1/min')
        >>> canonical("mg/")
        Traceback (most recent call last):
        speciosa.errors.InputError: unit 'mg/': expected a symbol after '/', found the end.
    """
    shown = repr(text if len(text) <= LONGEST else text[: LONGEST - 3] + "...")
    where = f"unit {shown}"
    if len(text) > LONGEST:
        raise InputError(Fault(where, f"at most {LONGEST} characters", str(len(text))))
    written = text.strip().translate(_SPELLED)
    if written in {"", "1"}:
        return "dimensionless"
    reader = _Reader(list(_tokens(written, where)), where)
    found = reader.ratio(0)
    if reader.rest:
        raise InputError(Fault(where, "an operator or the end", repr(reader.rest[0][1])))
    return found


def _tokens(text: str, where: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise InputError(Fault(where, "letters, * / ^ ( ) and powers", repr(text[place])))
        kinds = ("surface", "symbol", "power", "number", "mark")
        yield next((k, v) for k, v in zip(kinds, match.groups(), strict=True) if v is not None)
        place = match.end()


class _Reader:
    """Reads the tokens of a unit from left to right."""

    def __init__(self, tokens: list[tuple[str, str]], where: str) -> None:
        self.rest, self.where = tokens, where

    def ratio(self, depth: int) -> str:
        """Factors joined by multiplication and division, until a closing bracket or the end."""
        if depth > DEEPEST:
            raise InputError(
                Fault(self.where, f"at most {DEEPEST} brackets in one another", "more")
            )
        if self.rest and self.rest[0] == ("mark", "/"):
            self.rest.insert(0, ("number", "1"))
        found = self._factor(depth, "the beginning")
        while self.rest and self.rest[0] != ("mark", ")"):
            kind, mark = self.rest[0]
            if kind == "mark" and mark in "*./":
                self.rest.pop(0)
            elif kind in {"symbol", "surface"} or (kind, mark) == ("mark", "("):
                mark = "*"
            else:
                raise InputError(Fault(self.where, "an operator or the end", repr(mark)))
            found += ("/" if mark == "/" else "*") + self._factor(depth, repr(mark))
        return found

    def _factor(self, depth: int, after: str) -> str:
        kind, value = self.rest.pop(0) if self.rest else ("end", "the end")
        if (kind, value) == ("mark", "("):
            inner = self.ratio(depth + 1)
            if not self.rest:
                raise InputError(Fault(self.where, "a closing bracket", "the end"))
            self.rest.pop(0)
            return f"({inner}){self._exponent()}"
        if kind == "surface" or (kind, value) == ("number", "1"):
            return "1"
        if kind != "symbol":
            found = value if kind == "end" else repr(value)
            raise InputError(Fault(self.where, f"a symbol after {after}", found))
        if value not in SYMBOLS:
            raise InputError(Fault(self.where, "a unit that is known", repr(value), _guess(value)))
        symbol = _MEANT.get(value, value)
        exponent = self._exponent()
        return f"({symbol}){exponent}" if exponent and "/" in symbol else symbol + exponent

    def _exponent(self) -> str:
        marked = bool(self.rest) and self.rest[0][0] == "power"
        if marked:
            self.rest.pop(0)
        if not self.rest or self.rest[0][0] != "number":
            if marked:
                found = repr(self.rest[0][1]) if self.rest else "the end"
                raise InputError(Fault(self.where, "an exponent after '^'", found))
            return ""
        value = float(self.rest.pop(0)[1])
        if not 0 < abs(value) <= STEEPEST:
            raise InputError(Fault(self.where, "an exponent from -3 to 3, not 0", f"{value:g}"))
        return f"**{value:g}"


def _guess(symbol: str) -> str:
    """The nearest symbols that are known, as a question."""
    folded = [known for known in sorted(SYMBOLS) if known.casefold() == symbol.casefold()]
    near = folded or get_close_matches(symbol, sorted(SYMBOLS), 2, 0.6)
    return f"Did you mean {' or '.join(near)}?" if near else ""
