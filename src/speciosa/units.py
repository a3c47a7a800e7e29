"""Quantities with units: reading "5 g" and "8 h", converting, and going between mass and moles.

`unit_text` reads what is written, `unit_scale` says how large it is; this file adds the spellings of UCUM and the bridge
from mass to amount of substance, which needs a molar mass.
"""

import re
from functools import lru_cache

from speciosa.errors import Fault, InputError
from speciosa.unit_scale import size
from speciosa.unit_text import canonical

_UCUM = (
    ("mm[Hg]", "mmHg"),
    ("cm[H2O]", "cmH2O"),
    ("Cel", "degC"),
    ("[degF]", "degF"),
    ("[lb_av]", "lb"),
)
_UCUM_PARTS = re.compile(r"\{[^{}]*\}|(?<=min)/?\(?1\.73 ?m2\)?$")

_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)\s*(\S.*)?")
_LONGEST = 200


@lru_cache(maxsize=4096)
def plain(unit: str) -> str:
    """A unit of UCUM in a spelling of `unit_text`; any other as it stands.

    Annotations in braces say what is counted and fall away: ``{breaths}/min`` is 1/min. A filtration rate of 1.73 m2 of
    body surface is one of the person. Source: The Unified Code for Units of Measure, https://ucum.org.

    Example:
        >>> plain("mm[Hg]"), plain("{breaths}/min"), plain("mL/min/{1.73_m2}"), plain("mg")
        ('mmHg', '1/min', 'mL/min', 'mg')
    """
    for written, meant in _UCUM:
        unit = unit.replace(written, meant)
    bare = _UCUM_PARTS.sub("", unit).strip()
    unit = bare if bare == unit.strip() else bare.rstrip("/")
    return f"1{unit}" if unit.startswith("/") else unit


@lru_cache(maxsize=4096)
def factor(unit: str, target: str) -> float:
    """How many `target` one `unit` is, for units of the same dimension.

    Raises:
        InputError: an unknown unit, or two of different dimensions.

    Example:
        >>> round(factor("mg/L", "ng/mL"), 9)
        1000.0
    """
    source, wanted = size(canonical(plain(unit))), size(canonical(plain(target)))
    if source.dimensions != wanted.dimensions:
        raise InputError(Fault("unit", f"one convertible to {target}", unit))
    return float(source.scale / wanted.scale)


def read(text: str) -> tuple[float, str]:
    """Reads a number and its unit; the unit is "" where none is written.

    Example:
        >>> read("2.5 mg"), read("8h")
        ((2.5, 'mg'), (8.0, 'h'))
    """
    if len(text) > _LONGEST:
        raise InputError(
            Fault("quantity", f"at most {_LONGEST} characters", f"{len(text)} characters")
        )
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise InputError(Fault("quantity", "a number with a unit, such as '5 g'", repr(text)))
    return float(match[1]), match[2] or ""


def hours(text: str) -> float:
    """Reads a duration in hours.

    Example:
        >>> hours("2 d"), hours("90 min")
        (48.0, 1.5)
    """
    value, unit = read(text)
    return value * factor(unit or "h", "h")


def nanomolar(value: float, unit: str, molar_mass_g_per_mol: float) -> float:
    """A concentration in nmol/L, from mass or molar units.

    Example:
        >>> round(nanomolar(39.85, "ng/mL", 398.5), 6)
        100.0
    """
    if "mol" in unit:
        return value * factor(unit, "nmol/L")
    return value * factor(unit, "ng/L") / molar_mass_g_per_mol
