"""Cells as reviewers keep them: read as they were meant, noted, or asked about; each misreading named here was one."""

import pytest

import speciosa as sp
from speciosa.errors import EvidenceError
from speciosa.evidence.network.read import read_network
from speciosa.evidence.pairwise.read import read_studies
from speciosa.evidence.table.reading import Reading

COUNTS = "study,events_t,n_t,events_c,n_c\n"
MEANS = "study,mean_t,sd_t,n_t,mean_c,sd_c,n_c\n"
RATIOS = "study,OR,lower,upper\n"
ARMS = "study,treatment,events,n\n"


@pytest.fixture
def studies(tmp_path):
    def read(text, measure="GEN", **reading):
        file = tmp_path / "table.csv"
        file.write_text(text, encoding="utf-8")
        return read_studies(file, measure, Reading(**reading))

    return read


@pytest.fixture
def network(tmp_path):
    def read(text, **options):
        file = tmp_path / "table.csv"
        file.write_text(text, encoding="utf-8")
        return read_network(file, **options)

    return read


def counts(found):
    return [found.raw[name].tolist() for name in ("events_t", "n_t", "events_c", "n_c")]


@pytest.mark.parametrize(
    "text",
    [
        COUNTS + "A,12*,100,20,100\nB,5,80,9a,81\n",
        COUNTS + "A,12\u00b2,100,20,100\nB,5\u2020,80,9,81\n",
        COUNTS + "A,12 (12%),100,20 (20.0),100\nB,5 (6.3%),80,9 (11),81\n",
        "study,Treatment (n/N),Control (n/N)\nA,12/100 (12%),20/100\nB,5/80 (6.3%),9/81 (11.1)\n",
        "study,Treatment events n (%),Control events n (%),Treatment N,Control N\n"
        "A,12 (12),20 (20),100,100\nB,5 (6),9 (11),80,81\n",
        "study;events_t;n_t;events_c;n_c;age\nA;12;100;20;100;41,5\nB;5;80;9;81;39,25\n",
    ],
    ids=["marks", "raised", "shares", "fractions", "share columns", "semicolons"],
)
def test_counts_with_something_around_them(studies, text):
    assert counts(studies(text, "RR")) == [[12, 5], [100, 80], [20, 9], [100, 81]]


def test_blanks_and_points_between_thousands(studies):
    text = COUNTS + "A,12,1 204,20,1\u202f198\nB,5,80,9,81\n"
    assert counts(studies(text, "RR"))[1::2] == [[1204, 80], [1198, 81]]
    for text in (
        "study;events_t;n_t;events_c;n_c\nA;12;1.204;14;1.198\nB;5;1.080;9;1.081\n",
        "study;events_t;n_t;events_c;n_c\nA;12;1,204;14;1,198\nB;5;1,080;9;1,081\n",
        COUNTS + 'A,12,"1,204",14,"1,198"\nB,5,80,9,81\n',
    ):
        with pytest.raises(EvidenceError, match="thousand"):
            studies(text, "RR")
    halves = studies(COUNTS + "A,12.345,1024.5,14.2,1023.75\n", "RR")
    assert halves.raw["events_t"].tolist() == [12.345]
    assert any("No whole numbers" in note for note in halves.notes)


@pytest.mark.parametrize("word", ["NR", "n.r.", "-", "\u2013", "not reported", "Not estimable"])
def test_words_for_nothing(studies, word):
    found = studies(COUNTS + f"A,12,100,20,100\nB,{word},80,9,81\n", "RR")
    assert (found.labels, found.left_out) == (("A",), (("B", "figures missing"),))


@pytest.mark.parametrize(
    "row",
    [
        "A,0.12,100,0.20,100\nB,0.05,80,0.09,81\n",
        "A,12%,100,20%,100\nB,5%,80,9%,81\n",
        "A,12 (52%),100,20 (20%),100\nB,5 (6%),80,9 (11%),81\n",
    ],
    ids=["shares", "percent signs", "wrong shares"],
)
def test_shares_are_no_counts(studies, row):
    with pytest.raises(EvidenceError, match="share|%"):
        studies(COUNTS + row, "RR")


def test_a_wrong_share_behind_a_fraction_is_refused(studies):
    with pytest.raises(EvidenceError, match="12% as 12/100 is, found 21%"):
        studies("study,Treatment (n/N),Control (n/N)\nA,12/100 (21%),20/100 (20%)\n", "RR")


