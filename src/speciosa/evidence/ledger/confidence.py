"""How sure a verdict is: a rule over the rows for and against, so that nobody's feeling sets the number.

Each row counts by what it is (`weight`): a randomised trial, a trial with each person as the control of their own, a
review of trials or a statute 3; a cohort, surveillance of deaths, a measurement in people or in a product 2; a survey, a
case, a poison centre, a company's report 1; an animal or a cell 0.5, but 2 where the claim is about a mechanism. Memory
and judgement count half; a newspaper or an advocate nothing. Rows of
one source count once, by the heaviest, and rows that did not test the claim itself count 1 at most. With F for and A against:

- supported: (F + 1) / (F + A + 2), and contradicted: (A + 1) / (F + A + 2);
- mixed: (2 min(F, A) + 1) / (F + A + 2);
- not established: 1 - D / (D + 3), where D are the randomised trials and reviews for; at most 0.8 unless a dated search
  says that nobody found more.

The result is rounded to 0.05 and kept within 0.05 and 0.95.
"""

import re
from collections.abc import Collection, Iterable
from typing import Any

from speciosa import facts
from speciosa.errors import UnknownNameError

DIRECT, HUMAN, SOFT, BENCH, NONE = 3.0, 2.0, 1.0, 0.5, 0.0
"""Weights: trials and statutes; measured in people or products; told or counted without a control; bench; no weight."""

_TRIAL = re.compile(
    r"\bRCTs?\b|random|meta-analys|cochrane|systematic review|crossover|within-subjects|fixed sequence",
    re.IGNORECASE,
)
_HUMAN = re.compile(
    r"cohort|registry|surveillance|case-control|\bPK\b|open-label|testing|medical examiner|national",
    re.IGNORECASE,
)
_SOFT = re.compile(
    r"survey|case|poison|interview|\bEMA\b|cross-sectional|statement|claim|narrative|commentary",
    re.I,
)
_BENCH = re.compile(r"animal|mouse|rat\b|vitro", re.IGNORECASE)
_ASIDE = re.compile(r"newspaper|advoca", re.IGNORECASE)
_COMPANY = re.compile(r"company report|press", re.IGNORECASE)


def confidence(
    verdict: str,
    kind: str,
    supporting: Iterable[str],
    against: Iterable[str],
    indirect: Collection[str] = (),
    searched: bool = False,
) -> float:
    """How sure a verdict is by the rule of this module.

    Args:
        verdict: as recorded.
        kind: of the claim.
        supporting: ids of rows of the fact base.
        against: likewise.
        indirect: those among them that did not test the claim itself.
        searched: whether a dated search was made for the claim.

    Example:
        >>> confidence("supported", "interaction", ["kratomstudy-0008"], [])
        0.8
    """
    bench = HUMAN if kind == "mechanism" else BENCH
    found, opposed = (_sources(rows, bench, indirect) for rows in (supporting, against))
    f, a = sum(found.values()), sum(opposed.values())
    trials = sum(each for each in found.values() if each >= DIRECT)
    raw = {
        "supported": (f + 1) / (f + a + 2),
        "contradicted": (a + 1) / (f + a + 2),
        "mixed": (2 * min(f, a) + 1) / (f + a + 2),
        "not established": min(1 - trials / (trials + 3), 1 if searched else 0.8),
    }[verdict]
    return round(min(max(round(raw * 20), 1), 19) / 20, 2)


def weight(row: str, bench: float = BENCH) -> float:
    """What a row counts for; `bench` is the weight of animals and cells.

    Example:
        >>> weight("kratomstudy-0002"), weight("kratomstudy-0023"), weight("kratomstudy-0090")
        (3.0, 1.0, 0.5)
    """
    record: Any = facts.fact(row)
    if hasattr(record, "place"):
        return DIRECT if record.confidence == "high" else HUMAN
    notes = [_note(key) for key in record.sources]
    if notes and all(_ASIDE.search(note) for note in notes):
        return NONE
    kept = _by_kind(record, bench)
    if notes and all(_COMPANY.search(note) for note in notes):
        kept = min(kept, SOFT)
    return kept / 2 if record.seen in facts.ASSUMED else kept


def stands_aside(key: str) -> bool:
    """Whether a reference is a newspaper or an advocate, on which no verdict rests.

    Example:
        >>> stands_aside("aka2024fda"), stands_aside("olsen2019notes")
        (True, False)
    """
    return bool(_ASIDE.search(_note(key)))


def _by_kind(record: Any, bench: float) -> float:
    if hasattr(record, "parameter"):
        species = str(getattr(record, "species", ""))
        cells = str(record.id).startswith("receptors-")
        return HUMAN if species in ("human", "plant", "product") and not cells else bench
    design = str(getattr(record, "design", ""))
    if _BENCH.search(design):
        return bench
    if "poison" in design:
        return SOFT
    if _TRIAL.search(design) and "case" not in design:
        return DIRECT
    if _SOFT.search(design):
        return SOFT
    return HUMAN if _HUMAN.search(design) else SOFT


def _sources(rows: Iterable[str], bench: float, indirect: Collection[str]) -> dict[str, float]:
    """The weight of each source, by its first key: its heaviest row."""
    kept: dict[str, float] = {}
    for row in rows:
        record: Any = facts.fact(row)
        source = record.id if hasattr(record, "place") else (*record.sources, record.id)[0]
        counted = min(weight(row, bench), SOFT) if row in indirect else weight(row, bench)
        kept[source] = max(kept.get(source, NONE), counted)
    return kept


def _note(key: str) -> str:
    try:
        return facts.reference(key).note
    except UnknownNameError:
        return ""
