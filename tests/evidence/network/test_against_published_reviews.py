"""The project's pools beside the reviews that published theirs: what they come to, and how far that is from the review's."""

import math

import numpy as np
import polars as pl
import pytest

from speciosa import facts
from speciosa.evidence.ledger.network_library import trial_network
from speciosa.evidence.network.result import network_meta_analysis
from speciosa.evidence.pairwise.pooling import meta_analysis


@pytest.fixture(scope="module")
def retention():
    """The trials of retention as Lim 2022 pools them: one naltrexone, one buprenorphine, one control."""
    names = {
        **dict.fromkeys(("xr_naltrexone", "oral_naltrexone", "naltrexone_implant"), "naltrexone"),
        **dict.fromkeys(("buprenorphine_implant", "buprenorphine_mid"), "buprenorphine"),
        **dict.fromkeys(("placebo", "tau"), "control"),
        **{"methadone_low": "methadone"},
    }
    arms = trial_network("oud_retention").table.with_columns(
        pl.col("treatment").replace(names), pl.col("events", "n").cast(pl.Float64)
    )
    merged = arms.group_by("study", "treatment", maintain_order=True).agg(
        pl.col("events", "n").sum()
    )
    several = merged.filter(pl.col("treatment").n_unique().over("study") > 1)
    return network_meta_analysis(several, measure="RR", reference="control")


@pytest.mark.parametrize(
    ("row", "one", "other"),
    [
        ("treatment-0251", "methadone", "buprenorphine"),
        ("treatment-0252", "buprenorphine", "naltrexone"),
        ("treatment-0253", "buprenorphine", "control"),
    ],
)
def test_retention_agrees_with_the_network_of_79_trials(retention, row, one, other):
    """Each ratio lies within the other's interval: Lim 2022 (doi:10.1371/journal.pone.0266142) has four times our trials."""
    published = facts.fact(row)
    found = next(
        r for r in retention.table.to_dicts() if (r["treat1"], r["treat2"]) == (one, other)
    )
    low, high = math.exp(found["ci_low"]), math.exp(found["ci_high"])
    assert low < published.estimate < high
    assert published.ci_low < math.exp(found["effect"]) < published.ci_high
    assert high / low > published.ci_high / published.ci_low


def test_otiashvili_and_krupitsky_give_their_published_shares():
    studies = {study.name: study for study in trial_network("oud_retention").network().studies}
    shares = {
        (name, arm.treatment): arm.events / arm.n
        for name in ("Otiashvili 2013", "Krupitsky 2004")
        for arm in studies[name].arms
    }
    assert shares == pytest.approx(
        {
            ("Otiashvili 2013", "buprenorphine"): 0.875,
            ("Otiashvili 2013", "methadone"): 0.825,
            ("Krupitsky 2004", "oral_naltrexone"): 0.444,
            ("Krupitsky 2004", "placebo"): 0.16,
        },
        abs=5e-4,
    )


def test_fixed_and_flexible_doses_of_two_reviews_lie_beside_each_other():
    """Fixed doses 0.89 (Klimas 2021) and flexible doses 0.83 (Mattick 2014): each within the other's interval."""
    fixed, flexible = facts.fact("treatment-0254"), facts.fact("treatment-0059")
    assert flexible.ci_low < fixed.estimate < flexible.ci_high
    assert fixed.ci_low < flexible.estimate < fixed.ci_high
    both = meta_analysis(
        {"study": ["fixed", "flexible"], "RR": [fixed.estimate, flexible.estimate],
         "lower": [fixed.ci_low, flexible.ci_low], "upper": [fixed.ci_high, flexible.ci_high]},
        measure="RR", method="EE",
    )  # fmt: skip
    assert float(both.natural(both.estimate)) == pytest.approx(0.85, abs=0.01)


def test_islands_are_pooled_apart_with_their_certainty():
    from speciosa.evidence.network_models.apart import pooled_apart

    trials = trial_network("withdrawal_completion")
    parts = pooled_apart(
        trials.network(connected=False), reference="placebo", small_values="undesirable"
    )
    found = {one.treatment: one for part in parts for one in trials.certainty(part)}
    assert found.keys() == {"clonidine", "lofexidine", "lofexidine_low"}
    assert np.exp(found["clonidine"].effect) == pytest.approx(0.33, abs=0.005)
    assert found["clonidine"].level in ("very low", "low")
    bias = found["clonidine"].domains[0]
    assert bias.concern == "some concerns"
