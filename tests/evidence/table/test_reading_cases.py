"""Small tables after public questions and bug reports: each gives the right number, or a question, and never a wrong number."""

import csv
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from speciosa.cli import app
from speciosa.cli.commands import register

KEPT = json.loads(
    (Path(__file__).parent / "data" / "reading_cases.json").read_text(encoding="utf-8")
)


def value_at(found, path):
    for part in re.findall(r"[^.\[\]]+|\[[^\]]+\]", path):
        if part.startswith("["):
            one, other = part[1:-1].split(",")
            found = next(row for row in found if (row["treat1"], row["treat2"]) == (one, other))
        else:
            found = found[part]
    return found


@pytest.mark.parametrize("case", KEPT["cases"], ids=lambda case: case["id"])
def test_small_tables_are_read_right_or_asked_about(case, tmp_path):
    if not app.registered_commands:
        register(app)
    command, name, *options = case["words"]
    file, kept = tmp_path / name, KEPT["files"][name]
    with file.open("w", encoding=kept["encoding"], newline="") as out:
        csv.writer(out, delimiter=kept["delimiter"]).writerows(kept["rows"])
    done = CliRunner().invoke(app, [command, str(file), *options])
    said = done.output + str(done.exception or "")
    wanted_code = next((c["code"] for c in case["checks"] if c["kind"] == "exit"), 0)
    assert (done.exit_code == 0) == (wanted_code == 0), said
    for check in case["checks"]:
        if check["kind"] == "says":
            assert re.search(check["pattern"], said, re.MULTILINE), said
        if check["kind"] == "does not say":
            assert not re.search(check["pattern"], said, re.MULTILINE)
        if check["kind"] == "json":
            got = value_at(json.loads(done.stdout), check["path"])
            numeric = isinstance(check["value"], int | float)
            want = pytest.approx(check["value"], abs=check["within"]) if numeric else check["value"]
            assert got == want
