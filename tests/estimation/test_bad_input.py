"""What is refused, with its place; every fault at once; and hostile files."""

import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from speciosa.cli import app, commands
from speciosa.errors import InputError, SpeciosaError
from speciosa.estimation.fitting import fit
from speciosa.estimation.objective.evaluation import UnsolvedError

DATA = "ID,TIME,AMT,EVID,DV,WT\n" + "".join(
    f"{i},0,100,1,.,70\n{i},1,.,0,{8 + i % 3},70\n{i},6,.,0,{3 + i % 2},70\n" for i in range(1, 7)
)
FIT = """title = "test"
[data]
file = "data.csv"
[model]
structure = "iv_1cpt"
[parameters.CL]
start = 2.0
covariates = "(WT / 70) ** 0.75"
between = 0.1
[parameters.V]
start = 10.0
between = 0.1
[error.plasma]
kind = "proportional"
proportional = 0.2
"""


@pytest.fixture
def run(tmp_path):
    """Fits with changed texts, as the question and its data set; the faults, or the fit."""

    def fitted(*changes, data=DATA, more="", estimation="covariance = 'none'"):
        text = FIT
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        text += f"{more}\n[estimation]\n{estimation}\n"
        (tmp_path / "fit.toml").write_text(text, encoding="utf-8")
        (tmp_path / "data.csv").write_text(data, encoding="utf-8")
        return fit(tmp_path / "fit.toml")

    return fitted


def faults(run, *changes, **more):
    with pytest.raises(InputError) as refused:
        run(*changes, **more)
    return "\n".join(map(str, refused.value.faults))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"(WT / 70) ** 0.75"', '"(WGT / 70)"', "Did you mean WT?"),
        ('"(WT / 70) ** 0.75"', '"(WT / 70"', "line 8, parameters, CL, covariates"),
        ('"(WT / 70) ** 0.75"', '"__import__(WT)"', "expected a function"),
        ('"(WT / 70) ** 0.75"', '"WT.real"', "column 1"),
        ("start = 2.0\n", "", "Add `start = ...`"),
        ("start = 2.0", "start = -2.0", "line 7, parameters, CL, start: expected a number above 0"),
        ("start = 2.0", 'start = "two"', "expected a number above 0, found 'two'"),
        ("proportional = 0.2", "proportional = -0.2", "line 15, error, plasma, proportional"),
        ("between = 0.1\n[parameters.V]", "betwen = 0.1\n[parameters.V]", "Did you mean between?"),
        ("parameters.V]", "parameters.Vd]", "Did you mean V?"),
        ('"iv_1cpt"', '"iv_1cmt"', "Did you mean iv_1cpt?"),
        ('"proportional"', '"events"', "a model with file"),
    ],
)
def test_fault_of_the_file(run, old, new, told):
    assert told in faults(run, (old, new))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("1,6,.,0,4,70\n", "1,0.5,.,0,4,70\n", "line 4, TIME"),
        ("1,0,100,1,.,70", "1,0,.,1,.,70", "line 2, AMT"),
        ("1,0,100,1,.,70", "1,0,100,1,5,70", "line 2, DV: expected nothing in a record of a dose"),
        ("2,0,100,1,.,70", "1,0,100,1,.,70", "line 5, TIME"),
        ("6,0,100,1,.,70", "1,0,100,1,.,70", "ID"),
        ("1,1,.,0,9,70", "1,1,.,0,nine,70", "line 3, DV: expected a number, found 'nine'"),
        ("EVID", "EV", ""),
        (",70", ",.", "line 2, WT: expected a value in one record of each subject"),
    ],
)
def test_fault_of_the_data(run, old, new, told):
    assert told in faults(run, data=DATA.replace(old, new)) if told else True


def test_all_faults_at_once(run):
    told = faults(run, ("start = 2.0", "start = 0"), ("proportional = 0.2", ""), ('"iv_1cpt"', "3"))
    assert told.count("line ") == 3


def test_covariance_that_is_none(run):
    more = "[random]\nblocks = [['CL', 'V']]\ncovariances = { 'CL.V' = 0.2 }"
    assert "positive definite" in faults(run, more=more)


def test_occasion_with_one_value(run):
    told = faults(
        run, ('file = "data.csv"', 'file = "data.csv"\noccasion = "WT"'),
        ("between = 0.1\n[parameters.V]", "between = 0.1\noccasion = 0.1\n[parameters.V]"),
    )  # fmt: skip
    assert "two occasions or more" in told


def test_logarithm_of_nothing(run):
    told = faults(
        run, ('"proportional"\nproportional', '"log-additive"\nadditive'),
        data=DATA.replace("1,6,.,0,4,70", "1,6,.,0,0,70"),
    )  # fmt: skip
    assert "line 4, DV: expected an observation above 0" in told


def test_censored_without_limit(run):
    data = DATA.replace("WT\n", "WT,CENS\n").replace(",70\n", ",70,0\n")
    assert "line 4, DV: expected the limit" in faults(
        run, data=data.replace("1,6,.,0,4,70,0", "1,6,.,0,.,70,1")
    )


def test_subject_without_observations_is_kept(run):
    found = run(data=DATA + "9,0,100,1,.,70\n")
    assert len(found.subjects) == 7
    assert any("9" in warning and "no observations" in warning for warning in found.warnings)


def test_objective_that_is_not_finite_names_subjects(run):
    with pytest.raises(SpeciosaError, match="subject 1"):
        run(data=DATA.replace("1,1,.,0,9,70", "1,1,.,0,9,0"))


