"""Between mass and moles, salt and base, opioid dose and morphine equivalents.

Conversions between units of one dimension are in ``speciosa.units``; here is what needs to know the substance.
"""

from dataclasses import dataclass

from speciosa import units
from speciosa.errors import FactError, Fault, UnknownNameError
from speciosa.facts.bibliography import reference
from speciosa.facts.lookup import records
from speciosa.facts.registry import Salt, formula_mass, substance


def molar_mass(name: str) -> float:
    """Molar mass of a substance in g/mol.

    Raises:
        FactError: a mixture or class, which has none.

    Example:
        >>> molar_mass("mitragynine")
        398.5
    """
    found = substance(name)
    if found.molar_mass is None:
        raise FactError(Fault(found.id, "a substance with a molar mass", f"a {found.kind}"))
    return found.molar_mass


def nanomoles(name: str, amount: float, unit: str) -> float:
    """An amount of substance in nmol, from mass or moles of the base.

    Example:
        >>> round(nanomoles("mitragynine", 39.85, "mg"))
        100000
    """
    if "mol" in unit:
        return amount * units.factor(unit, "nmol")
    return amount * units.factor(unit, "ng") / molar_mass(name)


def nanomolar(name: str, concentration: float, unit: str) -> float:
    """A concentration in nmol/L, from mass or molar units.

    Example:
        >>> round(nanomolar("mitragynine", 32.6, "ng/mL"), 1)
        81.8
    """
    return units.nanomolar(concentration, unit, molar_mass(name))


def mass_concentration(name: str, nmol_per_l: float, unit: str = "ng/mL") -> float:
    """A concentration in mass units, from nmol/L.

    Example:
        >>> round(mass_concentration("mitragynine", 81.9), 1)
        32.6
    """
    return nmol_per_l * molar_mass(name) * units.factor("ng/L", unit)


def labelled_salt(name: str) -> Salt | None:
    """The salt as which product labels state the dose; None where they state the base."""
    return next((salt for salt in substance(name).salts if salt.labelled), None)


def salt_factor(name: str, salt: str | None = None) -> float:
    """Mass of base in one mass of salt: bases times the molar mass of the base over that of the salt.

    Args:
        name: the substance.
        salt: a salt of the substance, ``base``, or None for what product labels state.

    Raises:
        UnknownNameError: the substance has no such salt.

    Example:
        >>> round(salt_factor("morphine"), 3), salt_factor("fentanyl"), salt_factor("morphine", "base")
        (0.752, 1.0, 1.0)
    """
    found = substance(name)
    if salt == "base":
        return 1.0
    if salt is None:
        chosen = labelled_salt(name)
    else:
        chosen = next(
            (each for each in found.salts if each.name.casefold() == salt.casefold()), None
        )
        if chosen is None:
            known = [each.name for each in found.salts]
            raise UnknownNameError(f"salt of {found.id}", salt, [*known, "base"])
    if chosen is None:
        return 1.0
    return chosen.bases * formula_mass(found.formula) / formula_mass(chosen.formula)


def base_mass(name: str, mass: float, salt: str | None = None) -> float:
    """Mass of base in a mass of salt, in the unit of `mass`; see `salt_factor`.

    Example:
        >>> round(base_mass("oxycodone", 10), 2)
        8.96
    """
    return mass * salt_factor(name, salt)


@dataclass(frozen=True, slots=True)
class MorphineEquivalents:
    """A daily dose in mg of oral morphine equivalents, with the factor as published.

    `value` in mg/d; `factor` per mg/d (oral), or per ug/h (transdermal fentanyl); `published` is the year of the
    document, since the factors change with its editions.
    """

    value: float
    factor: float
    factor_unit: str
    reference: str
    published: str
    fact: str
    seen: str


def mme(name: str, dose: float, unit: str = "mg") -> MorphineEquivalents:
    """A daily opioid dose in morphine milligram equivalents.

    The factors are a convention for judging dose in populations, not potency: they are no basis for switching one
    opioid for another. They are those of the guideline of 2022 (doi:10.15585/mmwr.rr7103a1).

    Args:
        name: an opioid.
        dose: the dose of a day, or the rate of a patch.
        unit: a unit of mass, or of mass per time for a patch.

    Raises:
        FactError: no factor has been published for it.

    Example:
        >>> mme("oxycodone", 30).value, mme("fentanyl", 25, "ug/h").value
        (45.0, 60.0)
    """
    found = substance(name).id
    rows = records("parameters", substance=found, parameter="MME_factor")
    rate = "/" in unit and not unit.endswith(("/d", "/day"))
    chosen = next((row for row in rows if ("/h" in row.unit) == rate), None)
    if chosen is None or chosen.value is None:
        form = "a rate" if rate else "a daily mass"
        raise FactError(Fault(found, f"a published morphine equivalent for {form}", "none"))
    scale = units.factor(unit, "ug/h") if rate else units.factor(unit.split("/")[0], "mg")
    return MorphineEquivalents(
        value=dose * scale * chosen.value,
        factor=chosen.value,
        factor_unit=chosen.unit,
        reference=chosen.reference,
        published=reference(chosen.reference).year,
        fact=chosen.id,
        seen=chosen.seen,
    )
