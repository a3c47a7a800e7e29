"""The summary of findings by hand: differences draw by draw, which figure comes first, and when two disagree."""

import numpy as np
import polars as pl
import pytest

from speciosa.comparison.findings import (
    FAR,
    Cell,
    Finding,
    Simulated,
    disagree,
    findings,
    no_model,
    reasons,
    told,
    unit_of,
)
from speciosa.comparison.trial_figures import TrialFigure
from speciosa.facts.products import product
from speciosa.outcomes import Outcomes
from speciosa.study.endpoints import definitions
from speciosa.study.question.read import parse_study
from speciosa.study.question.schema import Arm
from speciosa.study.result import ArmRun, StudyRun

DRAWS = 101
KEYS = ("pain_relief", "responders", "breathing_fall", "breathing_stops", "tolerance")
STUDY = """
title = "t"
question = "q"
[population]
patients = 2
draws = 101
[follow_up]
until = "2 d"
outcomes = ["tolerance"]
[[arms]]
name = "Codeine"
regimen = "60 mg codeine oral every 6 h x 8"
[[arms]]
name = "Ketoconazole"
regimen = "200 mg ketoconazole oral"
[[arms]]
name = "Nothing"
regimen = "none"
"""
STEP = np.linspace(-1.0, 1.0, DRAWS)


def run_of(
    levels: dict[tuple[str, str], object],
    failed: dict[str, int] | None = None,
    keys: tuple[str, ...] = KEYS,
    text: str = STUDY,
    substances: tuple[str, ...] = (),
) -> StudyRun:
    """A run whose levels by arm and outcome are these; with values of patients, of whom some failed, where `failed` is said."""
    known = {key: definitions()[key] for key in keys}
    outcomes = Outcomes.concat(
        Outcomes.of(
            arm, known[key].title, np.broadcast_to(np.asarray(values, dtype=float), DRAWS),
            known[key].unit, known[key].direction, "simulated", ["m"],
        )
        for (arm, key), values in levels.items()
    )  # fmt: skip
    study = parse_study(text)
    values = dict.fromkeys(keys, np.zeros((1, 1), dtype=np.float32)) if failed is not None else {}
    arms = tuple(
        ArmRun(arm.name, values, pl.DataFrame(), substances, (), {}, failed or {})
        for arm in study.arms
    )
    return StudyRun(study, known, arms, outcomes)


def found(
    levels: dict[tuple[str, str], object], failed: dict[str, int] | None = None
) -> dict[str, Finding]:
    """The findings of such a run, each outcome once."""
    rows = findings(run_of(levels, failed))
    assert len({row.key for row in rows}) == len(rows)
    return {row.key: row for row in rows}


def trial(estimate: float, low: float | None, high: float | None, **changed: object) -> TrialFigure:
    entries = {"kind": "difference", "certainty": "high", **changed}
    return TrialFigure(
        "x", entries["kind"], estimate, low, high, "no drug", None, entries["certainty"],
        False, "", "", "row", "ref",
    )  # fmt: skip


def test_a_difference_is_taken_draw_by_draw_with_its_central_ninety_percent() -> None:
    levels = {("Codeine", "pain_relief"): 3 + 2 * STEP, ("Nothing", "pain_relief"): 1 + STEP}
    skewed = found({key: np.exp(level) for key, level in levels.items()})["pain_relief"]
    assert skewed.cells["Codeine"].level == pytest.approx(np.exp(3))
    assert skewed.reference == pytest.approx(np.exp(1))
    less = {("Codeine", "pain_relief"): 1 + STEP, ("Nothing", "pain_relief"): 3 + 2 * STEP}
    simulated = found(less)["pain_relief"].cells["Codeine"].simulated
    assert simulated == Simulated(*map(pytest.approx, (-2.0, -2.9, -1.1)))
    row = found(levels)["pain_relief"]
    cell = row.cells["Codeine"]
    assert cell.simulated == Simulated(*map(pytest.approx, (2.0, 1.1, 2.9)))
    assert cell.level == pytest.approx(3.0) and row.reference == pytest.approx(1.0)
    assert cell.simulated.sure and row.benefit and not row.serious and row.unit == "points"
    assert "Nothing" not in row.cells


