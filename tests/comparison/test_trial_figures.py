"""What trials say beside a simulation, by hand from the rows that it is read from, one of each measure."""

from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import pytest

from speciosa.comparison.trial_figures import (
    TrialFigure,
    baseline_share,
    daily_mg,
    figures_of,
    graded,
    own_substances,
    plan,
)
from speciosa.evidence import effect_sizes
from speciosa.evidence.ledger.kept_pools import pool_result
from speciosa.facts import fact
from speciosa.study.question.schema import Arm

NOTHING = Arm(name="nothing", regimen="none")
PRODUCTS = {"opioids": "morphine", "kratom": "kratom_leaf"}
"""A member of each group of substances, as a product."""
OPIOID = "pain_relief responders vomiting persistence addiction"
"""Outcomes of which something is known of opioids in people with pain."""


def told(regimen: str, outcome: str) -> TrialFigure:
    return figures_of(Arm(name="one", regimen=regimen), NOTHING)[outcome]


def ends(figure: TrialFigure) -> tuple[float | None, float | None]:
    return figure.low, figure.high


def test_a_mixed_agonist_antagonist_has_the_figures_of_opioids_and_an_antagonist_none() -> None:
    mixed = figures_of(Arm(name="one", regimen="10 mg nalbuphine iv"), NOTHING)
    assert set(OPIOID.split()) <= set(mixed)
    assert mixed["vomiting"].row == told("15 mg morphine oral every 6 h x 56", "vomiting").row
    assert not set(OPIOID.split()) & set(
        figures_of(Arm(name="one", regimen="50 mg naltrexone oral"), NOTHING)
    )


def test_beside_an_opioid_only_an_antagonist_of_opioids_is_its_companion() -> None:
    both = Arm(name="one", regimen="10 mg morphine iv; 10 mg nalbuphine iv; 0.4 mg naloxone iv")
    assert own_substances(both) == {"morphine", "nalbuphine"}


def test_a_number_needed_to_treat_is_a_share_more_and_its_ends_change_places() -> None:
    figure = told("400 mg ibuprofen oral", "acute_responders")
    row = fact(figure.row)
    assert (figure.kind, figure.estimate) == ("difference", pytest.approx(1 / row.estimate))
    assert ends(figure) == pytest.approx((1 / row.ci_high, 1 / row.ci_low))


def test_events_of_one_trial_are_a_difference_of_risks_with_its_interval() -> None:
    figure = told("80 mg methadone oral every 24 h x 14", "retention")
    row = fact(figure.row)
    counts = {name: [getattr(row, name)] for name in ("events_t", "n_t", "events_c", "n_c")}
    found = effect_sizes("RD", counts)
    middle, se = float(found.values[0]), float(found.variances[0]) ** 0.5
    away = NormalDist().inv_cdf(0.975) * se
    assert figure.estimate == pytest.approx(middle)
    assert ends(figure) == pytest.approx((middle - away, middle + away), rel=1e-6)
    assert figure.baseline == pytest.approx(row.events_c / row.n_c)


def test_a_ratio_of_risks_counts_from_the_share_without_the_treatment() -> None:
    figure = told("4 mg buprenorphine sublingual every 24 h x 14", "retention")
    row, without = fact(figure.row), fact("treatment-0016")
    share = without.events_c / without.n_c
    assert figure.baseline == pytest.approx(share)
    assert figure.estimate == pytest.approx(share * (row.estimate - 1), abs=1e-9)
    assert ends(figure) == pytest.approx(
        (share * (row.ci_low - 1), share * (row.ci_high - 1)), abs=1e-9
    )


def test_a_ratio_of_rates_counts_from_deaths_of_a_thousand_in_a_year() -> None:
    figure = told("80 mg methadone oral every 24 h x 14", "death")
    row, without = fact(figure.row), fact("r002")
    yearly = without.rate / 1000
    assert figure.baseline == pytest.approx(yearly)
    assert figure.estimate == pytest.approx(yearly * (row.rate - 1), abs=1e-9)


def test_a_share_without_treatment_is_of_people_or_of_a_person_in_a_year() -> None:
    assert baseline_share("r229") == fact("r229").rate == 0.05
    assert baseline_share("r002") == pytest.approx(fact("r002").rate / 1000)


def test_a_figure_of_users_alone_is_a_level() -> None:
    figure = told("15 mg morphine oral every 6 h x 56", "addiction")
    row = fact(figure.row)
    stated = getattr(row, "estimate", None) or getattr(row, "rate", None)
    assert figure.kind == "level" and stated is not None
    assert figure.estimate in (pytest.approx(stated), pytest.approx(stated / 100))


def test_with_a_companion_no_trial_gave_both() -> None:
    alone = Arm(name="one", regimen="400 mg ibuprofen oral")
    both = alone.model_copy(update={"comedication": "1 g acetaminophen oral"})
    assert figures_of(alone, NOTHING) and not figures_of(both, NOTHING)


