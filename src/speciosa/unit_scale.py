"""How large each unit is: its scale in base units as an exact fraction, and its powers of the base dimensions.

A unit that the grammar of `unit_text` has passed is a product of powers of the symbols below; its size is their product.
Definitions: Bureau International des Poids et Mesures, The International System of Units, 9th edition (2019); pound, inch and
calorie (thermochemical) as in NIST Special Publication 811 (2008), appendix B; a year of 365.25 days; the point of printers.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

Powers = tuple[tuple[str, Fraction], ...]
_PREFIX = {
    "f": -15,
    "p": -12,
    "n": -9,
    "u": -6,
    "m": -3,
    "c": -2,
    "d": -1,
    "h": 2,
    "k": 3,
    "M": 6,
    "G": 9,
}
_WORD_PREFIX = {"pico": -12, "nano": -9, "micro": -6, "milli": -3, "kilo": 3}

_SIZES = """
    g 1/1000 [mass] | m 1 [length] | s 1 [time] | mol 1 [substance] | K 1 [temperature] | A 1 [current]
    min 60 [time] | h 3600 [time] | d 86400 [time] | week 604800 [time] | year 31557600 [time] | month 2629800 [time]
    L 1/1000 [length]^3 | M 1000 [substance] [length]^-3 | Hz 1 [time]^-1 | Bq 1 [time]^-1
    N 1 [mass] [length] [time]^-2 | Pa 1 [mass] [length]^-1 [time]^-2 | J 1 [mass] [length]^2 [time]^-2
    W 1 [mass] [length]^2 [time]^-3 | V 1 [mass] [length]^2 [time]^-3 [current]^-1 | cal 4184/1000 [mass] [length]^2 [time]^-2
    dimensionless 1 | count 1 | rad 1 | percent 1/100 | permille 1/1000 | ppm 1/1000000
    mmHg 133322387415/1000000000 [mass] [length]^-1 [time]^-2 | cmH2O 980665/10000 [mass] [length]^-1 [time]^-2
    delta_degC 1 [temperature] | delta_degF 5/9 [temperature] | lb 45359237/100000000 [mass] | ounce 45359237/1600000000 [mass]
    point 254/720000 [length] | mme 1 [morphine_equivalent] | international_unit 1 [activity_of_a_preparation]
    enzyme_unit 1/60000000 [substance] [time]^-1
"""
_ALSO = """
    MME mme | % percent | l L | liter L | litre L | gram g | mole mol | second s | minute min | hour h | day d
"""
_SHOWN = {
    "percent": "%",
    "enzyme_unit": "U",
    "delta_degC": "degC",
    "delta_degF": "degF",
    "mme": "MME",
}


@dataclass(frozen=True, slots=True)
class Size:
    """How large a unit is.

    Attributes:
        scale: in base units (kilogram, metre, second, mole, kelvin, ampere).
        dimensions: powers of the base dimensions.
        symbols: powers of the symbols it was written with, short.
    """

    scale: Fraction
    dimensions: Powers
    symbols: Powers

    def times(self, other: "Size", sign: int = 1) -> "Size":
        """The product with another, or the quotient where `sign` is -1."""
        return Size(
            self.scale * other.scale**sign,
            _merged(self.dimensions, other.dimensions, sign),
            _merged(self.symbols, other.symbols, sign),
        )


def _merged(one: Powers, other: Powers, sign: int) -> Powers:
    powers = dict(one)
    for name, power in other:
        powers[name] = powers.get(name, Fraction(0)) + sign * power
    return tuple(sorted((name, power) for name, power in powers.items() if power))


@lru_cache(maxsize=4096)
def size(unit: str) -> Size:
    """The size of a unit in the spelling of `unit_text.canonical`.

    Example:
        >>> size("mg/L").scale, size("mg/L").dimensions == size("g/m**3").dimensions
        (Fraction(1, 1000), True)
    """
    written = unit.replace("%", "percent")
    return _of(ast.parse(written, mode="eval").body)


def _of(node: ast.expr) -> Size:
    if isinstance(node, ast.Name):
        return _symbol(node.id)
    if isinstance(node, ast.Constant):
        return Size(Fraction(str(node.value)), (), ())
    assert isinstance(node, ast.BinOp)
    base = _of(node.left)
    if not isinstance(node.op, ast.Pow):
        return base.times(_of(node.right), -1 if isinstance(node.op, ast.Div) else 1)
    power = Fraction(str(ast.literal_eval(node.right))).limit_denominator(1000)
    scale = base.scale ** (int(power) if power.denominator == 1 else power)
    return Size(
        scale if isinstance(scale, Fraction) else Fraction(scale),
        tuple((name, p * power) for name, p in base.dimensions),
        tuple((name, p * power) for name, p in base.symbols),
    )


@lru_cache(maxsize=512)
def _symbol(name: str) -> Size:
    table, also = _tables()
    if name in table:
        return table[name]
    if name in also:
        return _symbol(also[name])
    if (
        len(name) > 3
        and name.endswith("s")
        and (name[:-1] in table or name[:-1] in also or _long(name[:-1]))
    ):
        return _symbol(name[:-1])
    prefix, rest = _long(name) or (name[0], name[1:])
    known = _symbol(rest)
    (short,) = (symbol for symbol, _ in known.symbols)
    power = _WORD_PREFIX[prefix] if prefix in _WORD_PREFIX else _PREFIX[prefix]
    letter = next(letter for letter, value in _PREFIX.items() if value == power)
    return Size(
        known.scale * Fraction(10) ** power, known.dimensions, ((letter + short, Fraction(1)),)
    )


def _long(name: str) -> tuple[str, str] | None:
    """A prefix written out, and what follows it."""
    return next(
        ((prefix, name.removeprefix(prefix)) for prefix in _WORD_PREFIX if name.startswith(prefix)),
        None,
    )


@lru_cache(maxsize=1)
def _tables() -> tuple[Mapping[str, Size], Mapping[str, str]]:
    table = {}
    for entry in _SIZES.replace("\n", "|").split("|"):
        if entry.strip():
            name, scale, *dimensions = entry.split()
            found = [part.partition("^") for part in dimensions]
            powers = tuple(sorted((d, Fraction(int(power or 1))) for d, _, power in found))
            shown = () if name == "dimensionless" else ((_SHOWN.get(name, name), Fraction(1)),)
            table[name] = Size(Fraction(scale), powers, shown)
    also = dict(entry.split() for entry in _ALSO.replace("\n", "|").split("|") if entry.strip())
    return table, also
