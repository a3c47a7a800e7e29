"""Additive components against metafor's `rma.mv` with a column a component: 260 numbers of two networks."""

import csv
from pathlib import Path

import pytest

from speciosa.evidence.network.components import component_network

DATA = Path(__file__).parent / "data"
with (DATA / "expected_components.csv").open(encoding="utf-8") as file:
    EXPECTED = list(csv.DictReader(file))


@pytest.mark.parametrize("case", list(dict.fromkeys(row["case"] for row in EXPECTED)))
def test_components_agree_with_metafor(case):
    name, method = case.split("-")
    found = component_network(
        DATA / f"{name}.csv",
        measure="OR",
        inactive="Placebo",
        method="DL" if method == "EE" else method,
        model="common" if method == "EE" else "random",
    )
    effects = {row["component"]: row for row in found.effects.to_dicts()}
    rows = [row for row in EXPECTED if row["case"] == case]
    assert len(effects) == len({row["term"] for row in rows} - {""})
    for row in rows:
        whole = {"tau2": found.tau2, "Q": found.q}
        ours = effects[row["term"]][row["quantity"]] if row["term"] else whole[row["quantity"]]
        assert ours == pytest.approx(float(row["value"]), rel=1e-4, abs=1e-6), row
