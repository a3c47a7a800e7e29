"""Whether a study can be run, at the bounds: doses, times, tapers, fits, memory, and each fault once with its place."""

import os

import pytest

from speciosa import facts
from speciosa.pharmacology.dosing import schedule
from speciosa.pharmacology.limits import AT_ONCE_H, TIMES, danger, largest_dose
from speciosa.regimen import parse_regimen
from speciosa.study.question.check import check, dangers, networks, values_kept
from speciosa.study.question.schema import Arm, Criterion, Fitted, FollowUp, Population, Study


def study(regimen: str = "none", until: str = "10 d", **more: object) -> Study:
    arm = {key: more.pop(key) for key in Arm.model_fields if key in more}
    arms = (Arm(name="a", regimen=regimen, **arm), Arm(name="b", regimen="none"))
    whole = {"title": "t", "question": "q", "follow_up": FollowUp(until=until), "arms": arms}
    return Study(**{**whole, **more})


def faults(*given: str, **more: object) -> list[tuple[str, str]]:
    """The last part of the path and what was found."""
    return [(str(path[-1]), fault.found) for path, fault in check(study(*given, **more))]


def grams(regimen: str) -> float:
    """Of the substance that a dose holds."""
    (dose,) = schedule(parse_regimen(regimen)).doses
    return dose.nmol * 1e-9 * facts.molar_mass(dose.way.substance)


@pytest.mark.parametrize(("drug", "most_g"), [("morphine", 5), ("acetaminophen", 50)])
def test_a_dose_is_held_against_the_most_that_anybody_means(drug: str, most_g: float) -> None:
    """Of an opioid 5 g, of another medicine 50 g; one fault, though that is also far above any reported dose."""
    product_g = most_g / grams(f"1 g {drug} oral")
    meant = "to see what it does"
    assert faults(f"{0.9999 * product_g} g {drug} oral", confirm=meant) == []
    for confirm in ("", meant):
        ((key, found),) = faults(f"{1.001 * product_g} g {drug} oral", confirm=confirm)
        assert key == "regimen" and float(found.split()[0]) == pytest.approx(most_g, rel=0.01)


@pytest.mark.parametrize("place", ["regimen", "comedication"])
def test_a_dose_above_ten_reported_ones_is_refused_until_it_is_confirmed(place: str) -> None:
    usual = largest_dose("morphine", "oral")
    assert usual is not None and usual.labelled
    most_mg = TIMES * usual.mg  # both of the salt, as labels and studies state it
    for share, told in ((0.9999, False), (1.0001, True)):
        given = {place: f"{share * most_mg} mg morphine oral"}
        found = faults(**{"regimen": "none", **given})
        assert [key for key, _ in found] == ([place] if told else [])
        for where in ("arm", "study"):
            said = study(**{"regimen": "none", **given})
            if where == "arm":
                arm = said.arms[0].model_copy(update={"confirm": "meant"})
                said = said.model_copy(update={"arms": (arm, said.arms[1])})
            else:
                said = said.model_copy(update={"confirm": "meant"})
            assert list(check(said)) == []
    (fault,) = (f for _, f in check(study(f"{2 * most_mg} mg morphine oral")))
    shown = float(fault.found.split()[0])
    assert shown == pytest.approx(2 * TIMES * usual.mg, rel=0.01)


def test_an_infusion_of_more_than_an_hour_is_no_dose_at_once() -> None:
    """Into a vein only: what is swallowed slowly is still swallowed."""
    assert AT_ONCE_H == 1.0
    large = "40 mg fentanyl iv"
    assert len(faults(large)) == len(faults(f"{large} over 1 h")) == 1
    assert faults(f"{large} over 61 min") == []
    assert len(faults("20 g morphine oral over 3 h")) == 1
    assert len(faults("4.9 g morphine oral over 3 h")) == 1


@pytest.mark.parametrize(
    ("regimen", "until", "found"),
    [
        ("15 mg morphine oral at 239 h", "10 d", []),
        ("15 mg morphine oral at 240 h", "10 d", [("regimen", "240 h")]),
        ("15 mg morphine oral at -5 h; 15 mg morphine oral at -2 h", "10 d", [("regimen", "-5 h")]),
        ("15 mg morphine oral; 15 mg morphine oral at -2 h", "10 d", [("regimen", "-2 h")]),
        ("15 mg morphine oral every 8 h x 21", "165 h", []),
    ],
)
def test_doses_are_given_from_the_beginning_to_the_end(regimen, until, found) -> None:
    assert faults(regimen, until) == found


@pytest.mark.parametrize(
    ("regimen", "taper", "until", "found"),
    [
        ("15 mg morphine oral every 8 h x 2", "2 d", "10 d", []),
        ("15 mg morphine oral every 8 h x 2; 1 g acetaminophen oral", "2 d", "10 d", []),
        ("15 mg morphine oral", "2 d", "10 d", [("taper", "15 mg morphine oral")]),
        ("15 mg morphine oral", "30 d", "10 d", [("taper", "15 mg morphine oral")]),
        ("15 mg morphine oral every 8 h x 1", "2 d", "10 d", [("taper", "15 mg morphine oral every 8 h x 1")]),
        ("15 mg morphine oral every 8 h x 3", "3 d", "4 d", []),
        ("15 mg morphine oral every 8 h x 3", "3 d", "95 h", [("taper", "96 h")]),
        ("15 mg morphine oral every 8 h x 3", "3 d", "16 h", [("regimen", "16 h")]),
    ],
)  # fmt: skip
def test_a_taper_needs_repeated_doses_and_its_time(regimen, taper, until, found) -> None:
    assert faults(regimen, until, taper=taper) == found


