"""Weights of the shipped studies: what preference studies say holds in every draw, and the rest is called a judgement."""

import tomllib
from importlib.resources import files

import numpy as np
import pytest

from speciosa import facts
from speciosa.comparison.weighing import weights_of
from speciosa.errors import InputError
from speciosa.study.endpoints import definitions
from speciosa.study.question.read import read_study

SHIPPED = ("default", "acute", "withdrawal")


@pytest.mark.parametrize("name", ("default", "acute"))
def test_nausea_weighs_as_much_as_pain_relief_within_what_patients_said(name: str) -> None:
    """Gregorian 2010: nausea and pain relief each explain 21 to 25% of preference, so 21/25 to 25/21 of each other."""
    plan = read_study(name).benefit_risk
    known = definitions()
    names = [known[entry.outcome].title for entry in plan.criteria]
    drawn = weights_of(plan, names).sample(4000, seed=1)
    (ratio,) = plan.ratios
    of, to = (names.index(known[key].title) for key in (ratio.of, ratio.to))
    quotient = drawn[:, of] / drawn[:, to]
    row = facts.records("scales", id="scale-0040")[0]
    assert ratio.between == pytest.approx((row.low / row.high, row.high / row.low), abs=0.005)
    assert quotient.min() >= ratio.between[0] - 1e-9 and quotient.max() <= ratio.between[1] + 1e-9
    assert np.ptp(quotient) > 0.2


@pytest.mark.parametrize("name", SHIPPED)
def test_the_value_tree_is_whole(name: str) -> None:
    """Every criterion has a branch, every source is a reference, and what is not weighed says why."""
    plan = read_study(name).benefit_risk
    assert all(entry.branch for entry in plan.criteria)
    assert {entry.branch for entry in plan.criteria} >= {"benefit", "danger"}
    assert plan.unweighed and all(len(each.why) > 20 for each in plan.unweighed)
    keys = [key for each in (*plan.ratios, *plan.unweighed, *plan.criteria) for key in each.source]
    for key in (*keys, *plan.order_source):
        assert facts.reference(key)


def test_ratios_that_cannot_hold_are_refused(tmp_path) -> None:
    text = (files("speciosa.study") / "shipped" / "default.toml").read_text(encoding="utf-8")
    broken = text.replace(
        'to = "pain_relief"\nbetween = [0.84, 1.19]', 'to = "pain"\nbetween = [2, 1]'
    )
    assert broken != text and tomllib.loads(broken)
    file = tmp_path / "study.toml"
    file.write_text(broken, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_study(file)
    told = str(caught.value)
    assert "names of criteria" in told and "0 < low <= high" in told
