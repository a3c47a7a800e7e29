"""Exports of Covidence: arms in rows, outcomes in columns, names that recur, reviewers and their consensus."""

import pytest

import speciosa as sp
from speciosa.cli.check import faults_of
from speciosa.errors import EvidenceError
from speciosa.evidence.network.read import read_network
from speciosa.evidence.pairwise.read import read_studies
from speciosa.evidence.table.reading import Reading

# Layout of the export of a published review of temporal discounting by age (klsea/time_prefs_meta, 2020, read as a whole once: 30
# studies, of which six have complete figures under one name); figures here are our own.
FIRST = (
    "Study Identifier,Intervention,Sponsorship source,Country,Year,Design,Baseline Age Mean,Baseline Age SD,"
    "Relapse 24 weeks Events,Relapse 24 weeks N,Pain 12 weeks N,Pain 12 weeks Mean2,Pain 12 weeks Mean,"
    "Pain 12 weeks SD,Pain 12 weeks N,Pain 12 weeks SD2\n"
    'Lee 2004,Drug,"",US,2004,parallel,41,9,12,50,"","",3.1,2,48,""\n'
    'Lee 2004,Placebo,"",US,2004,parallel,42,9,20,50,"","",4,2.1,47,""\n'
    'Kim 2007,Drug,"",KR,2007,parallel,38,8,12,60,59,"",3.5,2.2,"",""\n'
    'Kim 2007,Placebo,"",KR,2007,parallel,39,8,10,61,60,"",4.4,2.3,"",""\n'
    'Cho 2009,Drug,"",KR,2009,parallel,38,8,"","","",3.3,"","","",1.9\n'
    'Cho 2009,Placebo,"",KR,2009,parallel,38,8,"","","",3.9,"","","",2\n'
)
SECOND = (
    "Covidence #,Study ID,Title,Reviewer Name,Title,Intervention events,Intervention n,Control events,Control n\n"
    "12,Lee 2004,A trial,Ann,Full title,12,50,20,50\n"
    "12,Lee 2004,A trial,Bob,Full title,13,50,20,50\n"
)
AGREED = "12,Lee 2004,A trial,Consensus,Full title,12,50,20,50\n"
ALONE = "15,Kim 2007,B trial,Ann,Full title,12,60,10,61\n"


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "review_1_extracted_data.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def asked(outcome):
    return Reading(rows={"outcome": outcome})


def test_one_outcome_at_a_time_is_asked_for(file):
    for read in (lambda path: read_studies(path, "RR"), read_network):
        with pytest.raises(EvidenceError, match="--rows 'outcome=Relapse 24 weeks'"):
            read(file(FIRST))


def test_counts_of_an_outcome_are_pairs_of_arms(file):
    found = read_studies(file(FIRST), "RR", asked("relapse 24 weeks"))
    assert found.labels == ("Lee 2004", "Kim 2007")
    assert {n: v.tolist() for n, v in found.raw.items()} == {
        "events_t": [12, 12], "n_t": [50, 60], "events_c": [20, 10], "n_c": [50, 61],
    }  # fmt: skip
    assert "Effects are of Drug against Placebo." in found.notes
    assert any("Cho 2009" in note for note in found.notes)
    by_country = sp.meta_analysis(file(FIRST), measure="RR", reading=asked("Relapse 24 weeks"))
    assert [g.label for g in by_country.subgroups("Country").groups] == ["KR", "US"]


def test_a_name_that_recurs_is_read_where_it_is_filled_in(file):
    found = read_network(file(FIRST), measure="MD", reading=asked("Pain 12 weeks"))
    assert [[arm.n for arm in study.arms] for study in found.studies] == [[48, 47], [59, 60]]
    twice = FIRST.replace('10,61,60,"",4.4,2.3,""', '10,61,60,"",4.4,2.3,61')
    with pytest.raises(EvidenceError, match="row 4, Pain 12 weeks N: expected one figure"):
        read_network(file(twice), reading=asked("Pain 12 weeks"))


def test_names_recur_nowhere_else(file):
    with pytest.raises(EvidenceError, match="every column name once"):
        read_studies(file("study,effect,se,se\nA,0.1,0.2,0.2\n"), "GEN")


def test_figures_that_are_not_complete_are_told(file):
    names = "Study Identifier,Intervention,Pain Mean,Pain N\n"
    with pytest.raises(EvidenceError, match="Relapse Events, N"):
        read_network(file(names + "Lee,x,3,20\n"))
    whole = names.replace("Pain N", "Pain N,Pain SD")
    with pytest.raises(EvidenceError, match="an arm with all its figures"):
        read_network(file(whole + "Lee,x,3,20,\n"))


def test_the_consensus_of_reviewers_is_read(file):
    found = read_studies(file(SECOND + AGREED + ALONE), "RR")
    assert (found.labels, found.raw["events_t"].tolist()) == (("Lee 2004", "Kim 2007"), [12, 12])
    assert any("consensus is read" in note for note in found.notes)
    with pytest.raises(EvidenceError, match="expected a consensus, found Ann and Bob"):
        read_studies(file(SECOND + ALONE), "RR")
    bob = read_studies(file(SECOND + ALONE), "RR", Reading(rows={"Reviewer Name": "Bob"}))
    assert (bob.labels, bob.raw["events_t"].tolist()) == (("Lee 2004",), [13])


ARMS = "study,arm,events,n\nA,{0},12,50\nA,{1},20,50\nB,{0},12,60\nB,{1},10,61\n"


@pytest.mark.parametrize(
    "control",
    ["placebo", "Control group", "treatment as usual", "no treatment", "sham", "waiting list"],
)
def test_arms_of_one_treatment_and_a_control_are_pairs(file, control):
    found = read_studies(file(ARMS.format("drug", control)), "RR")
    assert found.raw["events_t"].tolist() == [12, 12]
    assert f"Effects are of drug against {control}." in found.notes


@pytest.mark.parametrize(
    "names", [("x", "y"), ("placebo", "control"), ("usual dose", "double dose")]
)
def test_arms_without_one_control_are_a_network(file, names):
    with pytest.raises(EvidenceError, match="speciosa nma FILE"):
        read_studies(file(ARMS.format(*names)), "RR")


def test_rows_of_an_empty_table_cannot_be_chosen(file):
    with pytest.raises(EvidenceError, match="--rows outcome=x"):
        read_studies(file("study,outcome,effect,se\n"), "GEN", asked("x"))


@pytest.mark.parametrize(
    "text",
    [
        ARMS.format("drug", "placebo"),
        ARMS.format("x", "y"),
        "Study Identifier,Intervention,Relapse Events,Relapse N\nLee,Drug,12,50\nLee,Placebo,20,50\n",
        SECOND + AGREED + ALONE,
    ],
)
def test_what_can_be_pooled_is_nothing_wrong_to_check(file, text):
    assert faults_of(file(text)) == []


def test_check_asks_for_an_outcome_as_pooling_does(file):
    assert "--rows 'outcome=Relapse 24 weeks'" in str(faults_of(file(FIRST))[0])
