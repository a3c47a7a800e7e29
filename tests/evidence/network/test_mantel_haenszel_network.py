"""Mantel-Haenszel networks against netmeta, the pairwise estimator, and a simulation."""

import json

import numpy as np
import polars as pl
import pytest
from tests.evidence.network_reference import smoking_arms, table
from typer.testing import CliRunner

from speciosa.cli import app
from speciosa.cli.commands import register
from speciosa.errors import EvidenceError
from speciosa.evidence.network.mantel_haenszel import design_odds_ratios, mantel_haenszel_network
from speciosa.evidence.network.read import read_network

EXPECTED = table("expected_nma_frequentist.csv").filter(model="MH common")


def test_agrees_with_netmetabin():
    found = mantel_haenszel_network(read_network(smoking_arms()))
    place = {name: i for i, name in enumerate(found.treatments)}
    for quantity, matrix in (("TE", found.effect), ("seTE", found.se)):
        rows = EXPECTED.filter(quantity=quantity)
        ours = [matrix[place[a], place[b]] for a, b in rows.select("treat1", "treat2").rows()]
        np.testing.assert_allclose(ours, rows["value"].to_numpy(), rtol=1e-8)
    assert len(EXPECTED) == 12


def test_two_arms_are_the_pairwise_estimator_with_its_variance():
    a, n1, b, n2 = (np.array(x, float) for x in ([4, 0, 7], [50, 40, 60], [9, 3, 12], [52, 41, 58]))
    effect, variance = design_odds_ratios(
        np.column_stack([a, b]), np.column_stack([n1 - a, n2 - b])
    )
    total = n1 + n2
    r, s = a * (n2 - b) / total, (n1 - a) * b / total
    p, q = (a + n2 - b) / total, (n1 - a + b) / total
    assert effect[0, 1] == pytest.approx(np.log(r.sum() / s.sum()))
    robins = (
        (p * r).sum() / (2 * r.sum() ** 2)
        + (p * s + q * r).sum() / (2 * r.sum() * s.sum())
        + (q * s).sum() / (2 * s.sum() ** 2)
    )
    assert variance[0, 1] == pytest.approx(robins)


def test_variance_of_three_arms_is_that_of_repeated_sampling():
    rng = np.random.default_rng(7)
    n = np.array([[60, 80, 70], [150, 120, 90], [40, 50, 60], [100, 100, 100]])
    odds = np.array([0.1, 0.3, 0.15, 0.2])[:, None] * np.array([1.0, 1.8, 0.6])
    estimates, variances = [], []
    for _ in range(2000):
        events = rng.binomial(n, odds / (1 + odds)).astype(float)
        effect, variance = design_odds_ratios(events, n - events)
        estimates.append([effect[0, 1], effect[0, 2], effect[1, 2]])
        variances.append([variance[0, 1], variance[0, 2], variance[1, 2]])
    np.testing.assert_allclose(np.mean(variances, axis=0), np.var(estimates, axis=0), rtol=0.1)


def test_needs_counts():
    arms = {"study": ["s", "s"], "treatment": ["a", "b"], "mean": [1, 2], "sd": [1, 1], "n": [9, 9]}
    with pytest.raises(EvidenceError, match="events and n of every arm"):
        mantel_haenszel_network(read_network(arms))


def counted(*rows):
    return read_network(
        [dict(zip(("study", "treatment", "events", "n"), row, strict=True)) for row in rows]
    )


