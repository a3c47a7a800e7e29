"""What a network says, line by line, from its own numbers."""

import math

import pytest

from speciosa.evidence.network.effects import display
from speciosa.evidence.network.mantel_haenszel import mantel_haenszel_network
from speciosa.evidence.network.read import read_network
from speciosa.evidence.network.result import network_meta_analysis
from speciosa.evidence.network.words import (
    as_text,
    describe,
    describe_network,
    heterogeneity_text,
    mantel_haenszel_text,
    node_split_text,
)
from speciosa.evidence.printed import columns, number, p_text, span

ARMS = [
    ("s1", "a", 4, 20), ("s1", "p", 9, 21), ("s2", "b", 5, 30), ("s2", "p", 11, 31),
    ("s3", "a", 8, 40), ("s3", "b", 9, 41), ("s4", "a", 12, 50), ("s4", "p", 15, 52),
]  # fmt: skip
TABLE = [dict(zip(("study", "treatment", "events", "n"), row, strict=True)) for row in ARMS]
LOOP = {
    "study": list("123"),
    "treat1": ["a", "b", "a"],
    "treat2": ["p", "p", "b"],
    "effect": [1.0, 0.5, 0.6],
    "se": [0.2, 0.2, 0.3],
}


def test_evidence_in_one_line():
    assert (
        describe_network(read_network(TABLE))
        == "4 studies, 3 treatments, 3 direct comparisons, 285 people"
    )
    assert (
        describe_network(read_network(TABLE[:2]))
        == "1 study, 2 treatments, 1 direct comparison, 41 people"
    )
    assert describe_network(read_network(LOOP)) == "3 studies, 3 treatments, 3 direct comparisons"
    means = [{"study": "s", "treatment": name, "mean": 1.0, "se": 0.2} for name in "ab"]
    assert describe_network(read_network(means)) == "1 study, 2 treatments, 1 direct comparison"
    wide = [row | {"n": 1200} for row in TABLE[:2]]
    assert describe_network(read_network(wide)).endswith("2,400 people")


def test_model_and_estimator():
    assert describe(network_meta_analysis(TABLE, method="DL")).startswith(
        "odds ratio, random effects, DL, 4 studies"
    )
    assert describe(network_meta_analysis(TABLE, model="common")).startswith(
        "odds ratio, common effect, 4 studies"
    )


@pytest.mark.parametrize("model", ["random", "common"])
@pytest.mark.parametrize("small", ["desirable", "undesirable"])
def test_every_row_of_the_table(model, small):
    found = network_meta_analysis(TABLE, reference="p", model=model, level=0.9, small_values=small)
    lines = as_text(found).splitlines()
    assert lines[1] == f"Against p; {'small' if small == 'desirable' else 'large'} values are good."
    rows = [["", "odds ratio", "90% interval", "new study", "direct", "P-score"]]
    by_name = {row["treat1"]: row for row in found.against().to_dicts()}
    for name in sorted("abp", key=lambda one: -found.p_scores[one]):
        score = f"{found.p_scores[name]:.2f}"
        if name == "p":
            rows.append(["p (reference)", "", "", "", "", score])
            continue
        row = by_name[name]
        low, high = math.exp(row["ci_low"]), math.exp(row["ci_high"])
        new = span(math.exp(row["pi_low"]), math.exp(row["pi_high"])) if model == "random" else ""
        rows.append(
            [
                name,
                number(math.exp(row["effect"])),
                span(low, high),
                new,
                f"{100 * row['proportion_direct']:.0f}%",
                score,
            ]
        )
    assert "\n".join(lines[3:7]) == columns(rows)
    parts, test = found.heterogeneity, found.coherence.test
    assert lines[8] == f"tau2 {found.tau2:.4g}, tau {found.tau2**0.5:.4g}, I2 {found.I2:.0f}%"
    assert lines[9] == (
        f"Q {parts.total:.2f} on {parts.total_df}, {p_text(parts.total_p)}: within designs {parts.within:.2f} on {parts.within_df},"
        f" {p_text(parts.within_p)}; between designs {parts.between:.2f} on {parts.between_df}, {p_text(parts.between_p)}"
    )
    assert (
        lines[10]
        == f"Design-by-treatment test with heterogeneity: Q {test.q:.2f} on {test.df}, {p_text(test.p)}"
    )
    assert lines[11].startswith(
        "Direct against indirect evidence: 3 comparisons; least agreement in "
    )


def test_nothing_estimates_heterogeneity_from_a_chain():
    chain = network_meta_analysis({name: column[:2] for name, column in LOOP.items()})
    assert heterogeneity_text(chain).startswith("No contrast was estimated twice")
    assert (
        "No comparison has direct and indirect evidence: inconsistency cannot be tested."
        in as_text(chain)
    )


def test_only_contrasts_of_several_arms_are_told_what_netmeta_would_say():
    rows = [
        ("1", "a", "p", 1.0, 0.2), ("1", "b", "p", 0.2, 0.2), ("1", "a", "b", 0.8, 0.2), ("2", "a", "p", 2.4, 0.2),
        ("3", "b", "p", 0.9, 0.25), ("4", "a", "b", 0.1, 0.3), ("5", "b", "p", -0.9, 0.25),
    ]  # fmt: skip
    table = [
        dict(zip(("study", "treat1", "treat2", "effect", "se"), row, strict=True)) for row in rows
    ]
    exact, diagonal = (
        network_meta_analysis(table, tau2_covariance=way) for way in ("exact", "diagonal")
    )
    told = [
        line
        for line in as_text(exact).splitlines()
        if line.startswith("Note: from contrasts alone")
    ]
    assert (
        len(told) == 1 and f"(1): tau2 {diagonal.tau2:.4g} (--tau2-covariance diagonal)." in told[0]
    )
    for other in (
        diagonal,
        network_meta_analysis(table, method="DL"),
        network_meta_analysis(table, model="common"),
        network_meta_analysis(table[3:]),
    ):
        assert "from contrasts alone" not in as_text(other)


def test_mantel_haenszel_and_node_splits():
    network = read_network(
        [
            *TABLE,
            *(
                {"study": "t", "treatment": t, "events": e, "n": 20}
                for t, e in (("a", 3), ("p", 4), ("b", 0))
            ),
        ]
    )
    found = mantel_haenszel_network(network)
    lines = mantel_haenszel_text(found, "p").splitlines()
    rows = [["", "odds ratio", "95% interval"]]
    for row in found.frame().filter(treat2="p").to_dicts():
        rows.append(
            [
                row["treat1"],
                number(math.exp(row["effect"])),
                span(math.exp(row["ci_low"]), math.exp(row["ci_high"])),
            ]
        )
    assert "\n".join(lines[2:5]) == columns(rows)
    assert (
        lines[6].startswith(f"Q between designs {found.q:.2f} on {found.df}, p ")
        and lines[7] == "Left out: b in t, no event."
    )
    pair = mantel_haenszel_text(mantel_haenszel_network(read_network(TABLE[:2])), "p")
    assert pair.splitlines()[5] == "Q between designs 0.00 on 0, no degrees of freedom"
    assert (
        node_split_text({"a : p": None}, "OR")
        .splitlines()[1]
        .split(maxsplit=3)[3]
        .startswith("not both direct and indirect")
    )


def test_ratios_are_shown_within_what_numbers_can_hold():
    show = display("OR")
    assert show(0.0) == 1.0 and show(800.0) == show(700.0) == pytest.approx(math.exp(700))
    assert show(-800.0) == pytest.approx(math.exp(-700)) and display("MD")(-3.5) == -3.5