@pytest.mark.parametrize(
    ("ends", "sure"), [((0.1, 0.2), True), ((-0.2, -0.1), True), ((-0.1, 0.2), False), ((0.0, 0.2), False)]
)  # fmt: skip
def test_a_difference_is_sure_where_its_interval_leaves_out_none(ends, sure) -> None:
    assert Simulated(sum(ends) / 2, *ends).sure is sure


def test_what_is_rounding_is_no_difference() -> None:
    levels = {("Codeine", "pain_relief"): 7 + 1e-12 * STEP, ("Nothing", "pain_relief"): 7.0}
    assert found(levels)["pain_relief"].cells["Codeine"].simulated == Simulated(0.0, 0.0, 0.0)
    levels["Codeine", "pain_relief"] = 7 + 1e-6
    assert found(levels)["pain_relief"].cells["Codeine"].simulated.median == pytest.approx(1e-6)
    # beside levels that are large in either way, or small
    for level in (1e6 * STEP, -1e6 - STEP):
        for more in (1e-4, -1e-4):
            levels = {("Codeine", "pain_relief"): level + more, ("Nothing", "pain_relief"): level}
            assert found(levels)["pain_relief"].cells["Codeine"].simulated == Simulated(0, 0, 0)
    levels = {("Codeine", "pain_relief"): 1e-12, ("Nothing", "pain_relief"): 0.0}
    assert found(levels)["pain_relief"].cells["Codeine"].simulated == Simulated(0, 0, 0)


def test_a_fall_of_breathing_is_of_a_hundred_and_a_share_of_people_a_share() -> None:
    levels = {
        ("Codeine", "breathing_fall"): 0.30, ("Nothing", "breathing_fall"): 0.05,
        ("Codeine", "responders"): 0.30, ("Nothing", "responders"): 0.05,
    }  # fmt: skip
    rows = found(levels)
    fall, share = rows["breathing_fall"], rows["responders"]
    assert (fall.unit, fall.serious, fall.benefit) == ("of 100", True, False)
    assert fall.cells["Codeine"].simulated.median == pytest.approx(25)
    assert fall.cells["Codeine"].level == pytest.approx(30) and fall.reference == pytest.approx(5)
    assert (share.unit, share.serious, share.benefit) == ("share", False, True)
    assert share.cells["Codeine"].simulated.median == pytest.approx(0.25)


def test_shares_of_people_are_apart_from_a_hundred_of_a_thousand_on() -> None:
    """Of one estimate: less than twice of it, and an interval that holds it, so that only the distance can part them."""
    nothing = {("Nothing", "responders"): 0.05}
    studies = (
        found({("Codeine", "responders"): 0.2, **nothing})["responders"].cells["Codeine"].trial
    )
    assert studies is not None and 0.11 < studies.estimate < 0.125
    for distance, apart in ((0.9 * FAR, False), (1.1 * FAR, True)):
        level = 0.05 + studies.estimate + distance + 0.2 * STEP
        cell = found({("Codeine", "responders"): level, **nothing})["responders"].cells["Codeine"]
        assert cell.disagrees is apart, distance


def test_serious_is_what_its_definition_or_the_plan_calls_so() -> None:
    levels = {(arm, key): 0.1 for arm in ("Codeine", "Nothing") for key in KEYS}
    rows = found(levels)
    assert {key: rows[key].serious for key in KEYS} == {
        "pain_relief": False, "responders": False, "breathing_fall": True, "breathing_stops": True, "tolerance": False,
    }  # fmt: skip
    assert {key for key, row in rows.items() if row.serious} >= {"breathing_fall", "addiction"}


def test_benefits_come_first_and_serious_harms_last_with_what_was_asked_for_by_name() -> None:
    keys = ("breathing_fall", "pain_relief", "tolerance")
    levels = {(arm, key): 0.1 for arm in ("Codeine", "Nothing") for key in keys}
    order = [key for key in found(levels) if key in keys]
    assert order == ["pain_relief", "tolerance", "breathing_fall"]


