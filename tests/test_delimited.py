"""Tables as people export them: every form of one table reads the same, and what is broken is named with its line."""

import json

import pytest
from tests.evidence.network_reference import smoking_arms
from typer.testing import CliRunner

from speciosa.cli import app, commands
from speciosa.delimited import read_text_table
from speciosa.errors import EvidenceError, InputError
from speciosa.evidence.network.result import network_meta_analysis
from speciosa.evidence.pairwise.pooling import meta_analysis

PLAIN = "study,effect,se\nA,0.5,0.2\nB,0.7,0.3\nC,0.1,0.25\n"
FORMS = {
    "byte-order mark": "\ufeff" + PLAIN,
    "characters without width": PLAIN.replace("A,", "A\u200b,")
    .replace("0.7", "\ufeff0.7")
    .replace("se", "s\xade"),
    "Windows line ends": PLAIN.replace("\n", "\r\n"),
    "old Macintosh line ends": PLAIN.replace("\n", "\r"),
    "semicolons": PLAIN.replace(",", ";"),
    "tabs": PLAIN.replace(",", "\t"),
    "decimal commas": PLAIN.replace(",", ";").replace(".", ","),
    "decimal commas and tabs": PLAIN.replace(",", "\t").replace(".", ","),
    "blank lines": PLAIN.replace("\n", "\n\n"),
    "spaces": PLAIN.replace(",", " , "),
    "a comma after every line": PLAIN.replace("\n", ",\n"),
    "quotes": PLAIN.replace("A,", '"A",').replace("0.7", '"0.7"'),
    "metafor": PLAIN.replace("study,effect,se", "slab,yi,sei"),
    "meta": PLAIN.replace("study,effect,se", "studlab,TE,seTE"),
    "semicolons and commas in names": PLAIN.replace(",", ";").replace("A;", '"A, the first";'),
    "variances": "study,yi,vi\nA,0.5,0.04\nB,0.7,0.09\nC,0.1,0.0625\n",
}


@pytest.fixture(autouse=True, scope="module")
def _commands():
    if not app.registered_commands:
        commands.register(app)