@pytest.mark.parametrize(
    ("regimen", "known"),
    [
        ("400 mg ibuprofen oral", True),
        ("0.4 g ibuprofen oral", True),
        ("401 mg ibuprofen oral", False),
        ("399 mg ibuprofen oral", False),
        ("400 mg ibuprofen oral; 200 mg ibuprofen oral at 4 h", False),
    ],
)
def test_a_single_dose_is_the_one_that_the_studies_gave(regimen: str, known: bool) -> None:
    figures = figures_of(Arm(name="one", regimen=regimen), NOTHING)
    assert ("acute_responders" in figures) is known


@pytest.mark.parametrize(
    ("regimen", "mg"),
    [
        ("8 mg buprenorphine sublingual every 24 h x 14", 8.0),
        ("8 mg buprenorphine sublingual every 12 h x 28", 16.0),
        ("8000 ug buprenorphine sublingual every 8 h x 28", 24.0),
        ("4 mg buprenorphine sublingual every 24 h x 2; 8 mg buprenorphine sublingual every 24 h x 14 at 2 d", 8.0),
        ("8 mg buprenorphine sublingual every 24 h x 14; 4 mg buprenorphine sublingual every 24 h x 14", 12.0),
        ("8 mg buprenorphine sublingual every 24 h x 2", 8.0),
        ("8 mg buprenorphine sublingual every 24 h x 1", None),
        ("4 mg buprenorphine sublingual every 24 h x 3; 8 mg buprenorphine sublingual every 24 h x 3 at 1 d", 8.0),
        ("4 mg buprenorphine sublingual every 24 h x 3; 1 mg/kg buprenorphine sublingual every 24 h x 3", None),
        ("1 mg/kg buprenorphine sublingual every 24 h x 3; 4 mg buprenorphine sublingual every 24 h x 3", 4.0),
        ("8 mg buprenorphine sublingual", None),
        ("none", None),
    ],
)  # fmt: skip
def test_the_dose_of_a_day_is_that_of_the_end(regimen: str, mg: float | None) -> None:
    assert daily_mg(Arm(name="one", regimen=regimen)) == (None if mg is None else pytest.approx(mg))


def given(drug: str, mg: float) -> Arm:
    route = "sublingual" if drug == "buprenorphine" else "oral"
    product = PRODUCTS.get(drug, drug)
    return Arm(name="one", regimen=f"{mg} mg {product} {route} every 24 h x 14")


def share_without(row: Any) -> float:
    """Of people, or of a person in a year."""
    return row.rate / 1000 if hasattr(row, "rate") else row.events_c / row.n_c


def said(entry: Mapping[str, Any]) -> tuple[str, list[float | None], float | None]:
    """Kind, figure with its interval, and share without treatment, from the row by the definition of its measure."""
    row = fact(entry["row"])
    measure = getattr(row, "effect_measure", None) or row.measure
    middle = row.rate if hasattr(row, "rate") else row.estimate
    three = [middle, row.ci_low, row.ci_high]
    if measure == "RR" or measure.startswith("rate ratio"):
        if "baseline" not in entry:
            return "ratio", three, None
        share = share_without(fact(entry["baseline"]))
        return "difference", [share * (ratio - 1) for ratio in three], share
    if measure == "NNT":
        return "difference", [1 / row.estimate, 1 / row.ci_high, 1 / row.ci_low], None
    if measure == "events":
        pair = ("events_t", "n_t", "events_c", "n_c")
        found = effect_sizes("RD", {name: [getattr(row, name)] for name in pair})
        gap, se = float(found.values[0]), float(found.variances[0]) ** 0.5
        away = NormalDist().inv_cdf(0.975) * se
        return "difference", [gap, gap - away, gap + away], row.events_c / row.n_c
    if middle is None:
        return "difference", [row.mean_t - row.mean_c, None, None], row.mean_c
    kind = "difference" if entry["versus"] else "level"
    scale = entry.get("scale", 1)
    ends = [None if x is None else x * scale for x in three[1:]]
    return kind, [middle * scale, *(sorted(ends) if None not in ends else ends)], None


