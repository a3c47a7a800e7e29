"""Files as other programs write them: RevMan 5, tables for BUGS, arms side by side under their treatments' names."""

import pytest

import speciosa as sp
from speciosa.errors import EvidenceError
from speciosa.evidence.network.read import read_network
from speciosa.evidence.pairwise.read import read_studies
from speciosa.evidence.table.reading import Reading

HEAD = (
    "Comparison Number,Outcome Number,Subgroup Number,Name,Data Type,Statistical Method,Effect Measure,Analysis Model,"
    "Events 1,Mean 1,SD 1,Total 1,Events 2,Mean 2,SD 2,Total 2,Effect Estimate,SE,CI Start,CI End,Weight,Q,df,Year of study\n"
)
# Aspirin after myocardial infarction and psychotherapy, the examples of Fleiss 1993 (doi:10.1177/096228029300200202), with the
# pooled results that RevMan wrote beside them.
ASPIRIN = """1,1,0,Aspirin,DIC,MH,OR,Fixed,2128,,,14186,2286,,,13817,0.89686556,,0.8405144,0.95699471,100,9.94605598,6,
1,1,0,MRC-1,,,,,49,0,0,615,67,0,0,624,0.71971415,0.19721981,0.48897453,1.05933628,3.17,,,1974
1,1,0,CDP,,,,,44,0,0,758,64,0,0,771,0.6807598,0.20289717,0.4573909,1.01321191,3.1,,,1976
1,1,0,MRC-2,,,,,102,0,0,832,126,0,0,850,0.80287019,0.14314855,0.60645288,1.06290292,5.67,,,1979
1,1,0,GASP,,,,,32,0,0,317,38,0,0,309,0.80073869,0.2544889,0.48626104,1.31859721,1.79,,,1979
1,1,0,PARIS,,,,,85,0,0,810,52,0,0,406,0.79814324,0.18761568,0.55256335,1.15286803,3.21,,,1980
1,1,0,AMIS,,,,,246,0,0,2267,219,0,0,2257,1.1327364,0.09806494,0.93466468,1.37278298,10.1,,,1980
1,1,0,ISIS-2,,,,,1570,0,0,8587,1720,0,0,8600,0.89496936,0.03880977,0.82941758,0.96570193,72.8,,,1988
"""
VISITS = """1,2,0,Visits,CON,IV,MD,Fixed,0,,,106,0,,,126,-0.70938839,,-1.25848502,-0.16029176,100,5.66012379,4,
1,2,0,Davis,,,,,0,5,4.7,13,0,6.5,3.8,13,-1.5,1.67630546,-4.78549833,1.78549833,2.79,,,1973
1,2,0,Florell,,,,,0,4.9,1.71,30,0,6.1,2.3,50,-1.2,0.45085474,-2.08365906,-0.31634094,38.6,,,1971
1,2,0,Gruen,,,,,0,22.5,3.44,35,0,24.9,10.65,35,-2.4,1.89175731,-6.10777619,1.30777619,2.19,,,1975
1,2,0,Hart,,,,,0,12.5,1.47,20,0,12.3,1.66,20,0.2,0.49580742,-0.77176469,1.17176469,31.9,,,1975
1,2,0,Wilson,,,,,0,6.5,0.76,8,0,7.38,1.41,8,-0.88,0.56631484,-1.98995669,0.22995669,24.4,,,1977
"""
INVERSE = """2,1,0,Survival,IV,IV,HR,Fixed,0,,,0,0,,,0,0.7,,0.5,0.98,100,0.1,1,
2,1,0,Lee,,,,,0,0,0,0,0,0,0,0,0.62,0.2117,0.41,0.94,50,,,2001
2,1,0,Kim,,,,,0,0,0,0,0,0,0,0,0.8,0.2398,0.5,1.28,50,,,2003
"""


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_counts_of_revman_5_come_to_what_it_printed(file):
    found = sp.meta_analysis(file(HEAD + ASPIRIN), measure="OR", method="MH", test="z")
    natural = [float(found.natural(x)) for x in (found.estimate, found.ci_low, found.ci_high)]
    assert natural == pytest.approx([0.89686556, 0.8405144, 0.95699471], rel=1e-7)
    assert found.k == 7


def test_means_of_revman_5_come_to_what_it_printed(file):
    found = sp.meta_analysis(file(HEAD + VISITS), measure="MD", method="EE")
    assert [found.estimate, found.ci_low, found.ci_high] == pytest.approx(
        [-0.70938839, -1.25848502, -0.16029176], rel=1e-7
    )


def test_inverse_variances_of_revman_5_are_logarithms(file):
    found = read_studies(file(HEAD + INVERSE), "HR")
    assert found.given["effect"].round(4).tolist() == [-0.478, -0.2231]
    assert found.given["se"].tolist() == [0.2117, 0.2398]


def test_one_outcome_of_revman_5_at_a_time(file):
    both = file(HEAD + ASPIRIN + VISITS)
    with pytest.raises(EvidenceError, match="Outcome Number=1"):
        read_studies(both, "OR")
    asked = Reading(rows={"Comparison Number": "1", "Outcome Number": "2"})
    assert read_studies(both, "MD", asked).labels[0] == "Davis"


WIDE = "study,T.1,R.1,N.1,T.2,R.2,N.2\n"


