"""Networks of pain: what studies of pain show, single doses from reviews, and that any network can be named."""

import pytest

from speciosa import facts
from speciosa.comparison import question
from speciosa.comparison.trials import network_rows, pooled
from speciosa.evidence.appraisal.small_studies import small_studies
from speciosa.evidence.ledger.network_library import trial_network
from speciosa.study.question.check import networks
from speciosa.study.question.schema import Evidence


@pytest.mark.parametrize(
    ("study", "network"), [("default", "chronic_pain"), ("acute", "acute_pain")]
)
def test_studies_of_pain_show_networks_of_pain(study, network):
    asked = question(study)[0]
    assert asked.evidence.networks == (network,)
    found = pooled(network, asked.evidence)
    assert found.result is not None
    assert (found.indication, asked.indication) == ("pain", "pain")
    assert found.result.reference == "placebo"
    assert not any(row["seen"] in facts.ASSUMED for row in _shown(found.studies, network))


def _shown(studies, network):
    wanted = set(network_rows(network))
    rows = facts.table("studies").to_dicts()
    return [row for row in rows if row["id"] in wanted and row["study"] in studies]


def test_a_number_needed_to_treat_is_one_over_a_difference_of_risks():
    """Derry 2009: ibuprofen 400 mg, 2.5 (2.4 to 2.6); 1/2.5 = 0.4, 1/2.6 = 0.385, 1/2.4 = 0.417."""
    result = trial_network("acute_pain").pool()
    (row,) = result.against().filter(treat1="ibuprofen_400_mg").to_dicts()
    assert row["effect"] == pytest.approx(0.4, rel=1e-12)
    assert row["se"] == pytest.approx((1 / 2.4 - 1 / 2.6) / (2 * 1.959964), rel=1e-6)
    assert len(result.network.studies) == len(result.treatments) - 1 == 22


def test_a_star_of_single_pools_has_no_funnel():
    result = trial_network("acute_pain").pool()
    assert "the only one of its comparison" in small_studies(result).reason
    said = {one.treatment: one for one in trial_network("acute_pain").certainty(result)}
    judged = {domain.name: domain.concern for domain in said["ibuprofen_400_mg"].domains}
    assert judged["reporting bias"] == "not judged"


def test_every_network_can_be_named_and_shown():
    assert {"chronic_pain", "acute_pain", "deaths_in_trials", "oud_retention"} <= set(networks())
    assert "psychosocial_addon_retention" not in networks()  # the table of psychosocial_addon
    for name in networks():
        found = pooled(name, Evidence())
        assert found.result is not None or found.islands, name
        assert found.studies and found.protocol


def test_another_smallest_difference_keeps_what_is_known_of_bias():
    network = trial_network("chronic_pain")
    result = network.pool()
    for mid in (None, 0.5):
        for one in network.certainty(result, mid):
            judged = {domain.name: domain.concern for domain in one.domains}
            assert judged["within-study bias"] == "some concerns"
            assert judged["indirectness"] == "no concerns"
