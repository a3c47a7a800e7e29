"""The predicted ratio of areas: closed forms, invariants, and what was observed in people."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speciosa.facts.interactions import ENZYMES, OF_ENZYME, InteractionTrait
from speciosa.facts.sheets.sheet import sheet
from speciosa.interaction.exposure import classes, formed, predicted
from speciosa.interaction.observed import _by_pair, observed_ratio
from speciosa.interaction.profile import Profile, profile


def made(name: str, trait: str, of: str, level: str) -> Profile:
    row = InteractionTrait(
        id="x", substance=name, trait=trait, of=of, level=level, reference="memory", seen="recall"
    )
    return Profile(name, (), {(trait, of): row})


def test_oxycodone_with_a_strong_inhibitor_by_hand() -> None:
    share = sum(
        path.fraction.value for path in sheet("oxycodone").pathways if path.enzyme == "cyp3a"
    )
    gut = sheet("oxycodone").first_pass.Fg.value  # type: ignore[union-attr]
    low, high = classes()["inhibits cyp3a of a sheet"]["strong"]
    left = 1 - (low + high) / 2
    by_hand = 1 / (1 - share * (1 - left)) / (gut + left * (1 - gut))
    found = predicted(profile("oxycodone"), profile("ketoconazole"))
    assert found is not None
    assert found[0].mid == pytest.approx(by_hand)


@pytest.mark.parametrize(("strength", "folds"), [("strong", 5), ("moderate", 2), ("weak", 1.25)])
@pytest.mark.parametrize("enzyme", [name for name in ENZYMES if name != "pgp"])
def test_classes_are_those_of_the_fda(enzyme: str, strength: str, folds: float) -> None:
    """An inhibitor is strong that raises a wholly dependent substrate at least 5-fold, and so on."""
    assert 1 / (1 - classes()["inhibits"][strength][0]) == pytest.approx(folds)
    victim = made("victim", "cleared by", enzyme, "sensitive")
    found = predicted(victim, made("perpetrator", "inhibits", enzyme, strength))
    assert found is not None
    assert found[0].low < folds < found[0].high


@pytest.mark.parametrize(
    ("acts", "strength", "fold"),
    [
        ("inhibits", "strong", 5), ("inhibits", "moderate", 2), ("inhibits", "weak", 1.25),
        ("induces", "strong", 0.2), ("induces", "moderate", 0.5), ("induces", "weak", 0.8),
    ],
)  # fmt: skip
def test_midazolam_by_its_sheet_meets_the_classes(acts: str, strength: str, fold: float) -> None:
    found = predicted(profile("midazolam"), made("other", acts, "cyp3a", strength))
    assert found is not None
    edge = found[0].low if acts == "inhibits" else found[0].high
    assert edge == pytest.approx(fold, rel=0.01)


@settings(deadline=None)
@given(
    victim=st.sampled_from(OF_ENZYME["cleared by"]),
    strength=st.sampled_from(OF_ENZYME["inhibits"]),
    enzyme=st.sampled_from(ENZYMES),
    acts=st.sampled_from(["inhibits", "induces"]),
)
def test_inhibitors_raise_and_inducers_lower(
    victim: str, strength: str, enzyme: str, acts: str
) -> None:
    found = predicted(
        made("victim", "cleared by", enzyme, victim), made("other", acts, enzyme, strength)
    )
    assert found is not None
    ratio = found[0]
    assert 0 < ratio.low <= ratio.mid <= ratio.high
    assert ratio.low > 1 if acts == "inhibits" else ratio.high < 1


def test_other_enzymes_do_nothing() -> None:
    assert (
        predicted(made("victim", "cleared by", "cyp3a", "sensitive"), profile("fluvoxamine"))
        is not None
    )
    assert (
        predicted(made("victim", "cleared by", "cyp2b6", "sensitive"), profile("fluvoxamine"))
        is None
    )
    assert formed(profile("morphine"), profile("paroxetine")) is None


def test_predictions_are_near_what_was_observed() -> None:
    """Nine in ten of the observed pairs within a factor of two, and none on the wrong side by more than a quarter."""
    far, wrong, compared = [], [], 0
    for victim, perpetrator in _by_pair():
        expected = predicted(profile(victim), profile(perpetrator))
        seen = observed_ratio(victim, perpetrator)
        if expected is None or seen is None:
            continue
        compared += 1
        fold = expected[0].mid / seen.ratio
        if not 0.5 < fold < 2:
            far.append((victim, perpetrator, expected[0].mid, seen.ratio))
        if (expected[0].mid - 1) * (seen.ratio - 1) < 0 and abs(seen.ratio - 1) > 0.25:
            wrong.append((victim, perpetrator))
    assert compared >= 30
    assert len(far) <= 0.1 * compared, far
    assert not wrong
