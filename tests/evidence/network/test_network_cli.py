"""`speciosa nma` from the outside: the contract of its JSON, its page, its exit statuses."""

import json
import re
import warnings

import numpy as np
import pytest
from tests.evidence.network_reference import smoking_arms, table
from typer.testing import CliRunner

from speciosa import evidence
from speciosa.cli import app, commands
from speciosa.errors import EvidenceError, UnknownNameError

KEYS = [
    "measure",
    "model",
    "method",
    "reference",
    "tau2",
    "Q",
    "Q_heterogeneity",
    "Q_inconsistency",
    "I2",
    "estimates",
    "p_scores",
]
ESTIMATE = [
    "treat1",
    "treat2",
    "effect",
    "se",
    "ci_low",
    "ci_high",
    "pi_low",
    "pi_high",
    "direct",
    "indirect",
    "proportion_direct",
]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("networks")
    smoking_arms().write_csv(folder / "arms.csv")
    senn = table("data_senn2013_contrasts.csv")
    senn.select(
        study="studlab", treat1="treat1", treat2="treat2", effect="TE", se="seTE"
    ).write_csv(folder / "contrasts.csv")
    return folder


@pytest.fixture(scope="module")
def run():
    if not app.registered_commands:
        commands.register(app)

    def call(*arguments):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return CliRunner().invoke(app, ["nma", *map(str, arguments)], catch_exceptions=False)

    return call


def test_another_tau2_of_contrasts_is_announced(run, files):
    """Both are reachable, and who compares with netmeta is told which is which."""
    assert "tau2 0.1011 (--tau2-covariance diagonal)" in run(files / "contrasts.csv").stdout
    chosen = run(files / "contrasts.csv", "--tau2-covariance", "diagonal").stdout
    assert "tau2 0.1011, " in chosen and "Note: from contrasts" not in chosen
    assert "Note: from contrasts" not in run(files / "arms.csv").stdout


def test_i2_is_in_percent_as_in_the_pairwise_command(run, files):
    """netmeta's I2 of Senn 2013, 0.814405347578 in expected_nma_frequentist.csv."""
    found = json.loads(run(files / "contrasts.csv", "--json").stdout)
    assert found["I2"] == pytest.approx(81.4405347578)


def test_json_is_the_contract(run, files):
    found = json.loads(
        run(
            files / "arms.csv",
            "--measure",
            "OR",
            "--method",
            "REML",
            "--reference",
            "no_contact",
            "--json",
        ).stdout
    )
    assert list(found)[: len(KEYS)] == KEYS
    assert all(list(row) == ESTIMATE for row in found["estimates"])
    pairs = {(row["treat1"], row["treat2"]) for row in found["estimates"]}
    assert len(pairs) == len(found["estimates"]) == 12
    assert found["tau2"] == pytest.approx(0.450229620034, rel=1e-5)
    assert (found["measure"], found["model"], found["method"], found["reference"]) == (
        "OR",
        "random",
        "REML",
        "no_contact",
    )
    assert set(found["p_scores"]) == {"no_contact", "self_help", "ind_counseling", "grp_counseling"}


def test_contrasts_and_the_common_model(run, files):
    found = json.loads(
        run(files / "contrasts.csv", "--model", "common", "--reference", "plac", "--json").stdout
    )
    row = next(r for r in found["estimates"] if (r["treat1"], r["treat2"]) == ("acar", "benf"))
    assert row["effect"] == pytest.approx(0.0778174774066)
    assert row["direct"] is None
    assert row["pi_low"] is None
    assert found["tau2"] == 0.0


def test_small_values_turn_the_scores_over(run, files):
    good, bad = (
        json.loads(run(files / "arms.csv", "--small-values", what, "--json").stdout)["p_scores"]
        for what in ("desirable", "undesirable")
    )
    for name, score in good.items():
        assert bad[name] == pytest.approx(1 - score)


def test_bayes_by_quadrature(run, files):
    found = json.loads(
        run(files / "arms.csv", "--bayes", "--reference", "no_contact", "--json").stdout
    )
    assert list(found)[: len(KEYS)] == KEYS
    assert "half-normal(5)" in found["priors"]
    row = next(
        r
        for r in found["estimates"]
        if (r["treat1"], r["treat2"]) == ("ind_counseling", "no_contact")
    )
    assert row["effect"] == pytest.approx(0.72, abs=1e-3)
    assert found["tau"]["mean"] == pytest.approx(0.727, abs=1e-3)


def test_mantel_haenszel(run, files):
    found = json.loads(
        run(files / "arms.csv", "--method", "MH", "--reference", "no_contact", "--json").stdout
    )
    row = next(
        r
        for r in found["estimates"]
        if (r["treat1"], r["treat2"]) == ("ind_counseling", "no_contact")
    )
    assert row["effect"] == pytest.approx(0.721105488132, rel=1e-8)
    assert list(found)[: len(KEYS)] == KEYS


