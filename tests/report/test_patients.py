"""Whom a report follows is said in words, never as a study file writes it."""

import pytest

from speciosa.pharmacology.covariates import covariates
from speciosa.report.patients import patients_in_words


@pytest.mark.parametrize("name", covariates())
def test_every_category_and_number_has_words(name: str) -> None:
    entry = covariates()[name]
    for value in (*entry.categories, f"{entry.reference:g}", f"{entry.least:g}-{entry.most:g}"):
        said = patients_in_words(f"{name}={value}")
        assert said and not set("_=;{}") & set(said), said
        assert patients_in_words(f"{(*entry.aliases, name)[0]}={value}") == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", ""),
        ("weight=176 lb", "176 lb"),
        ("weight=60-80 kg; sex=female", "60 to 80 kg, women"),
        ("age>=65", "at least 65 years"),
        ("cyp2d6=pm; liver=child_pugh_b", "poor CYP2D6 metabolisers, moderately weak liver"),
        (
            "cyp2c19=pm; 2c9=intermediate",
            "poor CYP2C19 metabolisers, intermediate CYP2C9 metabolisers",
        ),
        ("opioid_history=60 MME", "used to opioids like 60 mg of oral morphine a day"),
    ],
)
def test_what_is_shared_is_said(written: str, said: str) -> None:
    assert patients_in_words(written) == said
