"""Rows of the project's networks: each figure from its row of the fact base, and the contrast that three arms leave out."""

import math
from itertools import combinations

import pytest

from speciosa import facts
from speciosa.evidence.ledger.network_definitions import definitions, rows_of_network

Z = 1.959963984540054
KNOWN = definitions()


@pytest.mark.parametrize(
    "name", [name for name, spec in KNOWN.items() if spec["kind"] == "contrasts"]
)
def test_published_effects_and_what_follows_from_them(name):
    spec = KNOWN[name]
    rows = rows_of_network(spec).to_dicts()
    stated = rows[: len(spec["rows"])]
    assert {row["id"] for row in stated} == set(spec["rows"])
    log = spec["measure"] in ("OR", "RR", "IRR", "HR", "ROM")
    studies: dict[str, list[dict]] = {}
    for row in stated:
        fact = facts.fact(row["id"])
        middle, low, high = fact.estimate, fact.ci_low, fact.ci_high
        if fact.effect_measure == "NNT":
            middle, low, high = 1 / middle, 1 / high, 1 / low
        effect = math.log(middle) if log else middle
        width = math.log(high / low) if log else high - low
        assert (row["effect"], row["se"]) == pytest.approx((effect, width / (2 * Z)))
        assert (row["treat1"], row["treat2"]) == (
            spec["names"][fact.intervention],
            spec["names"][fact.comparator],
        )
        label = f"{fact.study} ({fact.intervention})" if spec.get("split_by_row") else fact.study
        assert (row["study"], row["seen"]) == (label, str(fact.seen))
        studies.setdefault(label, []).append(row)
    derived = [pair for own in studies.values() for pair in combinations(own, 2)]
    assert len(rows) == len(stated) + len(derived)
    for row, (one, other) in zip(rows[len(stated) :], derived, strict=True):
        assert (row["study"], row["treat1"], row["treat2"]) == (
            one["study"],
            one["treat1"],
            other["treat1"],
        )
        assert row["effect"] == pytest.approx(one["effect"] - other["effect"])
        assert row["se"] == pytest.approx(math.sqrt((one["se"] ** 2 + other["se"] ** 2) / 2))


@pytest.mark.parametrize("name", [name for name, spec in KNOWN.items() if spec["kind"] == "pairs"])
def test_arms_of_pairs(name):
    spec = KNOWN[name]
    rows = rows_of_network(spec).to_dicts()
    seen = set()
    for row in rows:
        fact = facts.fact(row["id"])
        treated = row["treatment"] == spec["names"][fact.intervention]
        assert treated or row["treatment"] == spec["names"][fact.comparator]
        figures = (fact.events_t, fact.n_t) if treated else (fact.events_c, fact.n_c)
        assert (row["events"], row["n"], row["study"]) == (*figures, fact.study)
        assert fact.outcome == spec["outcome_is"] and row["id"] not in spec.get("exclude", {})
        seen.add((row["id"], treated))
    assert len(seen) == len(rows) == 2 * len({row["id"] for row in rows})


@pytest.mark.parametrize("name", [name for name, spec in KNOWN.items() if spec["kind"] == "arms"])
def test_arms_are_those_of_their_table(name):
    rows = rows_of_network(KNOWN[name]).to_dicts()
    for row in rows:
        fact = facts.fact(row["id"])
        assert (fact.network, fact.study, fact.treatment, fact.events, fact.n) == (
            KNOWN[name]["table"], row["study"], row["treatment"], row["events"], row["n"],
        )  # fmt: skip
    assert rows