def test_an_arm_without_events_or_with_nothing_else_is_left_out_of_its_design_by_name():
    whole = [("s1", "a", 4, 20), ("s1", "b", 6, 20), ("s2", "a", 3, 30), ("s2", "b", 8, 30)]
    for events, what in ((20, "nothing but events"), (0, "no event")):
        found = mantel_haenszel_network(
            counted(*whole, ("t", "a", 4, 20), ("t", "b", 5, 20), ("t", "c", events, 20))
        )
        assert found.left_out == {"c in t": what}
        assert found.treatments == ("a", "b")
    one = counted(*whole, ("t", "a", 4, 20), ("t", "b", 5, 20), ("t", "c", 1, 20))
    assert mantel_haenszel_network(one).left_out == {}
    # one event in one of two trials of a design is enough
    two = counted(("t", "a", 4, 20), ("t", "c", 0, 20), ("u", "a", 4, 20), ("u", "c", 1, 20))
    assert mantel_haenszel_network(two).left_out == {}
    nothing = counted(*whole, ("t", "a", 4, 20), ("t", "c", 0, 20))
    assert mantel_haenszel_network(nothing).left_out == {"c in t": "no event"}


def test_intervals_of_every_ordered_pair():
    found = mantel_haenszel_network(
        counted(("s1", "a", 4, 20), ("s1", "b", 6, 20), ("s1", "c", 9, 25))
    )
    rows = found.frame(0.9).to_dicts()
    assert [(row["treat1"], row["treat2"]) for row in rows] == [
        (x, y) for x in "abc" for y in "abc" if x != y
    ]
    for row in rows:
        i, j = (found.treatments.index(row[name]) for name in ("treat1", "treat2"))
        half = 1.6448536269514722 * found.se[i, j]
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(
            (found.effect[i, j] - half, found.effect[i, j] + half)
        )


def test_what_is_left_must_hang_together_and_be_something():
    rows = [("s", "a", 4, 20), ("s", "b", 6, 20), ("u", "c", 3, 30), ("u", "d", 8, 30)]
    joined = counted(*rows, ("t", "b", 4, 20), ("t", "c", 0, 20))
    with pytest.raises(EvidenceError, match="2 islands"):
        mantel_haenszel_network(joined)
    assert (
        len(
            mantel_haenszel_network(counted(*rows, ("t", "b", 4, 20), ("t", "c", 1, 20))).treatments
        )
        == 4
    )
    with pytest.raises(EvidenceError, match="events in some arm, found none"):
        mantel_haenszel_network(counted(("t", "b", 4, 20), ("t", "c", 0, 20)))


# The only trials against p have no event under p: it says nothing of its odds ratio, and closes no loop.
WITHOUT_P = {
    "study": ["A", "A", "B", "B", "C", "C", "D", "D"],
    "treatment": ["x", "p", "x", "y", "x", "y", "p", "y"],
    "events": [3, 0, 8, 9, 12, 20, 0, 18],
    "n": [50, 50, 40, 41, 60, 62, 60, 62],
}


def asked(tmp_path, *options):
    file = tmp_path / "trials.csv"
    pl.DataFrame(WITHOUT_P).write_csv(file)
    if not app.registered_commands:
        register(app)
    return CliRunner().invoke(app, ["nma", str(file), "--method", "MH", *options])


def test_the_command_says_of_mantel_haenszel_what_was_made_by_it(tmp_path):
    text = asked(tmp_path, "--level", "0.8").stdout
    pooled = mantel_haenszel_network(read_network(WITHOUT_P))
    row = pooled.frame(0.8).filter(treat1="y", treat2="x").row(0, named=True)
    assert "80% interval" in text
    assert f"{np.exp(row['ci_low']):.3g} to {np.exp(row['ci_high']):.3g}" in text
    # Its own test, which has no loop left; that of counts with 0.5 added has one.
    assert "No design overlaps another" in text and "Designs agree" not in text
    assert "0.5 is added" not in text
    told = json.loads(asked(tmp_path, "--json").stdout)
    assert told["inconsistency"] == {"Q": pooled.q, "df": 0, "p": None, "tau2_within": 0.0}
    assert told["left_out"] == dict(pooled.left_out) and told["notes"] == []


def test_a_reference_that_mantel_haenszel_leaves_out_is_asked_for(tmp_path):
    done = asked(tmp_path, "--reference", "p")
    assert done.exit_code == 1
    assert "p, left out (p in A, no event; p in D, no event)" in str(done.exception) + done.output
