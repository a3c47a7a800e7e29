"""Compiled calls that go through one subject after another: what they find, and by what they rest on."""

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
from speciosa.estimation.jet.eigenvalues import real_modes
from speciosa.estimation.objective.at_modes import evaluated, modes_and_pieces
from speciosa.estimation.objective.evaluation import UnsolvedError
from speciosa.estimation.objective.given_effects import data_at_nodes
from speciosa.estimation.objective.methods import evaluate

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


@pytest.mark.parametrize("model", MODELS)
def test_two_ways_agree(model, asked, folder):
    """With an additive error FOCE, which goes through all subjects at once, is FOCEI, which goes through one after another."""
    text = CENSORED.format(data="d.csv", model=model).replace("combined", "additive")
    joint = build(asked(text.replace("proportional = 0.1", ""), folder))
    x, start = joint.design.start() + 0.05, np.zeros((joint.subjects, joint.design.effects))
    one, other = (evaluate(joint, method, x, start) for method in ("FOCEI", "FOCE"))
    assert one.total == pytest.approx(other.total, rel=1e-12)
    for name in ("subjects", "gradients", "modes", "curvatures"):
        found, expected = getattr(one, name), getattr(other, name)
        assert np.abs(found - expected).max() < 1e-7 * (1 + np.abs(expected).max()), name


def test_one_node_is_laplace(asked, folder):
    joint = build(asked(CENSORED.format(data="d.csv", model=MODELS[1]), folder))
    at, start = (
        joint.design.individuals(joint.design.start()),
        np.zeros((joint.subjects, joint.design.effects)),
    )
    pieces, modes = modes_and_pieces(joint, at, start, exact=True)
    whole = evaluated(joint, at, start, exact=True)
    zero = data_at_nodes(joint, at, modes[None])[0]
    assert np.abs(zero - pieces.value).max() < 1e-9 * np.abs(zero).max()
    prior = np.einsum("se,ef,sf->s", modes, at.spread.precision, modes)
    sign, log_determinant = np.linalg.slogdet(pieces.curvature + at.spread.precision)
    assert (sign > 0).all()
    expected = zero + prior + at.spread.log_determinant + log_determinant
    assert np.abs(whole.subjects - expected).max() < 1e-8


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


def test_real_modes_of_matrices_that_are_not_symmetric():
    draw, seen = np.random.default_rng(0), 0
    for n in (1, 2, 3, 5, 8) * 20:
        flows = np.exp(draw.normal(size=(n, n))) * (draw.random((n, n)) < 0.5)
        np.fill_diagonal(flows, 0.0)
        matrix = flows - np.diag(flows.sum(axis=0) + np.exp(draw.normal(size=n)))
        roots, vectors, inverse = np.zeros(n), np.zeros(n * n), np.zeros(n * n)
        room, pivots = np.zeros(n * n), np.zeros(n, dtype=np.int64)
        if not real_modes(n, matrix.ravel(), roots, vectors, inverse, room, pivots, 1e-2, 1e4):
            continue
        seen += 1
        assert np.allclose(np.sort(roots), np.sort(np.linalg.eigvals(matrix).real), rtol=1e-11)
        whole = vectors.reshape(n, n) @ np.diag(roots) @ inverse.reshape(n, n)
        assert np.abs(whole - matrix).max() < 1e-11 * np.abs(matrix).max()
    assert seen > 50
