"""A folder of one's own facts is read on top of the built-in ones, or refused whole with every fault and its line."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from speciosa import facts
from speciosa.errors import FactError, InputError, StudyError, UnknownNameError
from speciosa.facts import own_folder, use_folder
from speciosa.facts.auditing.own import own_faults
from speciosa.facts.effects import effect_parameter, ligands
from speciosa.facts.products import product
from speciosa.facts.sheets.sheet import sheet
from speciosa.facts.sheets.start import new_substance
from speciosa.study.question.read import read_study


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    new_substance("testopioid", tmp_path / "mine")
    return tmp_path / "mine"


@pytest.fixture(autouse=True)
def _let_go() -> Iterator[None]:
    yield
    use_folder(None)


def test_a_new_opioid_is_one_sheet_with_its_effects(folder: Path) -> None:
    before = len(facts.rows("parameters")), len(facts.substances())
    use_folder(folder)
    assert sheet("testopioid").disposition.CL.value == 60
    assert effect_parameter("testopioid.mor_ratio").value == 1.0
    assert ligands()["testopioid"] == {"ke0", "mor_ratio", "efficacy"}
    assert product("testopioid").substances == ("testopioid",)
    assert facts.fact("own-testopioid-0001").checked == "judgement"
    assert facts.substance("morphine").name == "Morphine"
    assert "disposition CL: 60 L/h" in str(facts.monograph("testopioid"))
    assert facts.audit().passed
    use_folder(None)
    assert own_folder() is None
    assert (len(facts.rows("parameters")), len(facts.substances())) == before
    with pytest.raises(UnknownNameError):
        sheet("testopioid")


def test_a_second_substance_is_added_to_the_folder(folder: Path) -> None:
    new_substance("other_opioid", folder)
    use_folder(folder)
    assert {"testopioid", "other_opioid"} <= set(facts.substances())
    for name in ("testopioid", "morphine", "Bad Name"):
        with pytest.raises(InputError):
            new_substance(name, folder)


def test_a_known_substance_without_a_sheet_keeps_its_names_and_mass(tmp_path: Path) -> None:
    written = new_substance("levorphanol", tmp_path / "mine")
    assert "substances.toml" not in {path.name for path in written}
    use_folder(tmp_path / "mine")
    assert sheet("levorphanol").molar_mass.value == pytest.approx(257.38, abs=0.01)
    assert product("levorphanol").name == "Levorphanol"
    assert facts.fact("receptors-0231").substance == "levorphanol"  # what is known of it stays


SHEET, ROWS = "sheets/testopioid.toml", "parameters/testopioid.csv"
ROW = f"{ROWS}, line 2 (own-testopioid-0001)"
EFFICACY = 'efficacy = { value = 0.6, guess = "template: fentanyl is 1, morphine 0.6" }'
PLANTED = [
    (SHEET, "CL = { value = 60,", "CL = { value = 'x',", f"{SHEET}, line 13, disposition.CL.value", "a valid number"),
    (SHEET, 'substance = "testopioid"\n', "", SHEET, "a value"),
    (SHEET, "molar_mass = {", "molar = {", f"{SHEET}, molar_mass", "a value"),
    (SHEET, "ke0 = {", "keO = {", f"{SHEET}, line 47, effects.keO", "one of"),
    (SHEET, EFFICACY, "efficacy = { value = 0.6 }", f"{SHEET}, line 49, effects.efficacy", "rows or a guess"),
    (SHEET, "[disposition]", "[disposition", SHEET, "TOML"),
    (SHEET, 'h", rows = ["own-testopioid-0001"', 'h", rows = ["own-9"', "testopioid.toml, disposition CL, rows", "ids of"),
    (ROWS, ",L/h,", ",mg,", f"{ROW}, unit", "a unit like"),
    (ROWS, "own-testopioid-0001", "kratom-0001", f"{ROWS}, line 2 (kratom-0001), id", "an id of its own"),
    (ROWS, "speciosa2026judgement", "nobody2031", f"{ROW}, reference", "a key of references.bib"),
    (ROWS, ",mean,none", ",mean", "testopioid.csv, line 2", "15 cells"),
    ("substances.toml", "[testopioid]", "[morphine]", "substances.toml, morphine", "a name that the built-in facts"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "where", "expected"), PLANTED)
def test_a_fault_is_named_by_file_and_line(
    folder: Path, file: str, old: str, new: str, where: str, expected: str
) -> None:
    path = folder / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    found = own_faults(folder)
    hits = [each for each in found if each.where.startswith(where) and expected in each.expected]
    assert hits, [str(each) for each in found]
    with pytest.raises(FactError):
        use_folder(folder)
    assert own_folder() is None


def test_a_misspelled_file_is_not_passed_over(folder: Path) -> None:
    (folder / "parameters").rename(folder / "paramters")
    found = own_faults(folder)
    assert any(
        each.where == "paramters/testopioid.csv" and "parameters" in each.fix for each in found
    )
    assert own_faults(folder / "absent")[0].found == "nothing of that name"


STUDY = """
title = "own"
question = "is it known?"
facts = "mine"
[[arms]]
name = "new"
regimen = "10 mg testopioid oral"
[[arms]]
name = "nothing"
regimen = "none"
"""


def test_a_study_names_its_folder_and_the_next_one_does_not_keep_it(folder: Path) -> None:
    path = folder.parent / "study.toml"
    path.write_text(STUDY)
    assert read_study(path).arms[0].name == "new"
    assert own_folder() == folder
    read_study("default")
    assert own_folder() is None
    path.write_text(STUDY.replace('"mine"', '"absent"'))
    with pytest.raises(StudyError, match="study.toml, facts"):
        read_study(path)


def test_a_folder_can_be_taken_again_and_stays_when_another_is_refused(folder: Path) -> None:
    (folder / "references.bib").write_text("@misc{mine2031label,\n  title = {A label},\n}\n")
    use_folder(folder)
    use_folder(folder)
    path = folder.parent / "study.toml"
    path.write_text(STUDY)
    assert read_study(path) == read_study(path)
    with pytest.raises(FactError):
        use_folder(folder / "absent")
    assert own_folder() == folder
    assert facts.reference("mine2031label").title == "A label"


def test_the_command_line_takes_a_folder_anywhere(folder: Path) -> None:
    words = [
        sys.executable,
        "-m",
        "speciosa",
        "show",
        "testopioid",
        "--json",
        "--facts",
        str(folder),
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["id"] == "testopioid"
    (folder / "substances.toml").write_text("[testopioid]\n")
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "substances.toml" in done.stderr


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        (
            "[testopioid.contents.testopioid]",
            "[testopioid.contents.testopiod]",
            "did you mean testopioid",
        ),
        ('routes = ["oral", "iv"]', 'routes = ["oral", "ivv"]', "one of oral, iv"),
        (
            'dose_unit = "mg"',
            'dose_unit = "mg"\nroute_of_name = { tablets = "nose" }',
            "found 'nose'",
        ),
    ],
)
def test_a_product_names_substances_and_routes_that_are_known(
    folder: Path, written: str, instead: str, told: str
) -> None:
    path = folder / "products.toml"
    text = path.read_text(encoding="utf-8")
    assert written in text
    path.write_text(text.replace(written, instead), encoding="utf-8")
    (fault,) = own_faults(folder)
    assert fault.where.startswith("products.toml, line ") and told in str(fault)
