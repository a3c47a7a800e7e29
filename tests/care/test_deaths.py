"""Deaths: which cohorts calibrate, and that a use under a medicine is judged at the tolerance that people bring."""

import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from speciosa.care.calibrate.targets import Target, targets
from speciosa.care.hazards.setting import Setting
from speciosa.care.hazards.tables import tables
from speciosa.care.mechanism import Readings, readings, untreated
from speciosa.care.observations import rows
from speciosa.care.parameters import posterior, values
from speciosa.care.phases import USUAL, Phase
from speciosa.facts.splits import split_by_rule

DRAWS = 6
HABIT = 120.0
SOURCES = {row["id"]: row["source"] for row in rows()}


@pytest.mark.parametrize(
    "target", [t for t in targets() if t.what in ("rate", "ratio")], ids=lambda t: t.id
)
def test_a_cohort_calibrates_by_the_rule_of_its_doi(target: Target):
    found = re.search(r"doi:(\S+)", SOURCES[target.id])
    assert found is not None
    assert (split_by_rule(found[1].lower()) == "fit") == np.isfinite(target.sd)


def setting() -> Setting:
    v = values(posterior()[:DRAWS]) | {"uncovered": np.zeros(DRAWS)}
    usual = {name: readings(text, HABIT, DRAWS).tolerance for name, text in USUAL.items()}
    zero = np.zeros(DRAWS)
    return Setting(v, untreated(HABIT, DRAWS), usual, 56, 0.0, 0.0, zero, zero)


def failing(read: Readings, s: Setting, at: np.ndarray, when: int) -> np.ndarray:
    """Probability that a use stops breathing at a tolerance, by draw."""
    table = tables([Phase("", "buprenorphine", read)], 0, s).fails[:, 0, when]
    grid = np.linspace(0.0, 1.0, table.shape[1])
    return np.array([np.interp(x, grid, row) for x, row in zip(at, table, strict=True)])


@pytest.mark.parametrize("when", [0, 1])
@pytest.mark.parametrize("name", USUAL)
def test_who_comes_with_little_tolerance_is_judged_by_what_was_read_of_such_people(name, when):
    s, read = setting(), readings(USUAL[name], HABIT, DRAWS)
    v = s.values
    steep = (1.0 - v["made_up"]) / v["dose_spread"]
    for tolerance, stops in (
        (read.breathing_away, read.log_stops_away),
        (read.breathing, read.log_stops),
    ):
        gone = steep * (s.untreated.log_stops[:, 0] - stops[:, when])
        expected = ndtr(ndtri(v["fails_usual"]) + gone)
        found = failing(read, s, tolerance[:, when], when)
        assert found == pytest.approx(expected, rel=0.05)


def test_buprenorphine_protects_most_who_bear_least_and_methadone_does_not():
    """A partial agonist stands in the way of a full one; a full one adds to it, and less tolerance leaves less room."""
    s = setting()
    for name, most in (("buprenorphine", 0.6), ("methadone", 1.7)):
        read = readings(USUAL[name], HABIT, DRAWS)
        as_usual = replace(read, breathing_away=read.breathing, log_stops_away=read.log_stops)
        at = read.breathing_away[:, 0]
        ratio = failing(read, s, at, 0) / failing(as_usual, s, at, 0)
        assert (ratio < most).all()
        assert (ratio < 1.0).all() if name == "buprenorphine" else ratio.mean() > 1.0
