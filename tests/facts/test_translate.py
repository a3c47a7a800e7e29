"""Mass, moles, salts and morphine equivalents against closed forms and published figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speciosa.errors import FactError, InputError, UnknownNameError
from speciosa.facts import base_mass, mme, molar_mass, nanomolar, nanomoles, substances
from speciosa.facts.registry import formula_mass, substance
from speciosa.facts.translate import mass_concentration, salt_factor

WITH_MASS = sorted(name for name, entry in substances().items() if entry.molar_mass)


@given(st.sampled_from(WITH_MASS), st.floats(1e-6, 1e6))
def test_mass_and_molar_concentrations_are_inverse(name: str, value: float) -> None:
    assert mass_concentration(name, nanomolar(name, value, "ng/mL")) == pytest.approx(value)


@given(st.sampled_from(WITH_MASS), st.floats(1e-6, 1e6))
def test_units_of_mass_agree(name: str, value: float) -> None:
    assert nanomoles(name, value, "mg") == pytest.approx(nanomoles(name, value * 1000, "ug"))
    assert nanomoles(name, value, "umol") == pytest.approx(value * 1000)


@pytest.mark.parametrize("name", WITH_MASS)
def test_molar_mass_is_that_of_the_formula(name: str) -> None:
    assert molar_mass(name) == pytest.approx(formula_mass(substance(name).formula), abs=0.011)


@pytest.mark.parametrize("name", [name for name, entry in substances().items() if entry.salts])
def test_a_salt_holds_less_base_than_it_weighs(name: str) -> None:
    for salt in substance(name).salts:
        assert 0.4 < salt_factor(name, salt.name) < 1
        assert base_mass(name, 10, salt.name) == pytest.approx(10 * salt_factor(name, salt.name))
    assert salt_factor(name, "base") == 1


# Strengths that labels state both as salt and as base: Lucemyra 0.2 mg hydrochloride is 0.18 mg lofexidine; MS Contin's
# morphine sulfate pentahydrate of 758.8 g/mol holds two bases of 285.3; codeine phosphate hemihydrate holds 73.7%.
@pytest.mark.parametrize(
    ("name", "salt", "expected"),
    [
        ("lofexidine", "hydrochloride", 0.18 / 0.20),
        ("morphine", "sulfate pentahydrate", 2 * 285.34 / 758.83),
        ("hydrocodone", "bitartrate hemipentahydrate", 0.605),
        ("buprenorphine", "hydrochloride", 467.6 / 504.1),
        ("tramadol", "hydrochloride", 263.4 / 299.8),
    ],
)
def test_salt_factors_agree_with_labels(name: str, salt: str, expected: float) -> None:
    assert salt_factor(name, salt) == pytest.approx(
        expected, abs=0.024 if name == "lofexidine" else 2e-3
    )


# Table 3 of Tanna 2023 gives 81.9 nmol/L; the same study printed 32.6 ng/mL.
def test_a_published_pair_of_concentrations_agrees() -> None:
    assert nanomolar("mitragynine", 32.6, "ng/mL") == pytest.approx(81.9, rel=2e-3)


# Dowell D et al, MMWR Recomm Rep 2022;71(3):1-95, table of conversion factors.
@pytest.mark.parametrize(
    ("name", "dose", "unit", "expected"),
    [
        ("codeine", 60, "mg", 9),
        ("fentanyl", 25, "ug/h", 60),
        ("hydrocodone", 20, "mg", 20),
        ("hydromorphone", 4, "mg", 20),
        ("methadone", 10, "mg", 47),
        ("morphine", 30, "mg", 30),
        ("oxycodone", 30, "mg/d", 45),
        ("oxymorphone", 10, "mg", 30),
        ("tapentadol", 100, "mg", 40),
        ("tramadol", 200, "mg", 40),
    ],
)
def test_morphine_equivalents_are_those_published(
    name: str, dose: float, unit: str, expected: float
) -> None:
    found = mme(name, dose, unit)
    assert found.value == pytest.approx(expected)
    assert (found.reference, found.published) == ("dowell2022cdc", "2022")


def test_what_cannot_be_translated_is_refused() -> None:
    with pytest.raises(FactError, match="a substance with a molar mass"):
        molar_mass("kratom")
    with pytest.raises(FactError, match="published morphine equivalent"):
        mme("mitragynine", 10)
    with pytest.raises(FactError, match="published morphine equivalent"):
        mme("fentanyl", 1, "mg")
    with pytest.raises(UnknownNameError, match="salt of morphine"):
        base_mass("morphine", 10, "chloride")
    with pytest.raises(InputError):
        nanomolar("morphine", 1, "furlong")
    with pytest.raises(FactError, match="elements"):
        formula_mass("C17H19Xx3")
