"""How large units are, beside Pint, which has its definitions from elsewhere; and exactly, where a fraction says so."""

import random
from fractions import Fraction

import pint
import pytest

from speciosa.errors import InputError
from speciosa.model.unit import Unit
from speciosa.unit_scale import size
from speciosa.unit_text import SYMBOLS, canonical
from speciosa.units import factor

REGISTRY = pint.UnitRegistry(cache_folder=None)
for line in (
    "MME = [morphine_equivalent] = mme",
    "mmHg = millimeter_Hg",
    "international_unit = [activity_of_a_preparation]",
):
    REGISTRY.define(line)


@pytest.mark.parametrize("symbol", sorted(SYMBOLS))
def test_every_symbol_is_as_large_as_pint_has_it(symbol: str) -> None:
    found, other = (
        size(canonical(symbol)),
        REGISTRY.Quantity(1.0, canonical(symbol)).to_base_units(),
    )
    assert float(found.scale) == pytest.approx(other.magnitude, rel=1e-12)
    assert {name: float(power) for name, power in found.dimensions} == pytest.approx(
        dict(other.dimensionality)
    )


@pytest.mark.parametrize("seed", range(40))
def test_products_and_quotients_are_as_pint_has_them(seed: int) -> None:
    draw = random.Random(seed)
    names = [draw.choice(sorted(SYMBOLS)) for _ in range(3)]
    text = f"{names[0]}^{draw.choice((-2, 1, 2))} {names[1]}/({names[2]} h)"
    found, other = size(canonical(text)), REGISTRY.Quantity(1.0, canonical(text)).to_base_units()
    assert float(found.scale) == pytest.approx(other.magnitude, rel=1e-12)
    assert {name: float(power) for name, power in found.dimensions} == pytest.approx(
        dict(other.dimensionality)
    )


@pytest.mark.parametrize(
    "unit, target, times",
    [
        ("mg/L", "ng/mL", 1000),
        ("d", "h", 24),
        ("week", "d", 7),
        ("year", "d", Fraction(1461, 4)),
        ("month", "year", Fraction(1, 12)),
        ("uM", "nmol/L", 1000),
        ("mL/min", "L/h", Fraction(6, 100)),
        ("%", "1", Fraction(1, 100)),
        ("kPa", "mmHg", Fraction(10**12, 133322387415)),
        ("U/L", "nmol/L/h", 60000),
        ("m^-1", "cm^-1", Fraction(1, 100)),
        ("degF", "K", Fraction(5, 9)),
        ("m^0.5", "cm^0.5", 10),
    ],
)
def test_factors_are_exact(unit: str, target: str, times: Fraction) -> None:
    assert factor(unit, target) == float(times)


def test_other_dimensions_do_not_convert() -> None:
    for unit, target in (("mg", "h"), ("MME", "mg"), ("IU", "U"), ("mg/L", "mg")):
        with pytest.raises(InputError, match="convertible"):
            factor(unit, target)


@pytest.mark.parametrize(
    "text, shown",
    [
        ("milligrams per", None),
        ("milligrams/liter", "mg/L"),
        ("%", "%"),
        ("micrograms*hours/mL", "h*ug/mL"),
        ("kg^2", "kg^2"),
        ("kiloyear", "kyear"),
        ("1", "1"),
    ],
)
def test_units_are_shown_by_their_symbols(text: str, shown: str | None) -> None:
    if shown is None:
        with pytest.raises(ValueError, match="unknown unit"):
            Unit.read(text)
    else:
        assert str(Unit.read(text)) == shown
