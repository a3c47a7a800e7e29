"""The summary of findings: each row is its pool, and questions without a row that was seen are left out."""

import pytest

from speciosa.evidence.ledger.findings import summary_of_findings
from speciosa.evidence.ledger.pools import pool_ids, pooled


@pytest.mark.parametrize("without", [True, False])
def test_every_row_is_its_pool(without):
    table = {row["pool"]: row for row in summary_of_findings(without_recalled=without).to_dicts()}
    for name in pool_ids():
        whole = pooled(name, without_recalled=False)
        seen = whole.result is not None and not (without and len(whole.recalled) == len(whole.rows))
        assert (name in table) is seen, name
        if not seen:
            continue
        pool, row = pooled(name, without_recalled=without), table[name]
        r, raw = pool.result, pool.result.studies.raw
        assert (row["estimate"], row["ci_low"], row["ci_high"]) == pool.interval
        assert (row["studies"], row["measure"], row["recalled"]) == (
            r.k,
            r.measure.label,
            len(pool.recalled),
        )
        assert (row["question"], row["population"], row["outcome"]) == (
            pool.title,
            pool.population,
            pool.outcome,
        )
        people = sum(float(raw[column].sum()) for column in ("n_t", "n_c", "n") if column in raw)
        assert row["people"] == (int(people) if people > 0 else None)
        absolute = pool.absolute
        told = [row[key] for key in ("baseline", "with_treatment", "low", "high")]
        assert told == (
            [absolute.baseline, absolute.with_treatment, absolute.low, absolute.high]
            if absolute
            else [None] * 4
        )
        assert row["certainty"] == (pool.certainty.level if pool.certainty else None)
        assert bool(row["reasons"]) == bool(pool.certainty and pool.certainty.reasons)


@pytest.mark.parametrize("name", pool_ids())
def test_sentences_and_directions_are_those_of_the_numbers(name):
    pool = pooled(name, without_recalled=False)
    if pool.result is None:
        assert pool.direction == "unclear" and f"{len(pool.rows)} values" in pool.sentence()
        return
    r, said = pool.result, pool.sentence()
    null = r.measure.null
    expected = (
        "unclear"
        if null is None or r.ci_low <= null <= r.ci_high
        else "above"
        if r.ci_low > null
        else "below"
    )
    assert pool.direction == expected
    assert f", {r.k} {'study' if r.k == 1 else 'studies'}" in said
    assert (f", I2 {r.I2:.0f}%" in said) == (r.k > 1)
    assert ("seen in no document" in said) == bool(pool.recalled)
    assert (
        (f"certainty {pool.certainty.level}" in said) if pool.certainty else "certainty" not in said
    )
    assert pool.interval == tuple(r.natural(x) for x in (r.estimate, r.ci_low, r.ci_high))
