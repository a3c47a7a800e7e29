"""Three levels against metafor's `rma.mv(random = list(~ 1 | cluster, ~ 1 | id))`: eighty numbers of eight sets of effects."""

import csv

import numpy as np
import polars as pl
import pytest
from tests.evidence.reference import DATA, effects

from speciosa.evidence.pairwise.three_level import three_level

with (DATA / "expected_three_level.csv").open(encoding="utf-8") as file:
    EXPECTED = list(csv.DictReader(file))
SCHOOLS = pl.read_csv(DATA / "data_konstantopoulos2011.csv")
CASES = list(dict.fromkeys(row["case"] for row in EXPECTED))


def schools(rows=True, shrink=1.0):
    table = SCHOOLS.filter(rows)
    return table["yi"].to_numpy(), table["vi"].to_numpy() / shrink, table["district"].to_list()


def pooled(name, measure, column):
    found = effects(name, measure)
    return found.values, found.variances, column


def case(name):
    bcg = pl.read_csv(DATA / "data_bcg.csv")
    return {
        "schools": lambda: schools(),
        "schools-early": lambda: schools(pl.col("district") <= 91),
        "schools-late": lambda: schools(pl.col("district") >= 86),
        "schools-precise": lambda: schools(shrink=4.0),
        "schools-1980s": lambda: schools(pl.col("year") < 1990),
        "bcg": lambda: pooled("bcg", "RR", bcg["alloc"].to_list()),
        "bcg-or": lambda: pooled("bcg", "OR", (bcg["ablat"] > 30).to_list()),
        "warfarin": lambda: pooled(
            "hart1999", "IRR", pl.read_csv(DATA / "data_hart1999.csv")["prevtype"].to_list()
        ),
    }[name]()


@pytest.mark.parametrize("name", CASES)
def test_three_levels_agree_with_metafor(name):
    found = three_level(*case(name))
    rows = [row for row in EXPECTED if row["case"] == name]
    assert len(rows) == 10
    for row in rows:
        # the reference stops at variances of 1e-11 where the likelihood is highest at 0
        ours = getattr(found, row["quantity"])
        assert ours == pytest.approx(float(row["value"]), rel=1e-4, abs=1e-8), row["quantity"]


def test_at_least_sixty_numbers_are_held():
    assert len(EXPECTED) >= 60
    assert np.isfinite([float(row["value"]) for row in EXPECTED]).all()
