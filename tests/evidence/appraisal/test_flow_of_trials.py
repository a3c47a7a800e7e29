"""Every network of the project says which trials it found, which it left out and why, and how many it pools."""

import json
import subprocess
import sys

import pytest

from speciosa import facts
from speciosa.evidence.ledger.flow_of_trials import flow_of
from speciosa.evidence.ledger.network_library import network_ids, trial_network


@pytest.mark.parametrize("name", network_ids())
@pytest.mark.parametrize("without_recalled", [True, False])
def test_what_was_found_is_pooled_or_left_out_for_a_reason(
    name: str, without_recalled: bool
) -> None:
    flow = trial_network(name, without_recalled=without_recalled).flow
    assert flow.found == flow.pooled + sum(count for _, count in flow.steps)
    assert all(count >= 0 for _, count in flow.steps)


def test_searches_are_those_of_the_fact_base_with_their_day() -> None:
    flow = trial_network("oud_retention").flow
    # seven searches of the fact base name a trial or review of this network
    assert len(flow.searches) == 7 and all(one.startswith("2026-") for one in flow.searches)
    assert "Mattick 2014 (31 trials" in flow.reviews
    assert dict(flow.steps)["without figures by arm"] == 5
    assert flow_of("no such network", 1) is None


def test_the_command_says_it() -> None:
    command = [sys.executable, "-m", "speciosa", "nma", "oud_retention"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Studies: 35 studies; 5 without figures by arm; 3 of people in another setting" in told
    found = json.loads(
        subprocess.run([*command, "--json"], capture_output=True, text=True, check=True).stdout
    )
    assert found["flow"]["pooled"] == found["k"] == 23


def test_responders_of_lofwall_are_counted_by_arm() -> None:
    row = facts.records("studies.treatment", id="treatment-0238")[0]
    assert (row.events_t, row.n_t, row.events_c, row.n_c) == (37, 213, 31, 215)
    assert row.estimate == pytest.approx(37 / 213, abs=5e-4)


def test_a_network_goes_by_its_name_and_by_its_table_of_arms() -> None:
    """Studies ask for networks by the table: both names lead to one protocol, certainty and flow."""
    from speciosa.comparison.trials import pooled
    from speciosa.study.question.schema import Evidence

    found = pooled("psychosocial_addon_retention", Evidence())
    assert found.protocol.startswith("One trial") and len(found.certainty) == 1
    assert found.flow == flow_of("psychosocial_addon", 1)
