"""Tables of a hundred thousand studies are read in time that grows with their length, not with its square."""

import time

import numpy as np
import polars as pl
import pytest

from speciosa.evidence.pairwise.pooling import meta_analysis

SECONDS = 60.0


@pytest.mark.slow
def test_a_hundred_thousand_studies_are_pooled() -> None:
    count, noise = 100_000, np.random.default_rng(4)
    table = pl.DataFrame(
        {
            "study": [f"S{n}" for n in range(count)],
            "effect": noise.normal(0.2, 0.3, count),
            "se": noise.uniform(0.1, 0.5, count),
        }
    )
    began = time.process_time()
    found = meta_analysis(table)
    assert time.process_time() - began < SECONDS
    assert found.fit.k == count and found.estimate == pytest.approx(0.2, abs=0.01)
