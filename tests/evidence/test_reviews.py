"""Each pool and network stands beside published reviews: it repeats one, or says why not; nothing recalled is in what is shown."""

import json

import pytest
from typer.testing import CliRunner

from speciosa import facts
from speciosa.cli import app
from speciosa.cli.commands import register
from speciosa.evidence.ledger.findings import summary_of_findings
from speciosa.evidence.ledger.kept_pools import pool_result
from speciosa.evidence.ledger.network_definitions import definitions as network_definitions
from speciosa.evidence.ledger.network_library import trial_network
from speciosa.evidence.ledger.pool_definitions import definitions
from speciosa.evidence.ledger.pools import pool_ids, pooled
from speciosa.evidence.ledger.reviews import beside_reviews

WHY = ("Not repeated: ", "Repeated only ", "One trial", "One sample", "The pooled figure", "No review ", "Values of ")  # fmt: skip


@pytest.mark.parametrize("name", pool_ids())
def test_a_pool_repeats_a_published_one_or_says_why_not(name):
    spec, found = definitions()[name], pooled(name)
    published = spec.get("published", {})
    if "estimate" in published:
        row = facts.fact(published["row"])
        assert [published[k] for k in ("estimate", "ci_low", "ci_high")] == [row.estimate, row.ci_low, row.ci_high]  # fmt: skip
        assert f"{row.estimate:g} ({row.ci_low:g} to {row.ci_high:g})" in found.review
    same = "estimate" in published and [round(x, 2) for x in found.interval] == [
        published[k] for k in ("estimate", "ci_low", "ci_high")
    ]
    assert same or spec["review"].startswith(WHY)
    assert found.recalled == ()
    assert found.review == pool_result(name).review == beside_reviews(spec)
    assert f"Published reviews: {found.review}" in str(found)


@pytest.mark.parametrize("name", network_definitions())
def test_a_network_says_what_reviews_found(name):
    spec, found = network_definitions()[name], trial_network(name)
    assert spec["review"] in found.review
    for row in spec.get("published", {}).get("rows", []):
        fact = facts.fact(row)
        assert str(fact.seen) not in facts.ASSUMED
        assert f"{fact.estimate:g} ({fact.ci_low:g} to {fact.ci_high:g})" in found.review
    assert found.recalled == ()


def test_figures_that_are_taken_over_are_those_of_the_review():
    for name, row in (
        ("contingency-abstinence", "treatment-0180"),
        ("opioid-placebo-pain-published", "treatment-0196"),
        ("agonist-mortality", "treatment-0211"),
    ):
        fact = facts.fact(row)
        assert pooled(name).interval == pytest.approx(
            (fact.estimate, fact.ci_low, fact.ci_high), rel=0.01
        )
        assert definitions()[name]["review"].startswith("The pooled figure of the review itself")


def test_the_command_says_it_in_text_and_json():
    if not app.registered_commands:
        register(app)
    name = "ctn0027-retention"
    said = CliRunner().invoke(app, ["findings", name]).output
    assert "Published reviews: CTN-0027 START (Hser 2014): 46% against 74%." in said
    told = json.loads(CliRunner().invoke(app, ["findings", name, "--json"]).stdout)
    assert told["review"] == pooled(name).review
    table = summary_of_findings()
    assert table["review"].str.len_chars().min() > 0
