"""Which effects substances can have together, and what is said of those that they cannot."""

import pytest

from speciosa.errors import InputError
from speciosa.pharmacology.effect.effects import check, is_without, untold


def test_an_effect_of_one_substance_can_be_asked_of_several() -> None:
    check(["ibuprofen", "duloxetine"], ["acute_pain_nrs"])
    check(["duloxetine", "morphine"], ["cows"])
    check([], ["cows"])


def test_what_can_be_asked_instead_is_what_any_of_the_substances_has() -> None:
    """Midazolam has sedation and duloxetine has not, of the relief of pain it is the other way round; neither has nausea."""
    with pytest.raises(InputError) as refused:
        check(["duloxetine", "midazolam"], ["nausea_probability"])
    words = str(refused.value)
    assert "nausea_probability of duloxetine, midazolam" in words
    told = words.partition("These can be asked: ")[2].partition(".")[0].split(", ")
    assert {"pain_nrs", "sedation_probability"} <= set(told) and "nausea_probability" not in told


def test_what_has_no_effect_of_its_own_has_its_levels_at_least() -> None:
    with pytest.raises(InputError, match="Plasma concentrations can be asked"):
        check(["paroxetine"], ["pain_nrs"])


@pytest.mark.parametrize("output", ["occupancy_ibuprofen", "occupancy_fentanyl"])
def test_occupancy_is_of_a_ligand_that_is_given(output: str) -> None:
    with pytest.raises(InputError, match="not there or has no receptor data"):
        check(["morphine", "ibuprofen"], [output])


def test_relief_known_from_trials_is_never_that_of_no_drug() -> None:
    """Ibuprofen acts at none of the receptors of pain, and relieves it all the same."""
    for relieved in ("pain_nrs", "acute_pain_nrs", "pain_relief"):
        assert not is_without("ibuprofen", relieved)
    assert is_without("ibuprofen", "cows") and not is_without("gabapentin", "sedation_probability")


@pytest.mark.parametrize(
    "taken", [["tapentadol"], ["hydrocodone", "hydromorphone"], ["codeine", "morphine"]]
)
def test_a_qtc_without_data_is_not_known_and_no_number(taken):
    """Nor does a metabolite tell it: of codeine there is more in blood than of the morphine that it forms."""
    with pytest.raises(InputError, match="not known, which is not none"):
        check(taken, ["qtc_change_ms"])


@pytest.mark.parametrize("taken", [["morphine", "morphine_6_glucuronide"], ["methadone"], []])
def test_a_qtc_with_data_is_told(taken):
    check(taken, ["qtc_change_ms"])


def test_what_is_taken_and_not_known_is_named():
    assert untold(["methadone", "tapentadol", "ibuprofen"], "qtc_change_ms") == ("tapentadol",)