@pytest.mark.parametrize(
    "text",
    [
        "study,HR (95% CI)\nA,0.62 (0.41\u20130.94)*\nB,0.80 (0.5\u20131.28)\n",
        'study,"HR (95% CI), p"\nA,"0.62 (0.41-0.94), p=0.02"\nB,"0.80 (0.5-1.28), p = 0.35"\n',
        "study,HR (95% CI)\nA,0.62 (0.41-0.94; p=0.02)\nB,0.80 (0.5-1.28; p<0.5)\n",
        "study;HR (95% CI)\nA;0,62 (0,41-0,94)\nB;0,80 (0,5-1,28)\n",
        "study\tHR [95% CI]\nA\t0,62 [0,41, 0,94]\nB\t0,80 [0,50, 1,28]\n",
        'study,HR,95% CI\nA,0.62,"0.41,0.94"\nB,0.80,"[0.5,1.28]"\n',
    ],
    ids=["mark", "p after", "p within", "decimal commas", "commas twice", "tight"],
)
def test_ratios_with_something_around_them(studies, text):
    assert studies(text).given["effect"].round(4).tolist() == [-0.478, -0.2231]
    assert studies(text).given["se"].round(4).tolist() == [0.2117, 0.2398]


def test_dashes_for_minus_signs(studies):
    for text in (
        "study,MD (95% CI)\nA,\u20131.2 (\u20132.0 to \u20130.4)\n",
        "study,MD,lower,upper\nA,\u20131.2,\u20132.0,\u22120.4\n",
    ):
        found = studies(text)
        assert found.given["effect"].tolist() == [-1.2]
        assert found.given["se"].round(4).tolist() == [0.4082]


def test_one_cell_too_many_is_no_name_of_a_row(studies):
    with pytest.raises(EvidenceError, match="3 cells"):
        studies("study,yi,vi\nA,0,5,1\nB,0,7,1\n")


@pytest.mark.parametrize("head", ["Treatment mean (SE),Control mean ± SEM", "Treatment mean ± SE,Control mean (SEM)"])  # fmt: skip
def test_standard_errors_of_means_are_turned(studies, head):
    sign = head.replace("Treatment mean ", "").startswith("(")
    cells = ["4.1 (0.4)", "5.1 ± 0.4"] if sign else ["4.1 ± 0.4", "5.1 (0.4)"]
    found = studies(f"study,{head},n_t,n_c\nA,{cells[0]},{cells[1]},36,49\n", "MD")
    assert found.raw["sd_t"].round(6).tolist() == [2.4]
    assert found.raw["sd_c"].round(6).tolist() == [2.8]
    plain = studies("study,mean_t,se_t,n_t,mean_c,se_c,n_c\nA,4.1,0.4,36,5.1,0.4,49\n", "MD")
    assert plain.raw["sd_t"].round(6).tolist() == [2.4]


def test_spread_behind_a_sign_that_does_not_say_which(studies):
    found = studies("study,Treatment,Control,n_t,n_c\nA,4.1 ± 2,5.1 ± 2.2,30,31\n", "MD")
    assert sum("standard deviation; if it is a standard error" in n for n in found.notes) == 2
    with pytest.raises(EvidenceError, match=r"Treatment mean \(SD\)"):
        studies("study,Treatment,Control,n_t,n_c\nA,4.1 (2),5.1 (2.2),30,31\n", "MD")


def test_a_standard_error_given_as_deviation_is_named(studies):
    rows = "A,4.1,0.37,30,5.1,0.4,31\nB,3.2,2,25,4.0,2,24\nC,3.2,2,25,4.0,2.1,24\n"
    assert any("Standard deviations of A" in note for note in studies(MEANS + rows, "MD").notes)
    rows = "A,4.1,0.2,100,5.1,0.2,100\nB,3.2,2,25,4.0,2,24\n"
    assert any("Groups of A differ" in note for note in studies(MEANS + rows, "SMD").notes)
    usual = "A,4.1,1.6,30,5.1,1.7,31\nB,3.2,2,25,4.0,2,24\nC,3.2,2,25,4.0,2.1,24\n"
    assert not any("tandard" in note for note in studies(MEANS + usual, "MD").notes)


