"""What every network carries wherever it is shown: protocol, trials, people, heterogeneity, agreement, certainty."""

import html
import re

import pytest
from typer.testing import CliRunner

from speciosa.cli import app
from speciosa.cli.commands import register
from speciosa.comparison import question
from speciosa.comparison.trials import pooled
from speciosa.evidence.ledger.network_library import trial_network
from speciosa.evidence.network.coherence import LEVEL
from speciosa.evidence.network.inconsistency import design_by_treatment
from speciosa.evidence.network.result import network_meta_analysis
from speciosa.evidence.printed import p_text
from speciosa.report.sections.evidence_part import (
    islands_apart,
    network_agreement,
    network_evidence,
    network_trials,
)
from speciosa.report.sections.network_page import network_page
from speciosa.report.sections.sources import Sources
from speciosa.study.question.check import networks
from speciosa.study.question.read import SHIPPED
from speciosa.study.question.schema import Evidence


def shown() -> list[str]:
    """Every network that can be named, and those of the shipped studies by the names these give them."""
    of_studies = [name for study in SHIPPED for name in question(study)[0].evidence.networks]
    return list(dict.fromkeys((*of_studies, *networks())))


def words_of(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page))


def carries(said: str, result) -> None:
    """The words beside one result."""
    coherence = result.coherence
    assert f"{coherence.studies} trials, {coherence.told_people}." in said
    assert "tau2" in said
    p = design_by_treatment(result.network).p
    if p is None:
        assert "cannot be tested" in said
    else:
        assert p_text(p) in said
        assert ("Designs agree within chance" in said) == (p >= LEVEL)
        assert ("the network is not coherent" in said) == (p < LEVEL)


@pytest.mark.parametrize("name", shown())
def test_every_network_that_a_study_can_show_carries_what_a_panel_asks_for(name):
    found = pooled(name, Evidence())
    told = network_trials(found, "x", Sources()).striptags()
    assert found.protocol and f"Protocol: {found.protocol}" in told
    assert "How trials came here:" in told and "Published reviews:" in told
    assert found.result is not None or len(found.islands) > 1
    for result in found.islands or (found.result,):
        part = network_evidence(found, result, "x").striptags()
        carries(part, result)
        for treatment in result.treatments:
            if treatment != result.reference:
                (sure,) = [c for c in found.certainty_of(result) if c.treatment == treatment]
                assert sure.statement in part
                assert sure.level in ("very low", "low", "moderate", "high")
    if found.islands:
        assert islands_apart(found, "x").striptags().count("How sure each comparison is") == len(
            found.islands
        )


def test_no_network_is_shown_as_coherent_where_its_designs_disagree():
    found = pooled("oud_retention", Evidence())
    p = design_by_treatment(found.result.network).p
    assert p < LEVEL
    said = str(network_agreement(found.result, "x"))
    assert 'class="gap"' in said and "its ranks are withheld" in said
    assert "agree within chance" not in said


@pytest.mark.parametrize("name", ["oud_retention", "chronic_pain"])
def test_pages_of_own_networks_carry_it_too(name, tmp_path):
    if not app.registered_commands:
        register(app)
    page = tmp_path / "page.html"
    assert CliRunner().invoke(app, ["nma", name, "--out", str(page)]).exit_code == 0
    plain = words_of(page.read_text(encoding="utf-8"))
    own = trial_network(name)
    carries(plain, own.pool())
    for told in (own.protocol, own.review, str(own.flow), "How sure each comparison is"):
        assert told in plain
    assert all(f"Left out: {study}, {why}." in plain for study, why in own.left_out.items())


def test_a_page_of_a_file_says_what_it_does_not_know():
    rows = {"study": ["s1"], "treat1": ["a"], "treat2": ["p"], "effect": [-1.0], "se": [0.1]}
    result = network_meta_analysis(rows, reference="p")
    plain = words_of(network_page(result, "made"))
    carries(plain, result)
    assert "Protocol: none was stated" in plain
    assert "judged where --mid states" in plain
