"""`speciosa meta`: its JSON, its words, its page and its faults."""

import json
import re

import pytest
from tests.evidence.reference import DATA
from typer.testing import CliRunner

from speciosa.cli import app
from speciosa.cli.commands import register
from speciosa.errors import EvidenceError
from speciosa.evidence.pairwise.pooling import meta_analysis
from speciosa.report.figures.forest import forest_table
from speciosa.report.figures.funnel import funnel_table

KEYS = "measure method test k estimate se ci_low ci_high p pi_low pi_high tau2 I2 H2 Q Q_p".split()
BCG = str(DATA / "data_bcg.csv")


@pytest.fixture(scope="module")
def run():
    if not app.registered_commands:
        register(app)
    runner = CliRunner()
    return lambda *words: runner.invoke(app, ["meta", *words])


def test_json_is_one_object_with_the_promised_keys(run):
    done = run(BCG, "--measure", "RR", "--method", "DL", "--test", "z", "--json")
    found = json.loads(done.stdout)
    assert list(found)[: len(KEYS)] == KEYS
    assert found["estimate"] == pytest.approx(-0.714117, abs=1e-6)
    assert found["natural"]["estimate"] == pytest.approx(0.489624, abs=1e-6)
    assert done.exit_code == 0


def test_moderators_add_coefficients(run):
    words = ("--moderator", "ablat", "--moderator", "alloc")
    found = json.loads(run(BCG, "--measure", "RR", *words, "--json").stdout)
    names = [row["name"] for row in found["coefficients"]]
    assert names == ["intercept", "ablat", "alloc[random]", "alloc[systematic]"]
    assert found["QM_df"] == 3


def test_every_part_that_can_be_asked_for_is_there(run):
    asked = ("--subgroup", "alloc", "--leave-one-out", "--small-studies", "--bayes", "half-normal:0.5",
             "--baseline", "0.02", "--baseline-source", "control groups")  # fmt: skip
    found = json.loads(run(BCG, "--measure", "RR", *asked, "--json").stdout)
    assert len(found["leave_one_out"]) == 13
    assert [g["k"] for g in found["subgroups"]["groups"]] == [2, 7, 4]
    assert found["small_studies"]["trim_and_fill"]["missing"] == 1
    assert found["bayes"]["tau"]["low"] == pytest.approx(0.3455, abs=1e-3)
    assert found["absolute_per_1000"]["difference"] < 0
    said = run(BCG, "--measure", "RR", *asked).stdout
    for part in (
        "new study",
        "Without each study",
        "By alloc",
        "Small studies",
        "Bayesian",
        "per 1,000",
    ):
        assert part in said


def test_the_page_stands_alone(run, tmp_path):
    out = tmp_path / "page.html"
    assert run(BCG, "--measure", "RR", "--out", str(out)).exit_code == 0
    text = out.read_text()
    assert text.count("<svg") == 2
    for part in (
        "TPT Madras",
        "True effect in a new study",
        "Knapp-Hartung",
        "Egger",
        "data_bcg.csv",
    ):
        assert part in text
    assert "http://" not in text.replace("http://www.w3.org", "")


def test_a_page_for_every_kind_of_pool(run, tmp_path):
    for i, words in enumerate(
        (("--measure", "OR", "--method", "PETO"), ("--measure", "RR", "--moderator", "ablat"))
    ):
        out = tmp_path / f"{i}.html"
        assert run(BCG, *words, "--out", str(out)).exit_code == 0
        assert "<svg" in out.read_text()


def test_the_figures_draw_the_numbers_of_the_result():
    r = meta_analysis(BCG, measure="RR")
    table = forest_table(r)
    assert table["study"].to_list() == [*r.labels, "Pooled", "True effect in a new study"]
    assert table["effect"][13] == pytest.approx(r.natural(r.estimate))
    assert len(funnel_table(r, r.trim_and_fill())) == 14