@pytest.mark.parametrize(("share", "told"), [(0.00099, False), (0.00101, True)])
def test_breathing_that_stops_is_told_where_it_does_so_in_one_of_a_thousand(share, told) -> None:
    levels = {("Codeine", "breathing_stops"): share, ("Nothing", "breathing_stops"): 0.0}
    assert ("breathing_stops" in found(levels)) is told


def test_an_arm_without_a_figure_says_why() -> None:
    levels = {("Codeine", "pain_relief"): 2.0, ("Nothing", "pain_relief"): 1.0}
    lacking = found(levels)["pain_relief"].cells["Ketoconazole"]
    assert lacking.simulated is None and lacking.level is None
    assert lacking.reason == "no model of what ketoconazole does to it"
    assert found(levels)["pain_relief"].cells["Codeine"].reason == ""
    unsolved = found(levels, failed={"not finite": 2})["pain_relief"].cells["Ketoconazole"]
    assert unsolved.reason == "in some draw no patient could be solved"
    alone = found({("Codeine", "tolerance"): 0.2})
    assert "tolerance" not in alone


@pytest.mark.parametrize(
    ("simulated", "figure", "first"),
    [
        (None, None, False),
        (Simulated(1, 0, 2), None, False),
        (None, trial(1, 0, 2, certainty="very low"), True),
        (Simulated(1, 0, 2), trial(1, 0, 2, certainty="low"), False),
        (Simulated(1, 0, 2), trial(1, 0, 2, certainty=None), False),
        (Simulated(1, 0, 2), trial(1, 0, 2, certainty="moderate"), True),
        (Simulated(1, 0, 2), trial(1, 0, 2, certainty="high"), True),
    ],
)
def test_studies_come_first_where_they_are_sure_or_alone(simulated, figure, first) -> None:
    assert Cell("x", simulated, None, figure, False, "").trial_first is first


@pytest.mark.parametrize(
    ("simulated", "figure", "least", "share", "apart"),
    [
        (None, trial(1, 0, 2), 1.0, False, False),
        (Simulated(1, 0, 2), None, 1.0, False, False),
        (Simulated(9, 8, 10), trial(1, 0, 2, kind="ratio"), 1.0, False, False),
        (Simulated(9, 8, 10), trial(1, 0, 2, kind="level"), 1.0, False, False),
        # a share by more than 100 of 1,000, whatever people notice; anything else by more than people notice
        (Simulated(0.31, 0.1, 0.5), trial(0.2, 0.1, 0.4), 5.0, True, True),
        (Simulated(0.29, 0.1, 0.5), trial(0.2, 0.1, 0.4), 0.01, True, False),
        (Simulated(0.31, 0.1, 0.5), trial(0.2, 0.1, 0.4), 5.0, False, False),
        (Simulated(3.1, 0, 9), trial(2.0, 0, 4), 1.0, False, True),
        (Simulated(2.9, 0, 9), trial(2.0, 0, 4), 1.0, False, False),
        (Simulated(3.0, 0, 9), trial(2.0, 0, 4), 1.0, False, False),
        (Simulated(3.9, 0, 9), trial(2.0, 0, 4), None, False, False),
        # the same where the simulation is the smaller
        (Simulated(0.09, 0.0, 0.5), trial(0.2, 0.05, 0.4), 5.0, True, True),
        (Simulated(0.9, 0, 9), trial(2.0, 0, 4), 1.0, False, True),
        # intervals that have nothing in common
        (Simulated(2.5, 2.2, 2.8), trial(2.0, 1.9, 2.1), 1.0, False, True),
        (Simulated(2.5, 2.1, 2.8), trial(2.0, 1.9, 2.1), 1.0, False, False),
        (Simulated(1.5, 1.2, 1.8), trial(2.0, 1.9, 2.1), 1.0, False, True),
        (Simulated(1.5, 1.2, 1.9), trial(2.0, 1.9, 2.1), 1.0, False, False),
        # twice as much, and outside
        (Simulated(0.6, 0.1, 0.9), trial(0.3, 0.2, 0.5), 1.0, False, True),
        (Simulated(0.59, 0.1, 0.9), trial(0.3, 0.2, 0.5), 1.0, False, False),
        (Simulated(0.6, 0.1, 0.9), trial(0.3, 0.2, 0.7), 1.0, False, False),
        (Simulated(-0.6, -0.9, -0.1), trial(-0.3, -0.5, -0.2), 1.0, False, True),
        (Simulated(-0.59, -0.9, -0.1), trial(-0.3, -0.5, -0.2), 1.0, False, False),
        # each surely its own way
        (Simulated(-0.1, -0.2, -0.05), trial(0.05, 0.01, 0.3), 1.0, False, True),
        (Simulated(-0.1, -0.2, 0.05), trial(0.09, -0.11, 0.3), 1.0, False, False),
        # a source that prints no interval
        (Simulated(2.5, 1.9, 2.8), trial(2.0, None, None), 1.0, False, False),
        (Simulated(2.5, 2.1, 2.8), trial(2.0, None, None), 1.0, False, True),
    ],
)  # fmt: skip
def test_two_figures_disagree_by_size_by_interval_or_by_way(
    simulated, figure, least, share, apart
) -> None:
    assert FAR == 0.1
    assert disagree(simulated, figure, least, share=share) is apart


