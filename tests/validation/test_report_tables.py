"""What a report writes: one line a row, what could not be predicted, and the words for what models leave out."""

import csv
import io
from typing import get_args

import pytest
from tests.validation.rows import observed

from speciosa.errors import InputError
from speciosa.validation.bench import count_of
from speciosa.validation.observed.observations import Statistic
from speciosa.validation.predict import Options, predict
from speciosa.validation.run import Report, must_hold, read, substances
from speciosa.validation.silent import unused
from speciosa.validation.summary import Prediction, summarise

OVER = Prediction("over", "morphine", "Cmax", "ng/mL", 10.0, 25.0, 20.0, 30.0)
SCORE = Prediction("score", "cows", "value", "1", 4.0, 7.0, 3.0, 12.0)
NONE = Prediction("none", "morphine", "Cmax", "ng/mL", 10.0, 0.0, 0.0, 1.0)


def report(*rows: Prediction, notes: tuple[str, ...] = ()) -> Report:
    return Report(rows, summarise(rows), (("lost", "no sheet"),), notes)


def test_a_table_has_one_line_a_row_and_the_reason_of_each_that_is_missing():
    lines = list(csv.DictReader(io.StringIO(report(OVER, SCORE, NONE).as_csv())))
    assert [line["id"] for line in lines] == ["over", "score", "none", "lost"]
    assert lines[0] == {
        "id": "over", "analyte": "morphine", "metric": "Cmax", "unit": "ng/mL", "observed": "10", "predicted": "25",
        "low": "20", "high": "30", "fold_error": "2.5", "inside": "False", "reason": "",
    }  # fmt: skip
    assert (lines[1]["fold_error"], lines[1]["inside"]) == ("1.75", "True")
    assert lines[2]["fold_error"] == ""
    lost = {name: text for name, text in lines[3].items() if text}
    assert lost == {"id": "lost", "reason": "no sheet"}


def test_the_same_as_json():
    found = report(OVER, notes=("over: age is not used",)).as_dict()
    assert found["notes"] == ["over: age is not used"] and "notes" not in report(OVER).as_dict()
    assert found["not_predicted"] == [{"id": "lost", "reason": "no sheet"}]
    assert found["rows"] == [
        {"id": "over", "observed": 10.0, "predicted": 25.0, "low": 20.0, "high": 30.0, "fold_error": 2.5, "inside": False}
    ]  # fmt: skip


def test_a_file_of_which_no_row_is_predicted_is_refused_with_every_reason(tmp_path):
    must_hold(report(OVER), tmp_path)
    with pytest.raises(
        InputError, match="row lost: expected a row that can be predicted.*no sheet"
    ):
        must_hold(report(), tmp_path)
    with pytest.raises(InputError, match="no rows at all"):
        must_hold(Report((), summarise(()), ()), tmp_path)


def test_every_statistic_is_read_as_it_is_written(tmp_path):
    path = tmp_path / "rows.csv"
    kinds = get_args(Statistic)
    lines = [f"{kind},10 mg morphine oral,morphine,Cmax,{kind},12,ng/mL" for kind in kinds]
    path.write_text("\n".join(["id,doses,analyte,metric,statistic,value,unit", *lines]) + "\n")
    file = read(path)
    assert not file.faults and len(kinds) > 2
    assert [row.statistic for row in file.rows] == list(kinds)


def test_names_of_substances_read_with_blanks_hyphens_and_capitals():
    known = substances()
    assert known["morphine"] == "morphine" and known["tylenol"] == known["paracetamol"]
    assert known["morphine-6-glucuronide"] == known["morphine_6_glucuronide"]
    assert all(name == name.casefold() for name in known)


@pytest.mark.parametrize(
    ("metric", "n", "count"), [("responders", None, 12), ("responders", 90, 90), ("responders", 900, 400)]
)  # fmt: skip
def test_responders_are_counted_among_many(metric, n, count):
    row = observed(metric, "%", analyte="acute_pain_nrs", at="0.5 @ 0 h to 6 h", n=n)
    assert count_of(row) == count


def test_what_a_model_leaves_out_is_said_once_a_row_and_substance():
    row = observed(
        "Cmax", "ng/mL", "10 mg ibuprofen oral", analyte="ibuprofen", patient="cyp2d6=poor", id="a"
    )
    twice = observed(
        "Cmax", "ng/mL", "10 mg ibuprofen oral", analyte="ibuprofen", patient="cyp2d6=poor", id="b"
    )
    plain = observed("Cmax", "ng/mL", "10 mg ibuprofen oral", analyte="ibuprofen", id="c")
    notes = unused([row, twice, plain])
    assert [note.split(":")[0] for note in notes] == ["a", "b"]
    assert notes[0].removeprefix("a") == notes[1].removeprefix("b")


def test_arms_are_told_as_they_are_done():
    rows = [
        observed("Cmax", "ng/mL", f"{dose} mg morphine iv", n=2, id=f"r{dose}")
        for dose in (5, 10, 20)
    ]
    seen: list[tuple[int, int]] = []
    predict(rows, Options(draws=2), lambda done, whole: seen.append((done, whole)))
    assert seen == [(0, 3), (1, 3), (2, 3)]