@pytest.mark.parametrize("entry", plan()["figure"], ids=lambda e: f"{e['outcome']}-{e['row']}")
def test_each_figure_is_what_its_row_says_from_the_least_to_the_largest_dose(entry) -> None:
    against = NOTHING if entry["versus"] in ("", "no drug") else given(entry["versus"], 60)
    least, most = entry.get("dose_mg", entry.get("daily_mg", (30, 30)))
    kind, values, baseline = said(entry)
    row = fact(entry["row"])
    for drug in entry["treatments"]:
        for mg in (least, most):
            found = figures_of(given(drug, mg), against)[entry["outcome"]]
            assert (found.row, found.reference) == (row.id, row.reference)
            assert (found.outcome, found.kind) == (entry["outcome"], kind)
            three = [found.estimate, found.low, found.high]
            assert three == [x if x is None else pytest.approx(x, rel=1e-6) for x in values]
            assert found.baseline == (baseline and pytest.approx(baseline))
            assert (found.versus, found.counted) == (entry["versus"], entry["counted"])
            assert found.who == entry.get("who", "")
            assert found.observational is entry.get("observational", False)
        if "dose_mg" in entry:
            for mg in (0.999 * least, 1.001 * most):
                assert entry["outcome"] not in figures_of(given(drug, mg), against)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("GRADE high", "high"),
        ("GRADE high/moderate", "moderate"),
        ("GRADE low / moderate", "low"),
        ("GRADE very low", "very low"),
        ("GRADE unclear", None),
        ("some concerns", None),
        ("high", None),
        ("", None),
    ],
)
def test_of_two_levels_of_certainty_the_lower_counts(text: str, level: str | None) -> None:
    assert graded(text) == level


@pytest.mark.parametrize("entry", plan()["figure"], ids=lambda e: f"{e['outcome']}-{e['row']}")
def test_the_certainty_is_the_one_recorded(entry) -> None:
    if "certainty_of" in entry:
        level = pool_result(entry["certainty_of"]).certainty
    else:
        row = fact(entry.get("certainty_of_row", entry["row"]))
        level = graded(getattr(row, "risk_of_bias", None) or "")
    least = entry.get("dose_mg", entry.get("daily_mg", (30, 30)))[0]
    against = NOTHING if entry["versus"] in ("", "no drug") else given(entry["versus"], 60)
    found = figures_of(given(entry["treatments"][0], least), against)[entry["outcome"]]
    assert found.certainty == level
    assert found.first is (level in ("moderate", "high"))


def test_some_figures_are_sure_others_not_and_others_not_judged() -> None:
    levels = {told("60 mg duloxetine oral", "pain_relief").certainty}
    levels |= {
        told("500 mg naproxen oral", key).certainty for key in ("pain_relief", "acute_responders")
    }
    assert len(levels) > 1


def test_the_certainty_of_deaths_is_that_of_their_pool() -> None:
    judged = pool_result("agonist-mortality").certainty
    assert told("80 mg methadone oral every 24 h x 14", "death").certainty == judged
    assert judged not in {"very low", None}


@pytest.mark.parametrize(
    ("regimen", "against", "outcomes"),
    [
        ("400 mg ibuprofen oral", "none", "pain_relief acute_responders persistence"),
        ("5 g kratom_leaf oral every 8 h x 42", "none", "addiction"),
        ("50 mg naltrexone oral every 24 h x 14", "none", ""),
        ("80 mg methadone oral every 24 h x 14", "none", f"{OPIOID} retention death"),
        ("8 mg suboxone sublingual every 24 h x 14", "none", f"{OPIOID} retention death"),
        ("8 mg suboxone sublingual every 24 h x 14", "80 mg methadone oral", "persistence addiction retention"),
        ("8 mg suboxone sublingual every 24 h x 14", "0.1 mg clonidine oral", "persistence addiction completion"),
        ("400 mg ibuprofen oral", "1 g acetaminophen oral", "persistence"),
        ("400 mg ibuprofen oral; 1 g acetaminophen oral", "none", ""),
        ("10 mg/kg ibuprofen oral", "none", "pain_relief persistence"),
        ("none", "none", ""),
    ],
)  # fmt: skip
def test_what_trials_gave_and_held_it_against(regimen: str, against: str, outcomes: str) -> None:
    reference = Arm(name="other", regimen=against)
    found = figures_of(Arm(name="one", regimen=regimen), reference)
    assert set(found) == set(outcomes.split())
    taking = reference.model_copy(update={"comedication": "300 mg rifampicin oral"})
    alone = {key for key, figure in found.items() if figure.versus == ""}
    assert set(figures_of(Arm(name="one", regimen=regimen), taking)) == alone


@pytest.mark.parametrize(
    ("regimen", "own"),
    [
        ("8 mg suboxone sublingual", {"buprenorphine"}),
        ("8 mg buprenorphine sublingual; 2 mg naloxone sublingual", {"buprenorphine"}),
        ("50 mg naltrexone oral", {"naltrexone"}),
        ("50 mg naltrexone oral; 400 mg ibuprofen oral", {"naltrexone", "ibuprofen"}),
        ("400 mg ibuprofen oral; 10 mg morphine oral", {"ibuprofen", "morphine"}),
    ],
)
def test_a_companion_that_only_deters_is_not_what_an_arm_gives(regimen: str, own: set[str]) -> None:
    assert own_substances(Arm(name="one", regimen=regimen)) == own
