"""Files as RevMan Web, Covidence, Excel, metadat, gemtc, multinma and BUGSnet hold them, five of each, in their owners' columns.

Each is read with at most one option and comes to what metafor makes of the same figures (`data/PROVENANCE.md`).
"""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest
from tests.evidence.table.exports.test_as_programs_write import workbook
from typer.testing import CliRunner

from speciosa.cli import app
from speciosa.cli.commands import register

KEPT = json.loads((Path(__file__).parent / "data" / "files_as_kept.json").read_text("utf-8"))
TOLERANCE = {"rel": 1e-4, "abs": 1e-6}


def test_five_files_of_each_kind_with_one_option_at_most():
    kinds = ("revman", "covidence", "excel", "metadat", "gemtc", "multinma", "bugsnet")
    assert Counter(one["kind"] for one in KEPT) == dict.fromkeys(kinds, 5)
    assert all(len(one["options"]) in (0, 2) for one in KEPT)


@pytest.mark.parametrize("kept", KEPT, ids=lambda one: f"{one['kind']}-{one['name']}")
def test_a_file_is_read_in_its_owners_columns(kept, tmp_path):
    if not app.registered_commands:
        register(app)
    words = [kept["command"], str(_written(kept, tmp_path)), *kept["options"], "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.exception
    found = json.loads(done.stdout)
    assert found["k"] == kept["k"]
    if "pooled" in kept:
        assert [found["estimate"], found["se"]] == pytest.approx(kept["pooled"], **TOLERANCE)
        return
    rows = {(row["treat1"], row["treat2"]): row for row in found["estimates"]}
    for treatment, figures in kept["against"].items():
        row = rows[treatment, found["reference"]]
        assert [row["effect"], row["se"]] == pytest.approx(figures, **TOLERANCE)
    assert len(rows) == len(kept["against"]) * (len(kept["against"]) + 1)


def _written(kept, folder):
    if kept["kind"] != "excel":
        file = folder / f"{kept['name']}.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows(kept["rows"])
        return file
    sheet = [[_cell(cell) for cell in row] for row in kept["rows"]]
    return workbook(folder / f"{kept['name']}.xlsx", {"Sheet1": sheet})


def _cell(text):
    try:
        return float(text)
    except ValueError:
        return text.replace("&", "&amp;")