def test_faults_come_as_one_error(run, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("study,effect,se\nA,0.1,0\nB,x,0.2\nB,0.3,0.2\n")
    done = run(str(path))
    assert isinstance(done.exception, EvidenceError)
    assert len(done.exception.faults) == 3
    done = run(BCG)
    assert "these columns do for RR, OR, RD" in str(done.exception)
    for measure in ("GEN", "MN"):
        path.write_text("study,n,median,q1,q3\nA,30,12,9,16\n")
        done = run(str(path), "--measure", measure)
        assert "speciosa.evidence.mean_sd(n, median" in str(done.exception)
    with pytest.raises(EvidenceError, match="nothing there"):
        meta_analysis(tmp_path / "none.csv")


def test_findings_print_the_table_and_one_pool_in_full():
    if not app.registered_commands:
        register(app)
    runner = CliRunner()
    table = json.loads(runner.invoke(app, ["findings", "--json"]).stdout)["findings"]
    by_pool = {row["pool"]: row for row in table}
    cochrane = by_pool["buprenorphine-methadone-retention"]
    assert (cochrane["studies"], cochrane["people"], cochrane["certainty"]) == (3, 627, "low")
    assert cochrane["low"] < cochrane["with_treatment"] < cochrane["high"]
    said = runner.invoke(app, ["findings", "lofexidine-placebo-completion"]).stdout
    for part in (
        "Certainty low (from high)",
        "imprecision: serious",
        "numbers, inconsistency",
        "280 per 1,000 with placebo, 418 per 1,000 with lofexidine: 138 more",
    ):
        assert part in said
    assert (
        "buprenorphine-methadone-retention"
        in runner.invoke(app, ["findings", "--seen-only"]).stdout
    )


def test_a_study_without_information_does_not_stop_the_page(run, tmp_path):
    path, out = tmp_path / "wide.csv", tmp_path / "wide.html"
    path.write_text("study,effect,se\nA,0.1,0.2\nB,-0.2,0.3\nC,0.4,400\n")
    assert run(str(path), "--measure", "RR", "--out", str(out)).exit_code == 0
    assert "C" in out.read_text()


def test_effects_without_any_spread_are_pooled_without_a_warning():
    same = {
        "study": list("ABCD"),
        "effect": [0.3] * 4,
        "se": [0.1, 0.2, 0.1, 0.3],
        "x": [1, 2, 3, 5],
    }
    r = meta_analysis(same, moderators=["x"])
    assert r.fit.se.max() < 1e-7
    r.influence(), r.fit.moderator_test()


ONE = "study,effect,se\nA,-0.5,0.2\n"
COUNTS = "study,events_t,n_t,events_c,n_c\nA,12,100,20,100\nB,0,40,3,41\n"


def test_one_study_is_not_said_to_be_pooled(run, tmp_path):
    (tmp_path / "one.csv").write_text(ONE)
    words = run(str(tmp_path / "one.csv")).stdout
    assert "1 study, normal interval" in words
    assert "not estimable from one study" in words
    assert "Knapp-Hartung" not in words
    assert "I2" not in words


@pytest.mark.parametrize("method", ["MH", "PETO"])
def test_pooled_counts_are_not_said_to_be_changed(run, tmp_path, method):
    (tmp_path / "counts.csv").write_text(COUNTS)
    words = run(str(tmp_path / "counts.csv"), "--measure", "OR", "--method", method).stdout
    told = "0.5 added to the cells of single studies with a zero cell, not to those" in words
    assert told == (method == "MH")  # a Peto odds ratio is defined without


def test_a_scale_that_a_prior_does_not_have_is_refused(run):
    done = run(BCG, "--measure", "RR", "--bayes", "uniform:3")
    assert isinstance(done.exception, EvidenceError)
    assert "uniform:3" in str(done.exception)


def test_absolute_effects_say_fewer_or_more_of_both_limits(run):
    words = run(BCG, "--measure", "RR", "--baseline", "0.02").stdout
    assert re.search(r"\d+ fewer \(from \d+ fewer to \d+ fewer\)", words)


def test_a_network_is_sent_to_its_command(run, tmp_path):
    path = tmp_path / "arms.csv"
    path.write_text("study,treatment,events,n\nA,x,1,10\nA,y,2,10\n")
    assert "speciosa nma" in str(run(str(path), "--measure", "OR").exception)


def test_effects_of_one_cluster_share_a_term(run, tmp_path):
    """metafor, rma.mv(yi, vi, random = ~ 1 | district/school): 0.1847 (se 0.0846), 0.0651 and 0.0327."""
    file = tmp_path / "schools.csv"
    text = (DATA / "data_konstantopoulos2011.csv").read_text()
    file.write_text(text.replace("yi,vi", "effect,variance", 1))
    found = json.loads(run(str(file), "--cluster", "district", "--json").stdout)["three_level"]
    assert found["estimate"] == pytest.approx(0.1847, abs=1e-4)
    assert found["se"] == pytest.approx(0.0846, abs=1e-4)
    assert found["between"] == pytest.approx(0.0651, abs=1e-4)
    assert found["within"] == pytest.approx(0.0327, abs=1e-4)
    assert "Three levels, effects within district" in run(str(file), "--cluster", "district").stdout
    with pytest.raises(EvidenceError, match="a column of the data"):
        raise run(str(file), "--cluster", "town").exception