@pytest.mark.parametrize("method", ["FOCEI", "LAPLACE"])
def test_variability_that_is_not_there_is_a_warning_and_costs_no_standard_errors(run, method):
    """Subjects who differ only by what is residual: omega ends on its bound, and everything else is as sure as it is."""
    seen = (8.0, 8.3, 7.8, 8.1, 8.2, 7.9)
    flat = "".join(
        f"{i},0,100,1,.,70\n{i},1,.,0,{seen[i - 1]},70\n{i},6,.,0,{3 + 0.2 * (i % 2)},70\n"
        f"{i},9,.,0,{1.7 + 0.1 * (i % 3)},70\n"
        for i in range(1, 7)
    )
    data = "ID,TIME,AMT,EVID,DV,WT\n" + flat
    found = run(data=data, estimation=f"method = '{method}'\ncovariance = 'R'")
    gone = [n for n in ("CL", "V") if found.numbers[f"omega2.{n}"].value < 1e-6]
    assert found.converged and gone
    for name in gone:
        assert any(w.startswith(f"omega2.{name} is") for w in found.warnings)
        assert found.numbers[f"omega2.{name}"].se != found.numbers[f"omega2.{name}"].se
    assert 0 < found.numbers["CL"].rse < 0.1 and not any("standard" in w for w in found.warnings)


@pytest.mark.parametrize(
    "seed", [*range(150), *(pytest.param(s, marks=pytest.mark.slow) for s in range(150, 500))]
)
def test_hostile_files_never_end_in_a_traceback(tmp_path, seed):
    draw = random.Random(seed)
    texts = {
        "fit.toml": FIT + "[estimation]\nmaximise = false\ncovariance = 'none'\n",
        "data.csv": DATA,
    }
    name = draw.choice(list(texts))
    text = list(texts[name])
    pool = "0123456789.,-+e\"'[]={}\n\t ~#\x00\ufeffNaN∞"
    for _ in range(draw.randint(1, 6)):
        at = draw.randrange(len(text))
        act = draw.randrange(4)
        if act == 0:
            text[at] = draw.choice(pool)
        elif act == 1:
            del text[at : at + draw.randint(1, 12)]
        elif act == 2:
            text[at:at] = draw.choice(
                ["1e308", "-1", "nan", ",,,", "999999999999", '"', "[[", "= "]
            )
        else:
            text[at:at] = text[at : at + draw.randint(1, 40)]
    texts[name] = "".join(text)
    for file, content in texts.items():
        (tmp_path / file).write_text(content, encoding="utf-8")
    try:
        fit(tmp_path / "fit.toml")
    except SpeciosaError as told:
        assert str(told)


def test_a_start_without_a_likelihood_says_where_and_why(run):
    before = "".join(f"{i},0,100,1,.,70\n{i},0.5,.,0,0,70\n{i},6,.,0,3,70\n" for i in range(1, 7))
    lagged = "[parameters.LAG]\nstart = 1.0\n"
    with pytest.raises(UnsolvedError) as told:
        run(data=f"ID,TIME,AMT,EVID,DV,WT\n{before}", more=lagged)
    for words in ("At CL 2, V 10, LAG 1", "prediction of line 3 is 0", "give it an additive part"):
        assert words in str(told.value)


def test_a_block_is_fixed_as_a_whole(run):
    told = faults(
        run,
        ("start = 10.0\n", "start = 10.0\nfixed_between = true\n"),
        more='[random]\nblocks = [["CL", "V"]]',
    )
    assert "fixed_between of all of a block, or of none, found V alone" in told


def test_nodes_of_the_effects_of_occasions_count(run):
    data = "\n".join(f"{line},{'OCC' if k == 0 else k % 6}" for k, line in enumerate(DATA.split()))
    told = faults(
        run,
        ('"data.csv"', '"data.csv"\noccasion = "OCC"'),
        ("between = 0.1\n[error", "occasion = 0.1\n[error"),
        data=data,
        estimation="method = 'AGQ'\nnodes = 100",
    )
    assert "at most 100,000 nodes in all, found 100 in each of 4 random effects" in told


def test_an_endpoint_that_is_all_censored_is_said(run):
    found = run(("proportional = 0.2", "proportional = 0.2\nlloq = 100.0"))
    assert "All 12 observations of plasma are censored" in "\n".join(found.warnings)


def test_few_subjects_have_the_standard_errors_of_the_information(run):
    """Scores of one subject, or of as many as there are numbers, add to 0: their products say nothing of what spreads."""
    one = DATA[: DATA.index("2,0,100")].replace("1,6,", "1,3,.,0,6,70\n1,6,")
    still = ("between = 0.1\n", "")
    fits = [run(still, data=one, estimation=f"covariance = '{kind}'") for kind in ("RSR", "R")]
    sandwich, information = (found.numbers["CL"].se for found in fits)
    assert sandwich == information > 0.01
    assert "there are 1 for 3" in "\n".join(fits[0].warnings)
    assert not any("sandwich" in told for told in fits[1].warnings)


def test_command(tmp_path, monkeypatch):
    (tmp_path / "fit.toml").write_text(FIT, encoding="utf-8")
    (tmp_path / "data.csv").write_text(DATA, encoding="utf-8")
    commands.register(app)
    out = tmp_path / "out"
    found = CliRunner().invoke(app, ["fit", str(tmp_path / "fit.toml"), "--out", str(out)])
    assert found.exit_code == 0
    assert {p.name for p in Path(out).iterdir()} == {
        "estimates.parquet", "subjects.parquet", "predictions.parquet", "fit.json", "fit.lock.toml",
        "simulated.parquet", "report.html",
    }  # fmt: skip
