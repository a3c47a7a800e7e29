"""Models of the user's own: derivatives of what is integrated, several endpoints, faults of the program."""

from pathlib import Path

import numpy as np
import pytest

import speciosa as sp
from speciosa.errors import InputError
from speciosa.estimation.fitting import build
from speciosa.estimation.objective.methods import evaluate

DATA = Path(__file__).parent / "data"
FIT = """
[data]
file = "data.csv"
cmt = {{ 1 = "oral" }}
{data}
[model]
file = "models.py:saturable"
[parameters.Vmax]
start = 20.0
between = 0.04
covariates = "(WT / 70) ** size"
[parameters.V]
start = 20.0
between = 0.02
[parameters.KA]
start = 1.1
[parameters.LAG]
start = 0.3
[parameters.F]
start = 0.6
scale = "logit-normal"
between = 0.1
[parameters.gamma]
start = 1.4
[parameters.kout]
start = 0.2
between = 0.05
[coefficients]
size = 0.5
[error.plasma]
kind = "proportional"
proportional = 0.2
[error.response]
kind = "additive"
additive = 0.6
[estimation]
method = "{method}"
nodes = 2
"""


@pytest.fixture
def folder(tmp_path):
    draw = np.random.default_rng(2)
    rows = ["ID,TIME,AMT,RATE,II,ADDL,SS,EVID,DV,DVID,WT"]
    for i in range(5):
        ss = "12,1,0"
        rows.append(f"{i},0,300,.,{ss},1,.,.,{60 + 4 * i}")
        for t in (1, 4, 11, 15, 23):
            rows.append(f"{i},{t},.,.,.,.,.,0,{draw.uniform(2, 6):.3f},plasma,{60 + 4 * i}")
            rows.append(f"{i},{t},.,.,.,.,.,0,{draw.uniform(9, 14):.3f},response,{60 + 4 * i}")
        rows.append(f"{i},30,100,20,.,.,.,{4 if i == 2 else 1},.,.,{60 + 4 * i}")
        rows.append(f"{i},33,.,.,.,.,.,0,{draw.uniform(2, 6):.3f},plasma,{60 + 4 * i}")
    (tmp_path / "data.csv").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "models.py").write_bytes((DATA / "models.py").read_bytes())
    return tmp_path


@pytest.mark.parametrize("method", ["FO", "FOCEI"])
def test_gradient(asked, folder, method):
    joint = build(asked(FIT.format(data="", method=method), folder))
    x = joint.design.start() + 0.02
    found = evaluate(joint, method, x, np.zeros((joint.subjects, joint.design.effects)))
    h = 1e-4
    for k in range(len(x)):
        moved = np.eye(len(x))[k] * h
        ends = [evaluate(joint, method, x + s * moved, found.modes).subjects for s in (1, -1)]
        slope = (ends[0] - ends[1]) / (2 * h)
        assert np.abs(found.gradients[:, k] - slope).max() < 1e-4 * (1 + np.abs(slope).max())


def test_structure_and_equations_agree(asked, fit_text):
    """The closed form and the integrated model have the same derivatives, to third order."""
    parameters = {"CL": (2.0, 0.2), "V": (25.0, 0.1), "KA": (1.0, 0.5)}
    error = ['kind = "additive"', "additive = 1.0"]
    text = fit_text("theophylline.csv", "oral_1cpt", parameters, error, method="LAPLACE")
    own = text.replace('structure = "oral_1cpt"', 'file = "models.py:oral"')
    found = []
    for one in (text, own):
        joint = build(asked(one))
        start = np.zeros((joint.subjects, 3))
        found.append(evaluate(joint, "LAPLACE", joint.design.start(), start))
    assert found[0].total == pytest.approx(found[1].total, abs=1e-6)
    assert np.abs(found[0].gradients - found[1].gradients).max() < 1e-5


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("def build(:", "SyntaxError"),
        ("build = 3", "TypeError"),
        ("def build():\n    return 1 / 0", "ZeroDivisionError"),
        ("def build():\n    return 'x'", "a function that gives a speciosa.Model, found 'str'"),
        (
            "import speciosa as sp\ndef build():\n    m = sp.Model('x')\n"
            "    m.output('y', m.parameter('a', 1, 'flogs'), '1')\n    return m",
            "a known unit",
        ),
    ],
)
def test_program_that_gives_no_model(asked, folder, program, told):
    (folder / "models.py").write_text(program, encoding="utf-8")
    text = FIT.format(data="", method="FOCEI").replace(":saturable", ":build")
    with pytest.raises(InputError, match="model, file") as refused:
        asked(text, folder)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("parameters.Vmax", "parameters.Vmx", "Did you mean Vmax?"),
        ("error.response", "error.respons", "Did you mean response?"),
        ('"oral"', '"orall"', "a dose target of the model"),
    ],
)
def test_names_of_the_model(asked, folder, old, new, told):
    text = FIT.format(data="", method="FOCEI").replace(old, new)
    with pytest.raises(InputError) as refused:
        sp.fit(asked(text, folder))
    assert told in str(refused.value)


def test_model_without_states_is_for_fits_only():
    m = sp.Model("line")
    m.output("y", m.parameter("a", 1, "1/h") * m.time, "1")
    assert m.build(static=True).states == ()
    with pytest.raises(InputError, match="at least one state"):
        m.build()
