"""Trials that adapt, from their files to their answers, on people solved by mechanism."""

import numpy as np
import polars as pl
import pytest
from tests.trials.test_trial_files import GOOD, GROWING, SEVERAL, SMART, TITRATION, WILLIAMS

import speciosa as sp
from speciosa.report.sections.trial_page import trial_page
from speciosa.trials.conduct.pooling import missed_of, pool_of
from speciosa.trials.operating.tables import flow
from speciosa.trials.people.titration import next_levels
from speciosa.trials.question.read import parse_trial

SHORT = "[simulation]\nreplicates = 100\ntruth = 2000\n"
KINDS = {
    "smart": SMART, "titration": TITRATION, "several": SEVERAL, "grows": GROWING, "williams": WILLIAMS,
}  # fmt: skip


@pytest.fixture(scope="module")
def done():
    return {name: sp.trial(parse_trial(text + SHORT), threads=1) for name, text in KINDS.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_an_answer_and_a_page(kind, done):
    found = done[kind]
    told = found.as_dict()
    assert 0 <= told["power"] <= 1 and 0 <= told["type_1"] < 0.12
    assert told["coverage"] > 0.8
    assert len(found.trials()) == 100
    page = trial_page(found)
    assert found.sentence[:40] in page or "people" in page
    assert len(found.patients()) == found.example.y.shape[0] * found.example.y.shape[2]


@pytest.mark.parametrize("kind", ["smart", "titration"])
def test_the_same_numbers_whatever_threads_and_chunks(kind, done):
    again = sp.trial(parse_trial(KINDS[kind] + SHORT), threads=2, chunk=9)
    assert again.as_dict() == done[kind].as_dict()


def test_strategies_switch_those_who_have_not_answered(done):
    found = done["smart"]
    names = [each.arm for each in found.comparisons]
    assert names == ["Naproxen, then Ibuprofen", "Naproxen, then More"]
    assert found.trial.reference == "Placebo, then Ibuprofen"
    assert "randomised to Naproxen or Placebo" in found.sentence
    block = found.example
    again = block.course != block.arm
    value, start = block.y[1, 0], block.y[0, 0]
    assert (again[0] == ((value > 0.7 * start) & (block.stopped[0] == block.last))).all()
    # before the decision everybody has the course of the first treatment
    table = found.patients()
    changed = table.filter(pl.col("TRT02P") != "")["USUBJID"].n_unique()
    assert changed == again.sum() == flow(found)["changed treatment"].sum()
    assert any("had not answered and went on with another treatment" in w for w in found.warnings)


def test_what_follows_begins_at_the_decision():
    pool = pool_of(parse_trial(SMART), typical=True, stops=True, threads=1)
    assert [arm.name for arm in pool.arms] == [
        "Naproxen", "Placebo", "Naproxen, then Ibuprofen", "Naproxen, then More", "Placebo, then Ibuprofen",
    ]  # fmt: skip
    first, other, ibuprofen, more, rescued = pool.arms
    for same, whole in ((ibuprofen, first), (more, first), (rescued, other)):
        assert same.stay[..., :2] == pytest.approx(whole.stay[..., :2], abs=2e-5)
    assert more.stay[..., 2].mean() < first.stay[..., 2].mean()
    assert rescued.stay[..., 2].mean() < other.stay[..., 2].mean() - 0.2


def test_doses_go_up_in_those_whose_measurement_asks_for_it():
    asked = parse_trial(TITRATION)
    pool = pool_of(asked, typical=True, stops=True, threads=1)
    drug, nothing = pool.arms
    assert nothing.levels is None and set(np.unique(drug.levels)) <= {0, 1}
    never = TITRATION.replace("up = 'pain_nrs > 4'", "up = 'pain_nrs > 11'")
    fixed = pool_of(parse_trial(never), typical=True, stops=False, threads=1).arms[0]
    raised = drug.levels[0] == 1
    assert 0.1 < raised.mean() < 1.0
    assert (fixed.levels == 0).all()
    assert drug.stay[0, :, :2] == pytest.approx(fixed.stay[0, :, :2], abs=2e-5)
    assert drug.stay[0, ~raised] == pytest.approx(fixed.stay[0, ~raised], abs=2e-5)
    assert (drug.stay[0, raised, 2] < fixed.stay[0, raised, 2]).all()
    # who was raised is who measured above the bound without an unwanted effect, by the chance that the person keeps
    moves = asked.course
    assert moves.placebo is None
    chance = pool.chance
    tau, week = 2.0, 1.0
    value = drug.stay[0, :, 1] + 1.2 * chance.answer * -np.expm1(-week / tau) + chance.noise[:, 1]
    wants = np.clip(value, 0, 10) > 4
    assert (raised == (wants & (chance.prone >= drug.adverse[0, :, 1]))).all()


def test_steps_stay_on_the_ladder():
    levels, rng = np.zeros(200, dtype=np.int64), np.random.default_rng(1)
    for _ in range(20):
        before = levels
        unwanted, wants = rng.random(200) < 0.3, rng.random(200) < 0.6
        levels = next_levels(levels, unwanted, wants, 3)
        assert levels.min() >= 0 and levels.max() <= 3
        assert (np.abs(levels - before) <= 1).all()
        assert (levels[unwanted] <= before[unwanted]).all()


def test_a_crossover_of_three_has_six_orders(done):
    found = done["williams"]
    assert len(found.arms) == 6
    assert found.arms[0].count(", then ") == 2
    assert [each.arm for each in found.comparisons] == ["Naproxen", "Ibuprofen"]
    for each in found.comparisons:
        assert each.truth.value < -0.2
        assert abs(each.bias) < 5 * each.bias_se + 0.05


def test_a_trial_that_grows_says_how_often(done):
    found = done["grows"]
    assert any("of trials grow beyond 60 people, to 120 at most" in line for line in found.warnings)
    assert found.replicates.people.max() <= 120


def test_looks_say_which_arms_are_dropped():
    text = SEVERAL.replace("looks = [0.5, 1]", "looks = [0.5, 1]\nfutility = [0.5]")
    found = sp.trial(parse_trial(text + SHORT), threads=1)
    first = found.as_dict()["looks"][0]
    assert set(first["dropped"]) == {"Naproxen", "Ibuprofen"}
    assert any(line.startswith("Naproxen: found better and ahead") for line in found.warnings)


def test_people_leave_out_doses_of_their_own():
    text = TITRATION.replace("[design]", "[adherence]\ndoses = 0.6\nsd = 0.25\n[design]")
    some = pool_of(parse_trial(text), typical=True, stops=True, threads=1)
    whole = pool_of(parse_trial(TITRATION), typical=True, stops=True, threads=1)
    drug, full = some.arms[0].stay[0, :, 1], whole.arms[0].stay[0, :, 1]
    nothing = whole.arms[1].stay[0, :, 1]
    assert full.mean() + 0.05 < drug.mean() < nothing.mean() - 0.05
    assert some.arms[1].stay == pytest.approx(whole.arms[1].stay)
    missed = missed_of(parse_trial(text))
    shares = missed.taken.mean(1)
    assert shares.mean() == pytest.approx(0.6, abs=0.02)
    assert shares.std() == pytest.approx(0.25, abs=0.03)
    again = pool_of(parse_trial(text), typical=True, stops=True, threads=2)
    assert again.arms[0].stay.tobytes() == some.arms[0].stay.tobytes()
    # who takes less has less of the effect
    lost = (drug - full) / np.maximum(nothing - full, 0.05)
    assert np.corrcoef(lost, shares[missed.pattern])[0, 1] < -0.4


def test_people_who_stop_go_on_with_another_drug():
    text = GOOD.replace(
        "[design]",
        "[dropout]\nmodel = 'mar'\ncompleted = 0.5\nfollowed = 1.0\n[switch]\nto = '400 mg ibuprofen oral every 8 h x 42'\n"
        "[estimand]\nstrategy = { switch = 'treatment policy' }\n[design]",
    )
    found = sp.trial(parse_trial(text + SHORT), threads=1)
    nothing = text.replace("[switch]\nto = '400 mg ibuprofen oral every 8 h x 42'\n", "")
    without = sp.trial(parse_trial(nothing + SHORT), threads=1)
    # who leaves placebo for ibuprofen makes the arms more alike
    assert found.comparisons[0].truth.value > without.comparisons[0].truth.value + 0.01
    assert "whatever happens after switch to another treatment" in found.sentence
    table = found.patients()
    assert set(table["SWITCHFL"]) == {"Y", "N"}
    assert (table.filter(pl.col("SWITCHFL") == "Y")["DISCFL"] == "Y").all()
    assert flow(found)["switched"].sum() == table.filter(pl.col("SWITCHFL") == "Y")["USUBJID"].n_unique()  # fmt: skip