def test_text_names_the_model_and_the_disagreement(run, files):
    said = run(files / "contrasts.csv", "--reference", "plac").stdout
    assert "mean difference, random effects, REML, 26 studies, 10 treatments" in said
    assert "between designs 22.53 on 7" in said


def test_page_stands_alone(run, files):
    page = files / "page.html"
    assert run(files / "contrasts.csv", "--reference", "plac", "--out", page).exit_code == 0
    text = page.read_text(encoding="utf-8")
    for part in (
        "Every treatment against plac",
        "The network of trials",
        "network estimates below the diagonal",
        "Direct against indirect",
        "How sure the ranking is",
    ):
        assert part in text
    assert "<script" not in text
    assert not re.search(r'(?:src|href)="https?://', text)
    assert not list(files.glob("*.part"))


def test_own_networks_by_name(run):
    found = json.loads(run("oud_retention", "--json").stdout)
    assert (found["measure"], found["reference"]) == ("RR", "placebo")
    assert "laam" not in found["p_scores"]
    assert found["coherent"] is False
    every = json.loads(run("oud_retention", "--with-recalled", "--json").stdout)
    assert "laam" in every["p_scores"]


def test_an_own_network_that_falls_apart_is_pooled_by_island(run):
    found = json.loads(run("withdrawal_completion", "--json").stdout)
    assert [sorted(one["p_scores"]) for one in found["islands"]] == [
        ["buprenorphine", "clonidine"],
        ["lofexidine", "lofexidine_low", "placebo"],
    ]
    said = run("withdrawal_completion").stdout
    assert "No chain of trials" in said


def test_classes_show_what_is_borrowed(run):
    said = run("oud_retention", "--bayes", "--classes").stdout
    assert "class partial agonist" in said
    assert "sd with / sd alone" in said


def test_components(run, files):
    path = files / "components.csv"
    path.write_text(
        "study,treat1,treat2,effect,se\n1,a,p,1,0.2\n2,b,p,0.5,0.2\n3,a+b,p,1.4,0.2\n",
        encoding="utf-8",
    )
    found = json.loads(
        run(path, "--components", "+", "--inactive", "p", "--model", "common", "--json").stdout
    )
    effects = {row["component"]: row["effect"] for row in found["components"]["effects"]}
    assert effects["a"] + effects["b"] == pytest.approx(1.4 + 0.1 / 3)
    assert "estimates" in found


@pytest.mark.parametrize(
    "arguments",
    [
        ("missing.csv",),
        ("arms.csv", "--method", "DSL"),
        ("arms.csv", "--reference", "no_contct"),
        ("arms.csv", "--level", "95"),
        ("arms.csv", "--measure", "MD"),
    ],
)
def test_bad_requests_are_input_errors(run, files, arguments):
    with pytest.raises(EvidenceError):
        run(files / arguments[0], *arguments[1:])


def test_an_unknown_name_is_an_input_error(run):
    with pytest.raises(UnknownNameError):
        run("retention_of_oud")


def test_numbers_far_apart_raise_no_warning(run, files):
    rng = np.random.default_rng(4)
    path = files / "far.csv"
    lines = ["study,treatment,events,n"]
    for number in range(6):
        lines += [
            f"{number},a,{rng.integers(0, 2)},1000000",
            f"{number},b,{rng.integers(0, 3)},3",
            f"{number},c,1,2",
        ]
    path.write_text("\n".join(lines), encoding="utf-8")
    for measure in ("OR", "RR", "RD", "ASD"):
        assert run(path, "--measure", measure, "--out", files / "far.html").exit_code == 0


def test_a_prior_that_is_not_vague_is_said(run, files):
    path = files / "large.csv"
    rows = ["study,treat1,treat2,effect,se", "1,a,b,250,20", "2,a,b,180,15", "3,a,b,330,25"]
    path.write_text("\n".join(rows), encoding="utf-8")
    said = run(path, "--bayes").stdout
    assert "is not vague beside effects of 330" in said
    assert "holds tau down" in said
    assert (
        "vague beside" not in run(path, "--bayes", "--effect-sd", "10000", "--tau-sd", "500").stdout
    )


def test_a_node_split_is_that_of_the_library(run, tmp_path):
    file = tmp_path / "smoking.csv"
    smoking_arms().write_csv(file)
    pair = "no_contact,grp_counseling"
    done = run(file, "--node-split", pair, "--json")
    (found,) = json.loads(done.stdout)["node_splits"]
    expected = evidence.node_split(evidence.read_network(file), *pair.split(","))
    assert found["direct"] == pytest.approx(expected.direct)
    assert found["p"] == pytest.approx(expected.p)
    assert found["difference"] == pytest.approx(found["direct"] - found["indirect"])
    assert "node split" in run(file, "--node-split", pair).stdout
    with pytest.raises(EvidenceError, match="two of"):
        run(file, "--node-split", "no_contact,nobody")
