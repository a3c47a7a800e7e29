"""Networks of many treatments: the sparse likelihood is the dense one, and tables hold the same either way."""

import numpy as np
import pytest

from speciosa.evidence.network import tau2 as module
from speciosa.evidence.network.gls import consistency
from speciosa.evidence.network.result import network_meta_analysis


def rows(treatments: int, studies: int) -> list[dict[str, object]]:
    rng = np.random.default_rng(7)
    found = []
    for i in range(studies):
        arms = [0, 1 + i % (treatments - 1)] + (
            [2 + i % 7] if i % 5 == 0 and i % (treatments - 1) > 8 else []
        )
        for arm in dict.fromkeys(arms):
            found.append(
                {
                    "study": f"s{i}",
                    "treatment": f"t{arm:03d}",
                    "n": 100,
                    "events": int(rng.integers(10, 60)),
                }
            )
    return found


def test_the_sparse_likelihood_is_the_dense_one(monkeypatch: pytest.MonkeyPatch) -> None:
    network = network_meta_analysis(rows(20, 80), measure="OR", reference="t000").network
    data, taus = consistency(network), np.array([0.0, 0.01, 0.3, 2.0])
    for restricted in (True, False):
        dense = module.log_likelihood(data, taus, restricted)
        monkeypatch.setattr(module, "WIDE", 1)
        sparse = module.log_likelihood(data, taus, restricted)
        monkeypatch.setattr(module, "WIDE", 60)
        assert sparse == pytest.approx(dense, rel=1e-10)


def test_tables_and_rows_hold_the_same() -> None:
    result = network_meta_analysis(rows(65, 200), measure="OR", reference="t000")
    assert result.table.to_dicts() == result.to_json()["estimates"]
    assert len(result.table) == 65 * 64
    one = result.table.filter(treat1="t004", treat2="t000").row(0, named=True)
    other = result.table.filter(treat1="t000", treat2="t004").row(0, named=True)
    assert one["effect"] == -other["effect"] and one["ci_low"] == -other["ci_high"]