MIXTURE = ("mitragynine", "midazolam")
BREATHING = ("breathing_fall", "breathing_below_half", "ventilation_lowest")


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("key", "nothing"),
    [("breathing_fall", 0.005), ("breathing_below_half", 0.001), ("ventilation_lowest", 0.05)],
)
def test_no_difference_of_breathing_is_told_of_a_mixture_that_nobody_measured(
    key: str, nothing: float, sign: int
) -> None:
    """What rounds to none, in the unit of the outcome; a change that is told stays."""
    text = STUDY.replace('["tolerance"]', f'["{key}"]')
    for share, said in ((0.9, False), (1.1, True)):
        levels = {
            ("Codeine", key): sign * share * nothing, ("Nothing", key): 0.0, ("Ketoconazole", key): 20 * sign * nothing,
        }  # fmt: skip
        for mixture in (MIXTURE, ("midazolam",)):
            run = run_of(levels, keys=BREATHING, text=text, substances=mixture)
            (row,) = (row for row in findings(run) if row.key == key)
            cell = row.cells["Codeine"]
            if mixture != MIXTURE or said:
                assert cell.simulated is not None and cell.reason == ""
            else:
                assert cell.simulated is None
                assert cell.reason == "nobody measured it after this mixture"


def test_a_difference_that_is_just_told_of_such_a_mixture() -> None:
    levels = {("Codeine", "ventilation_lowest"): 0.05, ("Nothing", "ventilation_lowest"): 0.0}
    text = STUDY.replace('["tolerance"]', '["ventilation_lowest"]')
    run = run_of(levels, keys=BREATHING, text=text, substances=MIXTURE)
    (row,) = (row for row in findings(run) if row.key == "ventilation_lowest")
    assert row.cells["Codeine"].simulated is not None


def test_units_of_differences() -> None:
    """A fall of something is of 100 of it; a share of people stays one."""
    units = {key: unit_of(each) for key, each in definitions().items()}
    assert unit_of(None) == ("share", 1.0)
    assert units["breathing_fall"] == ("of 100", 100.0)
    for key in ("responders", "acute_responders", "breathing_below_half", "breathing_stops"):
        assert units[key] == ("share", 1.0)
    assert units["pain_relief"] == ("points", 1.0) and units["qtc"] == ("ms", 1.0)
    falls = {key for key, (unit, _) in units.items() if unit == "of 100"}
    assert falls == {"breathing_fall"}


def test_outcomes_on_request_are_told_to_those_who_ask() -> None:
    keys = ("pain_relief", "breathing_below_half")
    shown = [entry.key for entry in told(run_of({}, keys=keys))]
    assert shown == ["pain_relief"]
    text = STUDY.replace('["tolerance"]', '["breathing_below_half"]')
    assert [entry.key for entry in told(run_of({}, keys=keys, text=text))] == list(keys)


