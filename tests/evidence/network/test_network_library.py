"""The project's own networks: they pool, with and without recalled figures, and say what they cannot."""

import numpy as np
import pytest

from speciosa import facts
from speciosa.errors import EvidenceError, UnknownNameError
from speciosa.evidence.ledger.network_library import network_ids, recalled_matter, trial_network
from speciosa.evidence.network.mantel_haenszel import mantel_haenszel_network


@pytest.mark.parametrize("name", network_ids())
def test_every_network_pools_and_names_its_rows(name):
    found = trial_network(name, without_recalled=False)
    result = found.pool()
    assert result.reference == found.reference
    assert set(found.classes) <= set(result.treatments)
    for row in found.rows:
        assert facts.fact(row) is not None
    assert found.note


@pytest.mark.parametrize("name", network_ids())
def test_without_recalled_figures_only_seen_rows_are_left(name):
    found = trial_network(name)
    assert found.recalled == ()
    assert all(facts.fact(row).seen not in facts.ASSUMED for row in found.rows)


def test_withdrawal_falls_apart_without_the_recalled_trials_and_says_how():
    seen = trial_network("withdrawal_completion")
    with pytest.raises(EvidenceError) as caught:
        seen.pool()
    said = str(caught.value)
    assert "2 islands" in said
    assert "buprenorphine, clonidine (studies Ling 2005 inpatient" in said
    table = recalled_matter("withdrawal_completion")
    assert table["effect"].null_count() == 0
    assert table["effect_seen"].null_count() == len(table)


def test_methadone_and_buprenorphine_retain_more_than_placebo_either_way():
    table = recalled_matter("oud_retention")
    for name in ("methadone", "buprenorphine"):
        row = table.filter(treatment=name).row(0, named=True)
        assert row["ci_low"] > 0
        assert row["ci_low_seen"] > 0
    assert table.filter(treatment="laam")["effect_seen"].item() is None


def test_ctn0027_alone_gives_its_published_shares():
    study = next(
        s for s in trial_network("oud_retention").network().studies if s.name.startswith("CTN-0027")
    )
    shares = {arm.treatment: arm.events / arm.n for arm in study.arms}
    assert shares == pytest.approx({"buprenorphine": 0.458, "methadone": 0.730}, abs=5e-4)


def test_the_third_contrast_of_a_pain_trial_is_the_difference_of_the_published_two():
    trial = next(
        s
        for s in trial_network("chronic_pain", without_recalled=False).network().studies
        if s.name == "Buynak 2010"
    )
    place = {name: i for i, name in enumerate(trial.treatments)}
    drugs = trial.effect[place["tapentadol_er"], place["oxycodone_er"]]
    assert drugs == pytest.approx(-0.8 + 0.9)
    assert np.linalg.eigvalsh(trial.covariance).min() > 0


def test_deaths_are_too_few_to_separate_treatments():
    result = trial_network("deaths_in_trials").pool()
    assert len(result.network.excluded) == 7
    assert (result.table["ci_low"] < 0).all() or (result.table["ci_high"] > 0).all()
    pooled = mantel_haenszel_network(result.network)
    assert (np.abs(pooled.effect) < 2.5 * pooled.se + 1e-9).all()


def test_an_unknown_network_is_suggested():
    with pytest.raises(UnknownNameError, match="oud_retention"):
        trial_network("oud_retension")
