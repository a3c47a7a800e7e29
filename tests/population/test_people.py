"""Virtual patients: moments in closed form, and the same person whatever is drawn beside them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speciosa.errors import InputError
from speciosa.model import Model
from speciosa.population import Categorical, Normal, Population, Varying
from speciosa.population.covariance import correlation_blocks
from speciosa.population.variability import effect_sd

CL = Varying("CL", 25.0, "L/h", between_patient_sd=0.4, uncertainty_sd=0.2)
V = Varying("V", 184.0, "L", between_patient_sd=0.3, uncertainty_sd=0.1)
KA = Varying("ka", 1.4, "1/h", between_patient_sd=0.5, between_occasion_sd=0.3)
F = Varying("F", 0.4, "1", "logitnormal", between_patient_sd=0.6)
E0 = Varying("E0", -2.0, "mmHg", "normal", between_patient_sd=1.5, uncertainty_sd=0.5)
FIXED = Varying("Q", 9.0, "L/h", "fixed", uncertainty_sd=0.15)
ALL = (CL, V, KA, F, E0, FIXED)
PEOPLE = Population(ALL, {"weight": Normal(75, 14, low=45)}, {("CL", "V"): 0.6}, seed=11)


def test_moments_of_each_distribution():
    drawn = PEOPLE.draw(200_000).values
    log_cl, log_v = np.log(drawn["CL"][0] / 25), np.log(drawn["V"][0] / 184)
    assert log_cl.mean() == pytest.approx(0, abs=0.004)
    assert log_cl.std() == pytest.approx(0.4, abs=0.003)
    assert log_v.std() == pytest.approx(0.3, abs=0.003)
    assert np.corrcoef(log_cl, log_v)[0, 1] == pytest.approx(0.6, abs=0.006)
    logit = np.log(drawn["F"][0] / (1 - drawn["F"][0]))
    assert logit.mean() == pytest.approx(np.log(0.4 / 0.6), abs=0.006)
    assert logit.std() == pytest.approx(0.6, abs=0.005)
    assert drawn["E0"][0].mean() == pytest.approx(-2, abs=0.015)
    assert drawn["E0"][0].std() == pytest.approx(1.5, abs=0.01)
    assert (drawn["Q"] == 9.0).all()


@settings(max_examples=30, deadline=None)
@given(
    start=st.integers(0, 3000),
    count=st.integers(1, 30),
    draw=st.integers(0, 20),
    draws=st.integers(1, 3),
)
def test_the_same_patient_whatever_else_is_drawn(start, count, draw, draws):
    whole = PEOPLE.draw(range(start, start + 30), range(draw, draw + 3), occasions=3)
    part = PEOPLE.draw(
        range(start + 30 - count, start + 30), range(draw, draw + draws), occasions=2
    )
    for name, values in part.values.items():
        assert (values == whole.values[name][:draws, 30 - count :]).all()
    assert (part.occasions["ka"] == whole.occasions["ka"][:draws, 30 - count :, :2]).all()


def test_other_parameters_and_covariates_do_not_change_a_patient():
    alone = Population((KA,), seed=11).draw(100).values["ka"]
    assert (alone == PEOPLE.draw(100).values["ka"]).all()


def test_draws_move_the_typical_value_and_give_new_people():
    drawn = PEOPLE.draw(1000, 400).values
    centre = np.log(drawn["CL"]).mean(axis=1)
    assert centre.std() == pytest.approx(np.hypot(0.2, 0.4 / np.sqrt(1000)), rel=0.12)
    assert np.ptp(drawn["Q"], axis=1).max() == 0
    assert np.log(drawn["Q"][:, 0] / 9).std() == pytest.approx(0.15, rel=0.12)


def test_same_people_in_every_draw_leaves_only_the_uncertainty():
    people = Population((CL, KA), {"weight": Normal(75, 14)}, seed=1, same_people=True)
    drawn = people.draw(50, 20).values
    ratio = drawn["CL"] / drawn["CL"][:, :1]
    assert np.allclose(ratio, ratio[:1])
    assert np.ptp(drawn["CL"][:, 0]) > 1
    assert (drawn["ka"] == drawn["ka"][:1]).all()
    assert (drawn["weight"] == drawn["weight"][:1]).all()


def test_correlated_uncertainty():
    people = Population((CL, V), uncertainty_correlations={("CL", "V"): -0.7}, seed=2)
    drawn = Population(
        (CL, V), uncertainty_correlations={("CL", "V"): -0.7}, seed=2, same_people=True
    )
    values = drawn.draw(1, 20_000).values
    assert np.corrcoef(np.log(values["CL"][:, 0]), np.log(values["V"][:, 0]))[
        0, 1
    ] == pytest.approx(-0.7, abs=0.02)
    assert people.draw(3).values["CL"].shape == (1, 3)


def test_a_draw_of_a_block_is_the_same_in_a_model_that_holds_a_part_of_it_in_any_order():
    blocks = correlation_blocks(
        ["CL", "Q", "V", "elsewhere"],
        {("elsewhere", "CL"): 0.5, ("V", "elsewhere"): 0.4, ("V", "CL"): 0.3},
    )
    drawn = [
        Population(held, uncertainty_blocks=blocks, seed=3).typical_values(20_000)
        for held in ((CL, FIXED, V), (V, FIXED), (FIXED, V, CL, KA), (CL,))
    ]
    for other in drawn[1:]:
        for name in set(other) & set(drawn[0]):
            assert (other[name] == drawn[0][name]).all(), name
    logs = [np.log(drawn[0][name]) for name in ("CL", "V", "Q")]
    assert np.corrcoef(logs) == pytest.approx(
        np.array([[1, 0.3, 0], [0.3, 1, 0], [0, 0, 1]]), abs=0.02
    )
    assert [log.std() for log in logs] == pytest.approx([0.2, 0.1, 0.15], rel=0.02)


def test_people_are_the_same_in_whatever_order_a_model_names_what_is_correlated():
    pairs = {("CL", "V"): 0.6, ("KA", "V"): -0.3}
    ka = replace(KA, name="KA")
    one, other = (
        Population(held, correlations=pairs, seed=4) for held in ((CL, V, ka), (ka, V, CL))
    )
    for name in ("CL", "V", "KA"):
        assert (one.draw(50).values[name] == other.draw(50).values[name]).all()


def test_an_uncertainty_in_two_blocks_is_refused():
    blocks = correlation_blocks("VX", {("V", "X"): 0.5})
    with pytest.raises(InputError, match="uncertainty of V: expected one block"):
        Population((CL, V), uncertainty_correlations={("CL", "V"): 0.2}, uncertainty_blocks=blocks)
    with pytest.raises(InputError, match="uncertainty of X"):
        Population((CL, V), uncertainty_blocks=blocks * 2)


def test_occasions_vary_around_the_patient():
    drawn = PEOPLE.draw(20_000, occasions=4)
    deviation = np.log(drawn.occasions["ka"] / drawn.values["ka"][..., None])
    assert deviation.std() == pytest.approx(0.3, abs=0.003)
    assert abs(np.corrcoef(deviation[0, :, 0], deviation[0, :, 1])[0, 1]) < 0.03
    assert "ka@4" in drawn.frame().columns


def test_posterior_draws_replace_typical_values():
    posterior = np.array([20.0, 30.0])
    drawn = Population((CL, FIXED), seed=1).draw(4, 2, typical={"Q": posterior})
    assert (drawn.values["Q"] == posterior[:, None]).all()
    with pytest.raises(InputError) as error:
        Population((CL,)).draw(4, 3, typical={"CL": [1.0], "Vmax": [1, 2, 3]})
    assert "3 finite" in str(error.value) and "no such name" in str(error.value)


def test_table_has_one_row_a_patient_of_a_draw():
    drawn = PEOPLE.draw(range(5, 9), 3)
    table = drawn.table(["V", "CL"])
    assert table.shape == (12, 2) and len(drawn) == 12
    frame = drawn.frame()
    assert frame["patient"].to_list() == [5, 6, 7, 8] * 3
    assert (frame["CL"].to_numpy() == table[:, 1]).all()
    assert drawn.units["CL"] == "L/h"


def test_an_effect_sd_gives_the_cv_that_was_asked_for():
    sd = effect_sd("lognormal", 10, 0.45)
    values = (
        Population((Varying("x", 10.0, between_patient_sd=sd),), seed=4).draw(400_000).values["x"]
    )
    assert values.std() / values.mean() == pytest.approx(0.45, abs=0.004)
    sd = effect_sd("logitnormal", 0.3, 0.05)
    logit = Varying("x", 0.3, "1", "logitnormal", between_patient_sd=sd)
    values = Population((logit,), seed=4).draw(400_000).values["x"]
    assert values.std() / values.mean() == pytest.approx(0.05, abs=0.001)


def test_every_fault_is_named_at_once():
    with pytest.raises(InputError) as error:
        Population(
            (
                Varying("CL", -1.0, between_patient_sd=0.3),
                Varying("F", 1.2, distribution="logitnormal"),
                Varying("V", 10.0, between_patient_sd=-0.3),
                Varying("weight", 10.0, distribution="beta"),  # type: ignore[arg-type]
                Varying("ka", float("nan")),
            ),
            {"weight": Normal(70, 10), "sex": Categorical({"f": 0.4, "m": 0.4})},
            {("CL", "Vmax"): 0.3},
        )
    text = str(error.value)
    for part in (
        "CL: expected a log-normal value above 0",
        "F: expected a logit-normal value in (0, 1)",
        "V, between-patient SD: expected 0 or more",
        "weight, distribution: expected one of lognormal, normal, logitnormal, fixed",
        "ka: expected a finite typical value",
        "weight: expected one parameter or covariate of this name",
        "covariate sex: expected frequencies that sum to 1",
        "between-patient correlation of CL and Vmax",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("patients", "draws", "occasions"),
    [(0, None, 1), (range(0, 10, 2), None, 1), (5, 0, 1), (5, range(-1, 2), 1), (5, None, 0)],
)
def test_drawing_nobody_is_refused(patients, draws, occasions):
    with pytest.raises(InputError):
        PEOPLE.draw(patients, draws, occasions)


def test_rows_are_the_patients_and_draws_asked_for():
    whole = PEOPLE.draw(40, 5).values
    patients, draws = np.array([3, 39, 0, 3, 17]), np.array([4, 0, 0, 1, 4])
    rows = PEOPLE.rows(patients, draws)
    assert set(rows) == set(whole)
    for name, values in rows.items():
        assert (values == whole[name][draws, patients]).all()
    typical = PEOPLE.rows(np.arange(40))
    assert (typical["Q"] == 9.0).all()
    assert (typical["ka"] == whole["ka"][0]).all()


def two_models():
    for peripheral in (False, True):
        m = Model("arm")
        weight = m.covariate("weight", 70, "kg")
        typical_weight = m.parameter("typical weight", 70, "kg")
        cl = m.parameter("CL", 25, "L/h", between_patient_cv=0.4, uncertainty_cv=0.1)
        v = m.parameter("V", 184, "L", between_patient_sd=0.3, between_occasion_sd=0.1)
        m.correlation(cl, v, 0.5)
        if peripheral:
            m.parameter("Q", 9, "L/h", between_patient_cv=0.2)
        central = m.state("central", "mg")
        m.rate(central, -cl / v * (weight / typical_weight) * central)
        yield m


def test_a_models_people_are_the_same_in_another_arm():
    one, other = (
        Population.of(m, {"age": Normal(40, 12, low=18)}, units={"age": "year"}, seed=8).draw(50, 3)
        for m in two_models()
    )
    for name in ("CL", "V", "age", "weight"):
        assert (one.values[name] == other.values[name]).all()
    assert (one.occasions["V"] == other.occasions["V"]).all()
    assert (one.values["weight"] == 70).all()
    assert other.units == {
        "age": "year", "weight": "kg", "typical weight": "kg", "CL": "L/h", "V": "L", "Q": "L/h",
    }  # fmt: skip


def test_a_covariate_that_has_the_name_of_a_parameter_is_refused():
    with pytest.raises(InputError, match="CL: expected one parameter or covariate of this name"):
        Population.of(next(two_models()), {"CL": Normal(1, 0.1)})
