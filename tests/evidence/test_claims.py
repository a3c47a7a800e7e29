"""The ledger of claims, the pools behind it, and the published figures they must reproduce."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from speciosa import facts
from speciosa.errors import EvidenceError, UnknownNameError
from speciosa.evidence.ledger.claims import check_ledger, claim_ids, support
from speciosa.evidence.ledger.ctn0027 import retained
from speciosa.evidence.ledger.kept_pools import _kept, compute, fingerprint, pool_result
from speciosa.evidence.ledger.pools import pool_ids, pooled
from speciosa.evidence.pairwise.pooling import meta_analysis


def test_the_cochrane_pool_of_retention_is_reproduced():
    """Mattick 2014: RR 0.83 (0.72 to 0.95), five trials, 788 people."""
    found = pooled("buprenorphine-methadone-retention", without_recalled=False)
    published = found.published
    expected = (published["estimate"], published["ci_low"], published["ci_high"])
    assert tuple(round(v, 2) for v in found.interval) == expected == (0.83, 0.72, 0.95)
    raw = found.result.studies.raw
    assert raw["n_t"].sum() + raw["n_c"].sum() == 788
    row = facts.fact(published["row"])
    assert (row.estimate, row.ci_low, row.ci_high) == expected


def test_recalled_rows_can_be_left_out_and_are_counted():
    found = pooled("buprenorphine-methadone-retention", without_recalled=False)
    seen = pooled("buprenorphine-methadone-retention")
    assert found.result.k - seen.result.k == len(found.recalled) == 2
    assert seen.recalled == ()


def test_ctn0027_retention_is_the_published_one():
    """Hser 2014: 46% on buprenorphine-naloxone and 74% on methadone at 24 weeks.

    Methadone counts 73.0% here, one point under the printed 74%, which used another last-dose rule.
    """
    bup, methadone = retained(161)
    assert (bup.n, methadone.n) == (740, 529)
    assert 100 * bup.share == pytest.approx(46, abs=0.5)
    assert 100 * methadone.share == pytest.approx(74, abs=1.1)
    row = facts.fact("treatment-0010")
    assert (row.events_t, row.n_t, row.events_c, row.n_c) == (339, 740, 386, 529)
    assert (bup.retained, methadone.retained) == (row.events_t, row.events_c)


def test_ctn0027_at_12_weeks_is_the_row_of_the_fact_base():
    bup, methadone = retained(77)
    row = facts.fact("treatment-0072")
    assert (bup.retained, methadone.retained) == (row.events_t, row.events_c)


def test_retention_only_falls():
    shares = np.array([[r.share for r in retained(day)] for day in range(169)])
    assert (np.diff(shares, axis=0) <= 0).all()
    with pytest.raises(EvidenceError, match="0 to 168"):
        retained(400)


@pytest.mark.parametrize("name", pool_ids())
def test_every_pool_can_be_computed_and_said(name):
    found = pooled(name)
    estimate, low, high = found.interval
    assert low <= estimate <= high
    assert found.title in found.sentence()
    assert found.recalled == ()
    for row in found.rows:
        assert facts.fact(row).id == row
        assert facts.fact(row).seen not in facts.ASSUMED


def test_arms_that_share_a_control_count_it_once():
    found = pooled("lofexidine-placebo-completion")
    fishman = found.result.labels.index("Fishman 2019")
    raw = found.result.studies.raw
    assert (raw["events_t"][fishman], raw["n_t"][fishman]) == (88 + 95, 222 + 229)
    assert raw["n_c"][fishman] == 151


def test_the_ledger_is_whole():
    assert check_ledger() == []
    assert claim_ids() == tuple(f"c{i:02d}" for i in range(1, 32))


@pytest.mark.parametrize("name", claim_ids())
def test_every_claim_says_why_and_what_would_settle_it(name):
    found = support(name)
    assert 0 < found.confidence <= 1
    assert found.supporting or found.against
    text = str(found)
    for part in (found.claim, found.verdict, found.reason, found.settles):
        assert part in text
    for row in (*found.supporting, *found.against):
        assert row.text and row.reference


def test_a_claim_shows_its_pooled_numbers():
    text = str(support("c23"))
    assert "risk ratio 0.814 (95% CI 0.650 to 1.02)" in text
    assert "certainty moderate" in text


def test_a_verdict_that_the_numbers_contradict_is_flagged():
    """Supported interaction and a confirmed pool agree; a verdict turned over would not."""
    from speciosa.evidence.ledger.claims import _disagreements

    pools = support("c17").pools
    assert support("c17").disagreements == ()
    assert "lies above no effect" in _disagreements("contradicted", pools)[0]


def test_a_simulation_is_set_beside_the_verdict():
    found = support("c24")
    assert "disagrees" in found.beside_simulation(np.ones(100))
    assert "disagrees" not in found.beside_simulation(-np.ones(100))
    assert "in 50% of draws" in support("c08").beside_simulation([-1.0, 1.0, np.nan])
    with pytest.raises(EvidenceError, match="c18"):
        support("c18").beside_simulation([1.0])


def test_unknown_claims_and_pools_are_named():
    with pytest.raises(UnknownNameError, match="c09"):
        support("c99")
    with pytest.raises(UnknownNameError):
        pooled("retention")


def test_reading_rows_in_another_order_changes_no_pool():
    found = pooled("buprenorphine-methadone-retention-all").result
    table = found.studies.table.with_columns(pl.Series("turn", range(found.k))).sort(
        "turn", descending=True
    )
    again = meta_analysis(table, measure="RR")
    assert again.estimate == pytest.approx(found.estimate, rel=1e-10)


@pytest.mark.parametrize("name", pool_ids())
def test_kept_results_are_those_of_todays_facts(name):
    """A fact or definition that changed needs ``python -m speciosa.evidence.ledger.kept_pools``."""
    kept, computed = pool_result(name), compute(name)
    assert _kept()[name]["fingerprint"] == fingerprint(name)
    assert kept.sentence == computed.sentence
    for one in ("estimate", "ci_low", "ci_high"):
        assert getattr(kept, one) == pytest.approx(getattr(computed, one), rel=1e-9)
    same = {"estimate": 0.0, "ci_low": 0.0, "ci_high": 0.0}
    assert replace(kept, **same) == replace(computed, **same)


def test_a_kept_result_of_other_figures_is_not_shown(monkeypatch):
    name = "buprenorphine-methadone-retention"
    stale = _kept()[name] | {"fingerprint": "of yesterday", "sentence": "Out of date."}
    monkeypatch.setitem(_kept(), name, stale)
    assert pool_result(name) == compute(name)


def test_a_claim_is_shown_without_loading_the_statistics():
    """What makes `speciosa show c07` answer at once: 0.9 s of imports that a kept result does not need."""
    code = (
        "import sys; from speciosa.evidence.ledger.claims import support; str(support('c23'));"
        "print(*{'scipy', 'polars', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("", "")