def test_changes_beside_final_values_are_named(studies):
    rows = "A,-4.1,2,30,-3.1,2,31\nB,30,5,25,34,5,24\nC,31,5,25,33,5,24\n"
    assert any("Means of A are below 0" in note for note in studies(MEANS + rows, "SMD").notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("study,RD,lower,upper\nA,12,2,22\nB,5,-3,13\n", "divided by 100"),
        ("study,yi,vi,sei\nA,0.1,0.04,0.3\nB,0.1,0.09,0.3\n", "the square of sei"),
        ("study,yi,sei,ci.lb,ci.ub\nA,0.1,0.3,-0.1,0.3\nB,0.1,0.3,-0.5,0.7\n", "as its interval"),
        ("study,OR,lower,upper,aOR,aOR lower,aOR upper\nA,0.62,0.41,0.94,0.7,0.5,0.98\n", "OR and aOR"),
        (RATIOS + "A,0.62,0.41,0.94\nB,0.80,0.5,1.28\nC,0.75,0.45,1.25\nAll of them,0.71,0.54,0.92\n", "rows above"),
        (RATIOS + "A,3.2,<0.1,9\nB,0.80,0.5,1.28\n", "bound"),
    ],
    ids=["points of percent", "variance", "width", "crude and adjusted", "pooled", "bound"],
)  # fmt: skip
def test_figures_that_contradict_each_other_are_asked_about(studies, text, said):
    with pytest.raises(EvidenceError, match=said):
        studies(text)


def test_crude_or_adjusted_as_asked(studies):
    text = "study,OR,lower,upper,aOR,aOR lower,aOR upper\nA,0.62,0.41,0.94,0.7,0.5,0.98\n"
    crude = studies(text, columns={"OR": "OR", "lower": "lower", "upper": "upper"})
    assert crude.given["se"].round(4).tolist() == [0.2117]
    own = {"OR": "aOR", "lower": "aOR lower", "upper": "aOR upper"}
    assert studies(text, columns=own).given["se"].round(4).tolist() == [0.1717]


def test_intervals_by_t_beside_their_standard_errors_are_right(studies):
    found = studies("study,yi,sei,ci.lb,ci.ub\nA,0.1,0.3,-0.67,0.87\nB,0.12,0.31,-0.49,0.73\n")
    assert found.given["se"].tolist() == [0.3, 0.31]


def test_p_values_that_are_not_those_of_their_effects(studies):
    text = "study,OR,lower,upper,p\nA,0.62,0.41,0.94,{}\nB,0.80,0.5,1.28,0.35\n"
    assert any("A (0.9" in note for note in studies(text.format("0.9")).notes)
    assert not any("rinted" in note for note in studies(text.format("0.024")).notes)
    assert not any("rinted" in note for note in studies(text.format("<0.05")).notes)


@pytest.mark.parametrize(
    "name", ["Pooled OR", "Average", "Meta-analysis", "Overall effect (I2 = 0%)"]
)
def test_more_names_of_totals(studies, name):
    found = studies(RATIOS + f"A,0.62,0.41,0.94\nB,0.80,0.5,1.28\n{name},0.6,0.5,0.72\n")
    assert found.labels == ("A", "B")


def test_several_outcomes_in_one_table_are_said(studies):
    text = "study,outcome,OR,lower,upper\nA,death,0.62,0.41,0.94\nC,stroke,0.80,0.5,1.28\n"
    assert any("several outcomes (death, stroke)" in note for note in studies(text).notes)
    one = studies(text, rows={"outcome": "death"})
    assert not any("several" in note for note in one.notes)


def test_arms_as_reviewers_keep_them(network):
    kept = "A,x*,12,100\n,p,20,100\n,Total,32,200\nB,x,15,50\n,p,5,51\n"
    found = network(ARMS + kept)
    assert [study.treatments for study in found.studies] == [("x", "p"), ("x", "p")]
    assert [study.name for study in found.studies] == ["A", "B"]
    numbered = network(ARMS + "A,1,12,100\nA,2,20,100\nB,1.0,15,50\nB,2,5,51\n")
    assert numbered.treatments == ("1", "2")
    with pytest.raises(EvidenceError, match="shares"):
        network(ARMS + "A,x,0.12,100\nA,p,0.2,100\n")


def test_both_treatments_in_one_cell(network):
    found = network(
        "study,comparison,OR,lower,upper\nA,x vs p,0.62,0.41,0.94\nB,x versus p,0.8,0.5,1.28\n",
        measure="OR",
    )
    assert found.studies[0].treatments == ("x", "p")


def test_marks_do_not_move_a_pool():
    plain = {"study": ["A", "B"], "events_t": ["12", "5"], "n_t": ["100", "80"],
             "events_c": ["20", "9"], "n_c": ["100", "81"]}  # fmt: skip
    marked = plain | {"events_t": ["12*", "5 (6.3%)"], "n_c": ["100\u2021", "81"]}
    found = [sp.meta_analysis(table, measure="RR").estimate for table in (plain, marked)]
    assert found[0] == found[1]


def test_a_column_of_which_only_signs_change_is_read():
    table = {"study": ["A", "B"], "MD": ["\u20131.2", "0.5"], "se": ["0.4", "0.3"]}
    found = read_studies(table, "MD")
    assert found.given["effect"].tolist() == [-1.2, 0.5]