@pytest.mark.parametrize(
    ("read", "shown"),
    [
        (("pain_relief",), {"pain_relief", "responders", "persistence"}),
        (("acute_relief", "acute_responders"), {"acute_relief", "acute_responders"}),
        (("tolerance",), {"pain_relief", "responders", "persistence"}),
    ],
)
def test_trials_of_another_kind_of_pain_are_told_where_the_study_reads_none(read, shown) -> None:
    text = STUDY.replace("60 mg codeine oral every 6 h x 8", "10 mg morphine oral")
    pain = {"pain_relief", "responders", "persistence", "acute_relief", "acute_responders"}
    levels = {(arm, key): 0.1 for arm in ("Codeine", "Nothing") for key in read}
    rows = findings(run_of(levels, keys=read, text=text))
    assert {row.key for row in rows} & pain == shown


def test_what_only_trials_tell_has_no_reason_why_it_is_not_simulated() -> None:
    levels = {("Codeine", "pain_relief"): 2.0, ("Nothing", "pain_relief"): 1.0}
    row = found(levels)["addiction"]
    assert (row.unit, row.benefit, row.serious, row.reference) == ("share", False, True, None)
    assert row.cells["Codeine"].trial is not None and row.cells["Codeine"].trial_first
    assert [cell.reason for cell in row.cells.values()] == ["", ""]
    assert [cell.simulated for cell in row.cells.values()] == [None, None]


def test_an_outcome_asked_for_by_name_that_is_told_anyway_is_told_once() -> None:
    text = STUDY.replace('["tolerance"]', '["pain_relief", "tolerance"]')
    levels = {(a, k): 0.1 for a in ("Codeine", "Nothing") for k in ("pain_relief", "tolerance")}
    keys = [row.key for row in findings(run_of(levels, text=text))]
    assert keys.count("pain_relief") == keys.count("tolerance") == 1


def test_why_an_outcome_of_an_arm_is_not_told() -> None:
    """Another outcome of the same effect is told; of another effect it says nothing; failures count where it is read."""
    pain = definitions()["responders"]
    levels = {("Codeine", "pain_relief"): 2.0, ("Nothing", "pain_relief"): 1.0}
    late = "its treatment leaves no time of the follow-up in which it is read"
    assert reasons(run_of(levels, {}), pain) == {
        "Codeine": late,
        "Ketoconazole": "no model of what ketoconazole does to it",
        "Nothing": late,
    }
    levels = {("Codeine", "tolerance"): 0.2, ("Codeine", "responders"): 0.2}
    run = run_of(levels, keys=("responders", "tolerance"))
    assert reasons(run, pain).keys() == {"Ketoconazole", "Nothing"}
    levels = {("Codeine", "tolerance"): 0.2}
    assert reasons(run_of(levels), pain)["Codeine"] == "no model of what codeine does to it"
    unsolved = run_of(levels, {"not finite": 1}, keys=("tolerance", "responders"))
    assert reasons(unsolved, pain)["Codeine"] == "in some draw no patient could be solved"


@pytest.mark.parametrize(
    ("regimen", "with_it", "words"),
    [
        ("none", "none", "the time in which it is read is empty"),
        ("none", "200 mg ketoconazole oral", "no model of what ketoconazole does to it"),
        ("60 mg codeine oral", "200 mg ketoconazole oral", "no model of what codeine does to it"),
    ],
)
def test_no_model_names_what_the_arm_is_about(regimen: str, with_it: str, words: str) -> None:
    assert no_model(Arm(name="x", regimen=regimen, comedication=with_it)) == words


def test_no_model_names_a_product_of_several_substances_by_its_own_name() -> None:
    name = product("kratom_leaf").name
    words = f"no model of what {name[0].lower()}{name[1:]} and morphine do to it"
    assert no_model(Arm(name="x", regimen="2 g kratom_leaf oral; 10 mg morphine oral")) == words
