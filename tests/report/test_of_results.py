"""What a notebook shows of results: a table, a chart that Vega-Lite accepts, and names that are not known refused."""

from pathlib import Path

import polars as pl
import pytest
from tests.report.made import shipped

import speciosa as sp
from speciosa.errors import UnknownNameError


def drawn(result: object) -> dict[str, object]:
    spec: dict[str, object] = result.plot().to_dict()  # type: ignore[attr-defined]
    assert "<table>" in result._repr_html_()  # type: ignore[attr-defined]
    assert isinstance(result.to_frame(), pl.DataFrame)  # type: ignore[attr-defined]
    return spec


def test_a_comparison_shows_its_findings() -> None:
    comparison = shipped("default", 3)
    assert drawn(comparison) and drawn(comparison.run) and drawn(comparison.outcomes)
    table = comparison.to_frame()
    assert set(table["arm"]) == {arm.name for arm in comparison.study.arms[:-1]}
    sure = table.filter(pl.col("outcome") == "Pain relief", pl.col("arm") == "Morphine")
    assert sure["studies"].item() == pytest.approx(0.69, abs=0.005)


def test_an_unknown_outcome_is_refused_with_those_like_it() -> None:
    outcomes = shipped("default", 3).outcomes
    with pytest.raises(UnknownNameError, match="Pain relief"):
        outcomes.plot(outcome="pain releif")
    with pytest.raises(UnknownNameError, match="Pain relief"):
        outcomes.difference("pain releif", "Morphine", "Placebo")


def test_a_simulation_shows_its_median_and_band() -> None:
    m = sp.Model("one compartment")
    k, v = m.parameter("k", 0.2, "1/h", between_patient_cv=0.3), m.parameter("v", 10.0, "L")
    central = m.state("central", "mg")
    m.rate(central, -k * central)
    m.output("plasma", central / v, "mg/L")
    m.dose_target("iv", central)
    found = sp.simulate(m, "50 mg iv", patients=20, until="12 h", every="1 h", seed=1)
    assert len(drawn(found)["layer"]) == 2  # type: ignore[arg-type]
    assert len(found.to_frame()) == 20 * len(found.times)
    with pytest.raises(UnknownNameError, match="plasma"):
        found.plot(output="plasm")


def test_meta_analyses_show_their_forests(tmp_path: Path) -> None:
    trials = tmp_path / "trials.csv"
    trials.write_text("study,events_t,n_t,events_c,n_c\none,12,60,20,58\ntwo,8,40,15,41\n")
    assert drawn(sp.meta_analysis(trials, measure="RR"))
    arms = tmp_path / "arms.csv"
    arms.write_text(
        "study,treatment,events,n\na,x,10,50\na,placebo,20,50\nb,y,12,60\nb,placebo,19,58\n"
    )
    assert drawn(sp.network_meta_analysis(arms, measure="OR", reference="placebo"))
