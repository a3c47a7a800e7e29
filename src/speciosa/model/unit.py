"""Units as numbers: a scale and the powers of the base dimensions, quick to multiply and compare.

Two units are the same when both
dimension and scale agree: mg/h and ug/h are different, since the engine converts nothing inside an equation.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from speciosa.errors import InputError
from speciosa.unit_scale import Powers, size
from speciosa.unit_text import canonical


def _merge(one: Powers, other: Powers, sign: int = 1) -> Powers:
    powers = dict(one)
    for name, power in other:
        powers[name] = powers.get(name, Fraction(0)) + sign * power
    return tuple(sorted((name, power) for name, power in powers.items() if power))


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measurement.

    Attributes:
        scale: size in base units.
        dimensions: powers of the base dimensions.
        symbols: powers of the symbols it was written with, for messages only.

    Example:
        >>> str(Unit.read("mg/L") * Unit.read("L/h"))
        'mg/h'
    """

    scale: float
    dimensions: Powers
    symbols: Powers

    @staticmethod
    def read(text: str) -> "Unit":
        """Reads a written unit; ``"1"`` and ``""`` are dimensionless.

        Raises:
            ValueError: an unknown unit.
        """
        return _read(text)

    def __mul__(self, other: "Unit") -> "Unit":
        return Unit(
            self.scale * other.scale,
            _merge(self.dimensions, other.dimensions),
            _merge(self.symbols, other.symbols),
        )

    def __pow__(self, power: Fraction) -> "Unit":
        def raised(powers: Powers) -> Powers:
            return tuple((name, p * power) for name, p in powers) if power else ()

        return Unit(
            float(self.scale ** float(power)), raised(self.dimensions), raised(self.symbols)
        )

    def __truediv__(self, other: "Unit") -> "Unit":
        return self * other ** Fraction(-1)

    def same(self, other: "Unit") -> bool:
        """Whether a number in one unit is the same number in the other.

        Example:
            >>> Unit.read("ug/mL").same(Unit.read("mg/L")), Unit.read("mg").same(Unit.read("g"))
            (True, False)
        """
        return self.dimensions == other.dimensions and abs(self.scale / other.scale - 1.0) < 1e-9

    @property
    def dimensionless(self) -> bool:
        """Whether it is the unit 1."""
        return self.same(ONE)

    def __str__(self) -> str:
        above = [_power(name, power) for name, power in self.symbols if power > 0]
        below = [_power(name, -power) for name, power in self.symbols if power < 0]
        if not above and not below:
            return "1" if self.dimensionless else f"1 (scaled by {self.scale:.6g})"
        return "/".join(["*".join(above) or "1", *below])


def _power(name: str, power: Fraction) -> str:
    if power == 1:
        return name
    return f"{name}^{power}" if power.denominator == 1 else f"{name}^{float(power):.4g}"


ONE = Unit(1.0, (), ())


@lru_cache(maxsize=4096)
def _read(text: str) -> Unit:
    if text.strip() in {"", "1"}:
        return ONE
    try:
        found = size(canonical(text))
    except InputError as error:
        raise ValueError(f"unknown unit {text!r}: {error}") from error
    return Unit(float(found.scale), found.dimensions, found.symbols)


@lru_cache(maxsize=1)
def hour() -> Unit:
    """The unit of time of every model."""
    return Unit.read("h")
