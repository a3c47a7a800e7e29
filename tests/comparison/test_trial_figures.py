"""What trials say beside a simulation, by hand from the rows that it is read from, one of each measure."""

from statistics import NormalDist

import pytest

from speciosa.comparison.trial_figures import TrialFigure, daily_mg, figures_of
from speciosa.evidence import effect_sizes
from speciosa.facts import fact
from speciosa.study.question.schema import Arm

NOTHING = Arm(name="nothing", regimen="none")


def told(regimen: str, outcome: str) -> TrialFigure:
    return figures_of(Arm(name="one", regimen=regimen), NOTHING)[outcome]


def ends(figure: TrialFigure) -> tuple[float | None, float | None]:
    return figure.low, figure.high


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
        ("8 mg buprenorphine sublingual", None),
        ("none", None),
    ],
)  # fmt: skip
def test_the_dose_of_a_day_is_that_of_the_end(regimen: str, mg: float | None) -> None:
    assert daily_mg(Arm(name="one", regimen=regimen)) == (None if mg is None else pytest.approx(mg))