def test_arms_of_changing_treatments_are_no_pairs(file):
    for rows in ("A,x,4,20,p,2,20\nB,p,3,30,x,5,30\n", "A,x,4,20,p,2,20\nB,x,3,30,y,5,30\n"):
        with pytest.raises(EvidenceError, match="speciosa nma"):
            read_studies(file(WIDE + rows), "OR")
        assert len(read_network(file(WIDE + rows)).studies) == 2
    one = read_studies(file(WIDE + "A,x,4,20,p,2,20\nB,x,3,30,p,5,30\n"), "OR")
    assert "Effects are of x against p." in one.notes
    several = read_studies(file(WIDE + "A,x,4,20,p,2,20\nB,y,3,30,p,5,30\n"), "OR")
    assert any("Pooled as one treatment against p: x, y" in note for note in several.notes)


def test_third_arms_are_not_passed_over(file):
    text = "study,T.1,R.1,N.1,T.2,R.2,N.2,T.3,R.3,N.3\nA,x,4,20,p,2,20,y,1,20\nB,x,3,30,p,5,30,,,\n"
    with pytest.raises(EvidenceError, match="third arms"):
        read_studies(file(text), "OR")


def test_tables_for_bugs_with_remarks_and_variances_of_baselines(file):
    counts = (
        "t[,1] r[,1] n[,1] t[,2] r[,2] n[,2] na[] # \n1 4 20 2 2 20 2 # Lee 4\n1 3 30 2 5 30 2 # Kim 7\n"
    ).replace(" ", "\t")
    assert [len(study.arms) for study in read_network(file(counts)).studies] == [2, 2]
    means = (
        "t[,1] t[,2] t[,3] y[,2] y[,3] se[,2] se[,3] na[] V[]\n"
        "1 2 NA -0.3 NA 0.5 NA 2 0.1\n1 2 3 -0.4 -0.6 0.5 0.6 3 0.09\n"
    ).replace(" ", "\t")
    found = read_network(file(means))
    assert [len(study.treatments) for study in found.studies] == [2, 3]
    # the contrast of the two others has both variances less what they share
    three = found.studies[1]
    places = [three.treatments.index(name) for name in ("2", "3")]
    assert three.variance[places[0], places[1]] == pytest.approx(0.25 + 0.36 - 2 * 0.09)


WEB = (
    "Analysis group,Analysis number,Analysis name,Subgroup,Subgroup number,Applicability,Study,Study year,GIV Mean,GIV SE,"
    "Experimental mean,Experimental SD,Experimental cases,Experimental N,Control mean,Control SD,Control cases,Control N,"
    "O-E,Variance,Weight,Mean,CI start,CI end,Bias due to missing outcome data (judgement),Overall bias (judgement),"
    "Overall bias (support)\n"
)
# Layout of the exports of whole Cochrane reviews: standard errors and variances are filled in for counts and means too.
WEB_COUNTS = (
    "1,1,Response,,,,Lee 2004,2004,0,0.3815,0,0,23,56,0,0,30,56,0,0.1456,60,0.604,0.286,1.276,Low risk,High risk,text\n"
    "1,1,Response,,,,Kim 2007,2007,0,0.3971,0,0,37,59,0,0,44,60,0,0.1577,40,0.612,0.281,1.332,High risk,High risk,text\n"
    "1,1,Response,,,,Cho 2009,2009,0,0,0,0,0,0,0,0,0,0,0,0,,,,,,,\n"
)
WEB_MEANS = (
    "1,5,Stay,,,,Ruiz 2009,2009,0,0.8823,7.1,5.9,0,59,6.3,3.1,0,51,0,0.7784,100,0.8,-0.929,2.529,,,\n"
    "1,5,Stay,,,,Mora 2011,2011,0,0,0,0,0,0,0,0,0,0,0,0,,,,,,,\n"
)
WEB_EFFECTS = (
    "2,1,Survival,,,,Lee 2004,2004,-0.478,0.2117,0,0,0,50,0,0,0,51,0,0,60,0.62,0.41,0.94,,,\n"
)


def test_counts_and_means_of_whole_reviews_go_before_their_standard_errors(file):
    for measure in ("OR", "GEN"):
        if measure == "GEN":
            with pytest.raises(EvidenceError, match="RR, OR"):
                read_studies(file(WEB + WEB_COUNTS), measure)
            continue
        found = read_studies(file(WEB + WEB_COUNTS), measure)
        assert found.raw["events_t"].tolist() == [23, 37]
        assert found.left_out == (("Cho 2009", "figures missing"),)
    pooled = sp.meta_analysis(file(WEB + WEB_COUNTS), measure="OR", method="EE")
    first = pooled.table().row(0, named=True)
    assert float(pooled.natural(first["effect"])) == pytest.approx(0.604, abs=5e-4)
    means = read_studies(file(WEB + WEB_MEANS), "MD")
    assert (means.labels, means.raw["sd_t"].tolist()) == (("Ruiz 2009",), [5.9])
    effects = read_studies(file(WEB + WEB_EFFECTS), "HR")
    assert effects.given["effect"].tolist() == [-0.478]


def test_no_events_at_all_are_counts(file):
    rows = "1,2,Death,,,,Lee 2004,2004,0,0,0,0,0,26,0,0,0,27,0,0,,,,,,,\n"
    found = read_studies(file(WEB + rows), "RD")
    assert found.raw["events_t"].tolist() == [0]


def test_judgements_of_risk_of_bias_come_with_the_rows(file):
    from speciosa.evidence.table.assessments import assessments

    found = read_studies(file(WEB + WEB_COUNTS), "OR")
    known = assessments(found.table.to_dicts())
    assert known["Kim 2007"].domains == {"missing data": "high"}
    assert known["Lee 2004"].bias == "high"
