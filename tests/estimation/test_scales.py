"""Scales on which individuals vary: Box-Cox between a normal and a log-normal."""

import numpy as np
import pytest

import speciosa as sp
from speciosa.errors import InputError
from speciosa.estimation.fitting import build
from speciosa.estimation.objective.methods import evaluate

BOX_COX = 'scale = "box-cox"\nshape = {}'
ERROR = ['kind = "additive"', "additive = 0.8"]


def question(asked, fit_text, keys, between, method="FOCEI", **estimation):
    parameters = {
        "CL": (2.8, between, keys, "covariates = \"(WT / 70) ** size\""),
        "V": (32.0, 0.02),
        "KA": (1.5, 0.4),
    }  # fmt: skip
    more = "[coefficients]\nsize = 0.4"
    text = fit_text("theophylline.csv", "oral_1cpt", parameters, ERROR, method, more, **estimation)
    return asked(text)


def objective(asked_question, x=None):
    joint = build(asked_question)
    x = joint.design.start() if x is None else x
    return evaluate(joint, asked_question.estimation.method, x, np.zeros((joint.subjects, 3)))


@pytest.mark.parametrize("method", ["FOCEI", "LAPLACE", "AGQ"])
def test_a_shape_of_1_is_a_normal(asked, fit_text, method):
    one, other = (
        objective(question(asked, fit_text, keys, 0.3, method, nodes=3))
        for keys in (BOX_COX.format(1.0), 'scale = "normal"')
    )
    assert one.total == pytest.approx(other.total, abs=1e-7)
    assert one.modes == pytest.approx(other.modes, abs=1e-7)


@pytest.mark.parametrize("method", ["FOCEI", "LAPLACE"])
def test_a_shape_near_0_is_a_log_normal(asked, fit_text, method):
    one, other = (
        objective(question(asked, fit_text, keys, 0.05, method))
        for keys in (BOX_COX.format(1e-6), 'scale = "log-normal"')
    )
    assert one.total == pytest.approx(other.total, abs=1e-3)


@pytest.mark.parametrize("method", ["FO", "FOCE", "FOCEI", "LAPLACE", "AGQ"])
@pytest.mark.parametrize("shape", [-0.7, 0.5])
def test_gradients_are_those_of_differences(asked, fit_text, method, shape):
    made = question(asked, fit_text, BOX_COX.format(shape), 0.04, method, nodes=3)
    joint = build(made)
    x = joint.design.start()
    at = objective(made)
    for k in range(len(x)):
        step = np.zeros(len(x))
        step[k] = 1e-4
        both = [evaluate(joint, method, x + s * step, at.modes).total for s in (1, -1, 2, -2)]
        slope = (8 * (both[0] - both[1]) - (both[2] - both[3])) / 1.2e-3
        assert at.gradient[k] == pytest.approx(slope, rel=2e-5, abs=2e-5)


def test_a_fit_reports_the_typical_value_and_its_interval(asked, fit_text):
    found = sp.fit(question(asked, fit_text, BOX_COX.format(0.5), 0.1))
    usual = sp.fit(question(asked, fit_text, 'scale = "log-normal"', 0.05))
    assert found.converged
    number, other = found.numbers["CL"], usual.numbers["CL"]
    assert number.low < number.value < number.high
    assert number.value == pytest.approx(other.value, rel=0.05)
    # of variability that is small the variance is that of the logarithm times the value to twice the shape
    spread = found.numbers["omega2.CL"].value / number.value
    assert spread == pytest.approx(usual.numbers["omega2.CL"].value, rel=0.25)
    with pytest.raises(InputError, match="log-normal, normal or logit-normal"):
        found.model()


@pytest.mark.slow
def test_a_model_of_equations_has_it_too(tmp_path, asked):
    (tmp_path / "own.py").write_text(
        "import speciosa as sp\n"
        "def build():\n"
        "    m = sp.Model('one')\n"
        "    cl, v = m.parameter('CL', 2.0, 'L/h'), m.parameter('V', 10.0, 'L')\n"
        "    a = m.state('a', 'mg')\n"
        "    m.rate(a, -cl / v * a)\n"
        "    m.dose_target('iv', a)\n"
        "    m.output('plasma', a / v, 'mg/L')\n"
        "    return m\n",
        encoding="utf-8",
    )
    rows = ["ID,TIME,AMT,DV"]
    for i, (early, late) in enumerate([(8.1, 2.4), (6.9, 3.1), (7.4, 2.2), (8.8, 3.4)]):
        rows += [f"{i},0,100,.", f"{i},1,.,{early}", f"{i},8,.,{late}"]
    (tmp_path / "d.csv").write_text("\n".join(rows), encoding="utf-8")
    parts = (
        "[parameters.CL]\nstart = 2.0\nbetween = 0.02\nscale = 'box-cox'\nshape = -0.4\n"
        "[parameters.V]\nstart = 10.0\n[error.plasma]\nkind = 'proportional'\nproportional = 0.1\n"
    )
    totals = []
    for model in ("structure = 'iv_1cpt'", "file = 'own.py:build'"):
        text = f"[data]\nfile = 'd.csv'\n[model]\n{model}\n{parts}"
        totals.append(objective_of(asked(text, folder=tmp_path)))
    assert totals[0] == pytest.approx(totals[1], abs=1e-6)


def objective_of(made):
    joint = build(made)
    start = np.zeros((joint.subjects, joint.design.effects))
    return evaluate(joint, "FOCEI", joint.design.start(), start).total


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ('scale = "box-cox"', "shape"),
        (BOX_COX.format(0), "log-normal"),
        (BOX_COX.format(9), "5"),
        ('scale = "log-normal"\nshape = 0.5', "shape"),
    ],
)
def test_what_a_shape_may_be(asked, fit_text, keys, told):
    with pytest.raises(InputError, match=told):
        question(asked, fit_text, keys, 0.1)