def test_an_unknown_source_is_told_with_the_nearest_if_one_is_near() -> None:
    one, other = (
        next(f for _, f in check(study(source=(key,)))) for key in ("suboxone2024labl", "zzzzqqqq")
    )
    assert one.fix == "Did you mean suboxone2024label?" and other.fix == ""
    assert faults(source=("suboxone2024label",)) == []


@pytest.mark.parametrize(
    ("substances", "found"),
    [
        (("morphine",), []),
        (("morphine", "morphine"), ["morphine"]),
        (("codeine",), ["'codeine'"]),
        (("morphine", "codeine"), ["'codeine'"]),
    ],
)
def test_a_fit_is_of_a_substance_that_some_arm_gives_and_each_once(substances, found) -> None:
    entry = {"parameters": {"disposition.CL": {"value": 3.0}}}
    fits = tuple(Fitted(file="f", substance=name, **entry) for name in substances)
    told = [
        fault.found
        for path, fault in check(study("15 mg morphine oral", fitted=fits))
        if path[0] == "fitted" and path[2] == "substance"
    ]
    assert told == found
    unread = tuple(one.model_copy(update={"parameters": {}}) for one in fits)
    again = [p for p, f in check(study("15 mg morphine oral", fitted=unread)) if p[0] == "fitted"]
    assert len(again) == (len(substances) != len(set(substances)))


@pytest.mark.parametrize(
    ("key", "worst", "best", "less"),
    [("breathing_fall", 0.0, 0.5, "less"), ("pain_relief", 4.0, 0.0, "more")],
)
def test_the_best_level_is_the_one_that_people_want(key, worst, best, less) -> None:
    def found(worst: float, best: float) -> list[str]:
        entry = Criterion(outcome=key, worst=worst, best=best)
        asked = study()
        plan = asked.benefit_risk.model_copy(update={"criteria": (entry,)})
        return [f.expected for _, f in check(asked.model_copy(update={"benefit_risk": plan}))]

    (said,) = found(worst, best)
    assert said.startswith(f"a best level that is {less} than the worst")
    assert found(best, worst) == []


@pytest.mark.parametrize(("until", "told"), [("48 h", False), ("48.1 h", True)])
def test_breathing_is_followed_second_by_second_for_two_days(until: str, told: bool) -> None:
    asked = FollowUp(until=until, outcomes=("pain_relief", "ventilation_lowest"))
    assert [key for key, _ in faults(follow_up=asked)] == (["until"] if told else [])
    plain = FollowUp(until=until, outcomes=("pain_relief",))
    assert faults(follow_up=plain) == []


def test_networks_are_named_once_and_by_their_definitions() -> None:
    names = networks()
    assert len(set(names)) == len(names) > 5
    assert "psychosocial_addon" in names and "psychosocial_addon_retention" not in names


@pytest.mark.parametrize(("spare", "told"), [(0, False), (-8, True)])
def test_half_of_the_memory_of_the_computer_is_enough(
    spare: int, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight bytes a number, whatever the size of a page."""
    asked = study(population=Population(patients=10, draws=3))
    have = 2 * 8 * values_kept(asked) + spare
    for page in (1, 4):
        pages = {"SC_PAGE_SIZE": page, "SC_PHYS_PAGES": have / page}
        monkeypatch.setattr(os, "sysconf", pages.__getitem__)
        assert [str(path[0]) for path, _ in check(asked)] == (["population"] if told else [])


def test_a_danger_is_told_of_the_people_of_the_arm() -> None:
    (never,) = dangers(study("2 mg fentanyl iv"))
    assert "people who never used opioids" in never
    used = dangers(study("20 mg fentanyl iv", covariates="opioid_history=tolerant 60 MME"))
    assert [line for line in used if "people with 60 MME a day" in line]


def test_a_dose_by_weight_is_one_of_a_person() -> None:
    """0.2 mg/kg of fentanyl is 14 mg; ten times the largest is 10.5."""
    ((_, found),) = faults("0.2 mg/kg fentanyl iv")
    assert found == "14 mg of a person of 70 kg"
    assert faults("0.1 mg/kg fentanyl iv") == []


def test_an_evening_of_drinking_is_a_dose() -> None:
    assert faults("150 g ethanol oral") == []
    assert faults("3 kg ethanol oral")


def test_a_slow_infusion_is_not_warned_of_as_if_it_were_given_at_once() -> None:
    at_once, slow = (
        danger(schedule(parse_regimen(f"2 mg fentanyl iv{over}")), 0.0)
        for over in ("", " over 40 h")
    )
    assert slow == pytest.approx(at_once / 10)
