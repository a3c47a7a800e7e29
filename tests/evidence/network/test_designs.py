"""Parameters of network models: what each row means, arms with levels of their own, and priors as precisions."""

import numpy as np
import pytest

from speciosa.errors import EvidenceError
from speciosa.evidence.network.designs import parameters, prior_precision
from speciosa.evidence.network.read import read_network

MEANS = [
    ("s1", "p", 1.0, 2.0, 20), ("s1", "a", 3.0, 2.5, 25), ("s1", "b", 2.0, 1.5, 30),
    ("s2", "b", 2.5, 2.0, 40), ("s2", "c", 4.0, 3.0, 36), ("s3", "p", 1.5, 1.0, 16), ("s3", "c", 3.5, 2.0, 25),
]  # fmt: skip
NETWORK = read_network(
    [dict(zip(("study", "treatment", "mean", "sd", "n"), row, strict=True)) for row in MEANS]
)
EFFECT = {"p": 0.0, "a": 1.9, "b": 1.1, "c": 2.4}


@pytest.mark.parametrize("reference", ["p", "b"])
def test_consistent_effects_are_against_the_reference(reference):
    found = parameters(NETWORK, reference, True, {})
    assert found.names == tuple(name for name in "abcp" if name != reference)
    beta = np.array([EFFECT[name] - EFFECT[reference] for name in found.names])
    for study, rows in zip(NETWORK.studies, found.rows, strict=True):
        first, *others = study.treatments
        assert rows @ beta == pytest.approx([EFFECT[name] - EFFECT[first] for name in others])
    assert found.effects == 3 and found.classes == ()


def test_unrelated_effects_have_one_a_pair_of_a_study_with_its_first_arm():
    found = parameters(NETWORK, "p", False, {})
    firsts = [
        (study.treatments[0], name) for study in NETWORK.studies for name in study.treatments[1:]
    ]
    assert found.names == tuple(sorted({" : ".join(sorted(pair)) for pair in firsts}))
    beta = np.array(
        [EFFECT[one] - EFFECT[other] for one, other in (name.split(" : ") for name in found.names)]
    )
    for study, rows in zip(NETWORK.studies, found.rows, strict=True):
        first, *others = study.treatments
        assert rows @ beta == pytest.approx([EFFECT[name] - EFFECT[first] for name in others])


def test_means_by_arm_have_a_level_a_study_and_their_own_variance():
    found = parameters(NETWORK, "p", True, {"a": "x", "b": "x"})
    y, design, variance = found.arms(NETWORK)
    assert design.shape == (7, 3 + 4)
    levels = np.array([0.7, -0.2, 1.3])
    beta = np.array([EFFECT[name] for name in "abc"] + [9.0])
    place = 0
    for number, study in enumerate(NETWORK.studies):
        for arm in study.arms:
            assert y[place] == arm.mean
            assert variance[place] == pytest.approx(arm.sd**2 / arm.n)
            expected = levels[number] + EFFECT[arm.treatment] - EFFECT[study.treatments[0]]
            assert design[place] @ np.concatenate([levels, beta]) == pytest.approx(expected)
            place += 1
    errors = read_network(
        [
            {"study": "s", "treatment": name, "mean": 1.0, "se": se}
            for name, se in (("a", 0.2), ("b", 0.3))
        ]
    )
    assert parameters(errors, "a", True, {}).arms(errors)[2] == pytest.approx([0.04, 0.09])
    counts = read_network([{"study": "s", "treatment": name, "events": 3, "n": 9} for name in "ab"])
    assert parameters(counts, "a", True, {}).arms(counts) is None
    given = read_network([{"study": "s", "treat1": "a", "treat2": "b", "effect": 1.0, "se": 0.2}])
    assert parameters(given, "a", True, {}).arms(given) is None


def test_classes_have_means_and_members():
    found = parameters(NETWORK, "p", True, {"a": "x", "b": "x", "p": "y"})
    assert (
        found.names == ("a", "b", "c", "class x") and found.classes == ("x",) and found.effects == 3
    )
    assert found.member.tolist() == [[1.0], [1.0], [0.0]]
    assert all(rows.shape[1] == 4 and not rows[:, 3].any() for rows in found.rows)
    with pytest.raises(EvidenceError) as caught:
        parameters(NETWORK, "p", True, {"a": "x", "d": "x", "e": "y"})
    assert [fault.found for fault in caught.value.faults] == ["d", "e"]


@pytest.mark.parametrize("classes", [{}, {"a": "x", "b": "x"}, {"a": "x", "b": "x", "c": "y"}])
def test_prior_precisions_are_those_of_the_densities(classes):
    setup = parameters(NETWORK, "p", True, classes)
    wide, omega = 15.0, 0.3
    precision, log_determinant = prior_precision(setup, wide, omega)
    assert log_determinant == pytest.approx(np.linalg.slogdet(precision)[1])
    for seed in range(3):
        theta = np.random.default_rng(seed).normal(size=len(setup.names))
        mean = dict(zip(setup.classes, theta[setup.effects :], strict=True))
        square = sum((m / wide) ** 2 for m in mean.values())
        for name, value in zip(setup.names[: setup.effects], theta, strict=False):
            square += (
                ((value - mean[classes[name]]) / omega) ** 2
                if name in classes
                else (value / wide) ** 2
            )
        assert theta @ precision @ theta == pytest.approx(square)
