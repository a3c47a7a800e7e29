"""The compiled search for modes, one subject after another, and the one of all subjects at once have the same numbers."""

from pathlib import Path

import numpy as np
import pytest

from speciosa.estimation.fitting import build
from speciosa.estimation.jet.dense import (
    eigen,
    eliminate,
    factor,
    solve_eliminated,
    solve_factored,
)
from speciosa.estimation.objective.approximations import assemble, together
from speciosa.estimation.objective.at_modes import evaluated
from speciosa.estimation.objective.evaluation import UnsolvedError

CENSORED = """
[data]
file = "{data}"
occasion = "OCC"
[model]
{model}
[parameters.KA]
start = 1.0
between = 0.3
[parameters.CL]
start = 2.5
between = 0.1
occasion = 0.02
covariates = "(WT / 70) ** size"
[parameters.V]
start = 30.0
[coefficients]
size = 0.6
[error.plasma]
kind = "combined"
additive = 0.5
proportional = 0.1
lloq = 2.0
[estimation]
method = "FOCEI"
threads = 2
"""
MODELS = ['structure = "oral_1cpt"', 'file = "models.py:oral"', 'file = "models.py:curved"']


@pytest.fixture
def folder(tmp_path):
    """Theophylline in two occasions, beside the models of these tests and one that is not linear."""
    data = Path(__file__).parent / "data"
    head, *rows = (data / "theophylline.csv").read_text(encoding="utf-8").splitlines()
    late = head.split(",").index("TIME")
    rows = [f"{row},{1 + (float(row.split(',')[late]) > 3)}" for row in rows]
    (tmp_path / "d.csv").write_text("\n".join([f"{head},OCC", *rows]), encoding="utf-8")
    program = (data / "models.py").read_text(encoding="utf-8")
    curved = program[program.index("def oral") :].partition("\n\n\n")[0]
    curved = curved.replace("def oral", "def curved")
    most = 'm.parameter("most", 900, "mg")'
    curved = curved.replace("-ka * gut", f"-ka * gut / (1 + gut / {most})")
    (tmp_path / "models.py").write_text(f"{program}\n\n{curved}\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_two_ways_agree(model, exact, asked, folder):
    joint = build(asked(CENSORED.format(data="d.csv", model=model), folder))
    x = joint.design.start() + 0.05
    at, start = joint.design.individuals(x), np.zeros((joint.subjects, joint.design.effects))
    found = evaluated(joint, at, start, exact=exact)
    if "oral" in model and "file" in model:
        assert found is None  # linear equations go by modes of all subjects at once
        return
    joint.calls[exact] = None
    other = assemble(joint, at, *together(joint, at, start, exact=exact))
    assert found.total == pytest.approx(other.total, rel=1e-12)
    for name in ("subjects", "gradients", "modes", "curvatures", "moved"):
        one, two = getattr(found, name), getattr(other, name)
        assert np.abs(one - two).max() < 1e-7 * (1 + np.abs(two).max()), name


def test_threads_leave_the_bytes(asked, folder):
    found = []
    for threads in (1, 2):
        text = CENSORED.format(data="d.csv", model=MODELS[2])
        text = text.replace("threads = 2", f"threads = {threads}")
        joint = build(asked(text, folder)).repeated(3)
        at = joint.design.individuals(joint.design.start())
        start = np.zeros((joint.subjects, joint.design.effects))
        one = evaluated(joint, at, start, exact=False)
        found.append((one.subjects.tobytes(), one.gradients.tobytes(), one.modes.tobytes()))
    assert found[0] == found[1]


def test_a_subject_without_a_density_is_named(asked, folder):
    joint = build(asked(CENSORED.format(data="d.csv", model=MODELS[0]), folder))
    at = joint.design.individuals(joint.design.start())
    base = at.base.copy()
    base[0] = np.nan
    start = np.zeros((joint.subjects, joint.design.effects))
    with pytest.raises(UnsolvedError, match="No finite objective for subject 1 "):
        evaluated(joint, at._replace(base=base), start, exact=False)


def test_dense_matrices():
    draw = np.random.default_rng(0)
    for n in (1, 2, 5):
        a, x = draw.normal(size=(n, n)), draw.normal(size=(n, 3))
        positive = a @ a.T + 0.1 * np.eye(n)
        lower = np.zeros(n * n)
        assert factor(n, positive.ravel(), lower)
        found = x[:, 0].copy()
        solve_factored(n, lower, found)
        assert np.allclose(found, np.linalg.solve(positive, x[:, 0]))
        assert not factor(n, (-positive).ravel(), lower)
        flat, pivots, right = a.ravel().copy(), np.zeros(n, dtype=np.int64), x.ravel().copy()
        assert eliminate(n, flat, pivots)
        solve_eliminated(n, 3, flat, pivots, right)
        assert np.allclose(right.reshape(n, 3), np.linalg.solve(a, x))
        assert not eliminate(n, np.zeros(n * n), pivots)
        symmetric = (a + a.T).ravel().copy()
        vectors = np.zeros(n * n)
        eigen(n, symmetric, vectors)
        q = vectors.reshape(n, n)
        assert np.allclose(q @ np.diag(np.diag(symmetric.reshape(n, n))) @ q.T, a + a.T)
        assert np.allclose(q.T @ q, np.eye(n))
