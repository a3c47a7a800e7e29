"""The summary of findings: one row a pooled question, with what it means for 1,000 people and how sure it is."""

import polars as pl

from speciosa.evidence.ledger.pools import PooledEvidence, pool_ids, pooled


def summary_of_findings(*, without_recalled: bool = True) -> pl.DataFrame:
    """Every pooled question of studies as a GRADE summary-of-findings table.

    Columns: ``pool, question, population, outcome, studies, people, measure, estimate, ci_low, ci_high`` (natural
    scale), ``baseline, with_treatment, low, high`` (per 1,000; empty without a baseline risk), ``certainty, reasons,
    recalled`` (rows seen in no document), ``review`` (what published reviews say beside it).

    Args:
        without_recalled: leaves out rows whose figures were seen in no document, and questions
            that have no others.
    """
    found = []
    for name in pool_ids():
        pool = pooled(name, without_recalled=False)
        if pool.result is None:
            continue
        if without_recalled and len(pool.recalled) == len(pool.rows):
            continue
        found.append(_row(pooled(name, without_recalled=without_recalled)))
    return pl.DataFrame(found, infer_schema_length=None)


def _row(pool: PooledEvidence) -> dict[str, object]:
    assert pool.result is not None
    r, absolute = pool.result, pool.absolute
    estimate, low, high = pool.interval
    counts = [r.studies.raw[c].sum() for c in ("n_t", "n_c", "n") if c in r.studies.raw]
    people = float(sum(counts))
    return {
        "pool": pool.id,
        "question": pool.title,
        "population": pool.population,
        "outcome": pool.outcome,
        "studies": r.k,
        "people": int(people) if people == people and people > 0 else None,
        "measure": r.measure.label,
        "estimate": estimate,
        "ci_low": low,
        "ci_high": high,
        "baseline": absolute.baseline if absolute else None,
        "with_treatment": absolute.with_treatment if absolute else None,
        "low": absolute.low if absolute else None,
        "high": absolute.high if absolute else None,
        "certainty": pool.certainty.level if pool.certainty else None,
        "reasons": "; ".join(pool.certainty.reasons) if pool.certainty else "",
        "recalled": len(pool.recalled),
        "review": pool.review,
    }
