"""Arms that give different things and come out alike are said to do so, and what sets them apart."""

from dataclasses import replace

import numpy as np
import polars as pl
from tests.report.made import made

from speciosa.comparison.findings import findings
from speciosa.outcomes import Outcomes
from speciosa.report.first.alike import alike
from speciosa.study.question.read import read_study


def test_lofexidine_with_and_without_naltrexone_afterwards() -> None:
    comparison = made(read_study("withdrawal"), np.random.default_rng(5))
    one, other = "Lofexidine", "Lofexidine, then naltrexone"
    table = comparison.outcomes.table
    same = table.filter(pl.col("arm") == one).with_columns(pl.lit(other).alias("arm"))
    outcomes = Outcomes(pl.concat([table.filter(pl.col("arm") != other), same]))
    run = replace(comparison.run, outcomes=outcomes)
    said = alike(findings(run), run.study)
    assert len(said) == 1
    assert one in said[0] and other in said[0]
    assert "380 mg naltrexone depot" in said[0]


def test_nothing_is_said_of_arms_that_differ() -> None:
    comparison = made(read_study("withdrawal"), np.random.default_rng(5))
    assert alike(findings(comparison.run), comparison.study) == []
