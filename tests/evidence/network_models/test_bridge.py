"""Islands joined by baselines: against metafor's model of arms, and by what must hold whatever the figures."""

import json
import subprocess
import sys

import numpy as np
import pytest

from speciosa.errors import EvidenceError
from speciosa.evidence.network.read import read_network
from speciosa.evidence.network.result import network_meta_analysis
from speciosa.evidence.network_models.bridge import bridged_network

from .test_regression import DATA, expected


@pytest.mark.parametrize("case", expected("expected_bridge.csv"))
def test_metafor(case: str) -> None:
    """62 numbers of four sets of arms, to 1e-4 of the larger of a value and its standard error."""
    name, measure, reference = case.split()
    network = read_network(DATA / f"{name}.csv", measure=measure, connected=False)
    found = bridged_network(network, reference=reference)
    rows = {row["treatment"]: row for row in found.effects.to_dicts()}
    wanted = expected("expected_bridge.csv")[case]
    for quantity, value in wanted.items():
        kind, _, treatment = quantity.partition(" ")
        if treatment:
            scale = max(abs(value), wanted[f"se {treatment}"])
            assert abs(rows[treatment][kind] - value) <= 1e-4 * scale, (case, quantity)
        else:
            got = {
                "baseline_sd": found.baseline_sd,
                "tau2": found.tau2,
                "loglik": found.log_likelihood,
            }
            assert got[kind] == pytest.approx(value, rel=3e-4, abs=1e-9), (case, quantity)


def test_wide_baselines_leave_the_islands_alone() -> None:
    """Where baselines differ hugely they say nothing: within an island the effect is that of its own trials."""
    rng = np.random.default_rng(2)
    arms = []
    for number in range(12):
        level = rng.normal(0, 60)
        pair = ("x", "p") if number < 6 else ("y", "z")
        for treatment in pair:
            effect = {"x": 1.0, "y": 2.0}.get(treatment, 0.0)
            arms.append({"study": f"s{number}", "treatment": treatment, "n": 40, "sd": 1.0,
                         "mean": level + effect + rng.normal(0, 0.3)})  # fmt: skip
    network = read_network(arms, measure="MD", connected=False)
    found = bridged_network(network, reference="p")
    rows = {row["treatment"]: row for row in found.effects.to_dicts()}
    alone = [row for row in arms if row["treatment"] in "xp"]
    plain = network_meta_analysis(alone, measure="MD", reference="p", tau2=found.tau2)
    assert rows["x"]["estimate"] == pytest.approx(plain.against()["effect"][0], rel=1e-2)
    assert rows["x"]["se"] == pytest.approx(plain.against()["se"][0], rel=1e-2)
    assert rows["y"]["se"] > 20 * rows["x"]["se"]
    assert (rows["x"]["island"], rows["y"]["island"]) == (True, False)


def test_contrasts_have_no_baseline() -> None:
    rows = {
        "study": ["A", "B"],
        "treat1": ["x", "y"],
        "treat2": ["p", "z"],
        "effect": [1.0, 2.0],
        "se": [0.1] * 2,
    }
    with pytest.raises(EvidenceError, match="contrasts"):
        bridged_network(read_network(rows, connected=False))


def test_the_command_says_what_rests_on_baselines() -> None:
    command = [
        sys.executable,
        "-m",
        "speciosa",
        "nma",
        str(DATA / "smoking_islands.csv"),
        "--reference",
        "no_contact",
    ]
    told = subprocess.run([*command, "--bridge"], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert "baselines of trials" in told.stdout and "no randomisation" in told.stdout
    found = json.loads(
        subprocess.run([*command, "--bridge", "--json"], capture_output=True, text=True).stdout
    )
    assert found["bridge"]["k"] == 15 and len(found["bridge"]["effects"]) == 3