def written(folder, text, encoding="utf-8", name="table.csv"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_table_of_effects_is_the_same(tmp_path, form):
    plain = meta_analysis(written(tmp_path, PLAIN))
    found = meta_analysis(written(tmp_path, FORMS[form]))
    assert [label[0] for label in found.labels] == list(plain.labels)
    assert found.estimate == pytest.approx(plain.estimate, rel=1e-12)
    assert found.se == pytest.approx(plain.se, rel=1e-12)


def test_a_printed_minus_is_a_minus(tmp_path):
    text = PLAIN.replace("0.5", "-0.5")
    printed = meta_analysis(written(tmp_path, text.replace("-", "\u2212")))
    assert printed.estimate == meta_analysis(written(tmp_path, text)).estimate


def test_a_spreadsheets_unicode_text_is_read(tmp_path):
    assert meta_analysis(written(tmp_path, PLAIN, "utf-16")).k == 3


CONTRASTS = (
    "study,treat1,treat2,effect,se\nA,x,placebo,-0.5,0.2\nB,y,placebo,-0.3,0.25\nC,x,y,-0.1,0.3\n"
)
INTERVALS = "study,t1,t2,TE,ci.lb,ci.ub\n" + "".join(
    f"{study},{one},{other},{effect},{effect - 1.959963984540054 * se!r},{effect + 1.959963984540054 * se!r}\n"
    for study, one, other, effect, se in (
        ("A", "x", "placebo", -0.5, 0.2),
        ("B", "y", "placebo", -0.3, 0.25),
        ("C", "x", "y", -0.1, 0.3),
    )
)


@pytest.mark.parametrize(
    "text",
    [
        CONTRASTS.replace("study,treat1,treat2,effect,se", "studlab,t1,t2,TE,seTE"),
        CONTRASTS.replace(",", ";").replace(".", ","),
        "study,treat1,treat2,yi,vi\nA,x,placebo,-0.5,0.04\nB,y,placebo,-0.3,0.0625\nC,x,y,-0.1,0.09\n",
        INTERVALS,
    ],
    ids=["netmeta", "decimal commas", "variances", "intervals"],
)
def test_every_form_of_a_table_of_contrasts_is_the_same(tmp_path, text):
    plain = network_meta_analysis(written(tmp_path, CONTRASTS))
    found = network_meta_analysis(written(tmp_path, text))
    for one, other in zip(plain.table.rows(), found.table.rows(), strict=True):
        assert other[:2] == one[:2]
        assert other[2:6] == pytest.approx(one[2:6], abs=1e-12)


def test_arms_side_by_side_are_the_arms_below_each_other(tmp_path):
    """Also where a trial of three arms has a row for every pair, as R's pairwise tables do."""
    arms = smoking_arms()
    wide = ["study,treat1,event1,n1,treat2,event2,n2,treat3,event3,n3"]
    pairs = ["studlab;treat1;event1;n1;treat2;event2;n2"]
    for study in arms["study"].unique(maintain_order=True):
        own = arms.filter(study=study).select("treatment", "events", "n").rows()
        cells = [str(cell) for row in own for cell in row]
        wide.append(",".join([str(study), *cells, *["NA"] * (9 - len(cells))]))
        pairs += [
            ";".join(map(str, (study, *one, *other)))
            for at, one in enumerate(own)
            for other in own[at + 1 :]
        ]
    long = network_meta_analysis(arms, reference="no_contact")
    for text in ("\n".join(wide), "\n".join(pairs)):
        found = network_meta_analysis(written(tmp_path, text), reference="no_contact")
        assert found.tau2 == pytest.approx(long.tau2, rel=1e-9)
        assert found.treatments == long.treatments


def test_every_broken_line_and_column_is_named(tmp_path):
    text = "study,effect,effect,,se\nA,1,1,1,1\nB,1,1\nC,1,1,1,1,1\n"
    with pytest.raises(InputError) as caught:
        read_text_table(written(tmp_path, text))
    places = [fault.where for fault in caught.value.faults]
    assert places == [
        "table.csv, header",
        "table.csv, header",
        "table.csv, line 3",
        "table.csv, line 4",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("study,effect,se\nA,1e300,0.1\nB,1,0.1\n", "study 'A', effect: expected a number of ordinary size"),
        ("study,effect,se\nA,1,1e-9\nB,1,10\n", "study 'A', se: expected within a factor of 5e+08"),
        ("study,effect,se\nA,inf,0.1\nB,x,0.1\n", "study 'B', effect: expected a number, found 'x'"),
        ("study;effect;se\nA;0.5;0,1\nB;1.5;0,2\n", "study 'A', se: expected a number, found '0,1'"),
    ],
)  # fmt: skip
def test_numbers_that_cannot_be_pooled_are_refused_by_study(tmp_path, text, said):
    with pytest.raises(EvidenceError, match="expected") as caught:
        meta_analysis(written(tmp_path, text))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("study,treat1,treat2,effect,se\nA,x,p,1e300,0.1\n", "effect: expected a number of ordinary size"),
        ("study,treat1,treat2,effect,se\nA,x,p,1,1e-6\nB,y,p,1,1e3\n", "study 'A', x minus p, se: expected within"),
        ("study,treat1,treat2,effect,vi\nA,x,p,1,0\nB,y,p,1,-1\n", "study 'B', y minus p, variance: expected above 0"),
        ("study,treat1,treat2,TE,lower,upper\nA,x,p,3,1,2\n", "interval: expected one that holds 3, found 1 to 2"),
        ("study,treat1,treat2,logHR\nA,x,p,3\n", "found study, treat1, treat2, logHR"),
    ],
)  # fmt: skip
def test_contrasts_that_cannot_be_pooled_are_refused_by_study(tmp_path, text, said):
    with pytest.raises(EvidenceError) as caught:
        network_meta_analysis(written(tmp_path, text))
    assert said in str(caught.value)


def test_a_table_in_another_encoding_is_refused_with_the_line(tmp_path):
    path = written(tmp_path, PLAIN.replace("B,", "Müller,"), "latin-1")
    for pool in (meta_analysis, network_meta_analysis):
        with pytest.raises(EvidenceError, match=r"a byte that is none \(0xfc\) in line 3"):
            pool(path)


def test_an_interval_without_width_is_explained(tmp_path):
    """Knapp-Hartung scales by the differences between studies; without any it has no width."""
    path = written(tmp_path, "study,effect,se\nA,0.5,0.2\nB,0.5,0.3\n")
    done = CliRunner().invoke(app, ["meta", str(path), "--json"])
    found = json.loads(done.stdout)
    assert found["ci_low"] == found["ci_high"]
    assert "no width" in found["notes"][0]
    assert meta_analysis(path, test="knapp-hartung-floor").notes == ()
