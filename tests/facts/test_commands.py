"""The commands print what they promise, in text and as one JSON object, with the right exit status."""

import json
import subprocess
import sys
from collections.abc import Sequence

import pytest
from typer.testing import CliRunner, Result

from speciosa.cli import facts as facts_command
from speciosa.cli.commands import register
from speciosa.errors import UnknownNameError


@pytest.fixture(scope="module")
def run():  # type: ignore[no-untyped-def]
    import typer

    app = typer.Typer()
    register(app)

    def call(arguments: Sequence[str]) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return call


def test_show_prints_text_and_json(run) -> None:  # type: ignore[no-untyped-def]
    text = run(["show", "mitragynine"])
    assert text.exit_code == 0
    assert "tanna2022clinical; fulltext" in text.stdout
    found = json.loads(run(["show", "c07", "--json"]).stdout)
    assert (found["kind"], found["id"]) == ("claim", "c07")
    assert all(
        line["sources"] and line["seen"] for part in found["sections"] for line in part["lines"]
    )


def test_legal_prints_dates_and_the_law_of_the_country(run) -> None:  # type: ignore[no-untyped-def]
    text = run(["legal", "US-TN", "--on", "2026-12-09"]).stdout
    assert "since 2026-07-01; Tenn. Code 39-17-452" in text
    assert "looked up 2026-11-29, 10 days ago" in text
    assert "In the whole country:" in text
    found = json.loads(run(["legal", "US-TN", "--json"]).stdout)
    assert {row["code"] for row in found["rows"]} == {"US-TN"}
    assert {row["code"] for row in found["country"]} == {"US"}
    assert {row["age_days"] for row in found["rows"]} != {None}
    every = json.loads(run(["legal", "--json", "--substance", "7-OH"]).stdout)
    assert {row["substance"] for row in every["rows"]} == {"7_hydroxymitragynine"}


def test_a_place_of_two_words_needs_no_quotes(run) -> None:  # type: ignore[no-untyped-def]
    assert run(["legal", "Puerto", "Rico"]).stdout.startswith("Puerto Rico (US-PR)")
    assert "US-TX" in run(["legal"]).stdout


def test_check_prints_counts(run, tmp_path) -> None:  # type: ignore[no-untyped-def]
    text = run(["facts", "check"])
    assert text.exit_code == 0
    for word in ("confirmed", "corrected", "unconfirmed", "recalled", "parameters", "trial-arms"):
        assert word in text.stdout
    found = json.loads(run(["facts", "check", "--json"]).stdout)
    assert found["passed"] is True
    assert facts_command.app.info.help


def test_an_audit_with_faults_exits_with_2(run, tmp_path) -> None:  # type: ignore[no-untyped-def]
    import shutil

    from speciosa.facts.tables import DATA

    shutil.copytree(DATA, tmp_path / "data")
    path = tmp_path / "data" / "claims.csv"
    path.write_text(path.read_text().replace(",mixed,", ",maybe,"))
    result = run(["facts", "check", "--folder", str(tmp_path / "data")])
    assert result.exit_code == 2
    assert "claims.csv, row 2 (c02), verdict" in result.stdout


def test_each_fault_that_was_asked_for_fails_the_audit(run, tmp_path) -> None:  # type: ignore[no-untyped-def]
    import shutil

    from speciosa.facts.tables import DATA

    root = tmp_path / "data"
    shutil.copytree(DATA, root)

    def plant(file: str, old: str, new: str) -> None:
        text = (root / file).read_text()
        assert old in text, (file, old)
        (root / file).write_text(text.replace(old, new, 1))

    plant("confirmations/abstracts.csv", "value=4.54 ng*h/mL", "value=5.54 ng*h/mL")
    plant(
        "checks/checks.csv",
        "\n",
        "\nkratom-0018,,confirmed,,,trakulsrichai2015pharmacokinetics,Table 3,fulltext,2026-11-22,\n",
    )
    plant("references.bib", "  author = {{Boehringer Ingelheim}},\n", "")
    plant("references.bib", "{Opiate receptors}", "{Chapter (title not recorded)}")
    again = "comparators-0356,receptors-0096,"
    line = next(each for each in (root / "restated.csv").read_text().splitlines() if again in each)
    plant("restated.csv", line + "\n", "")
    plant("sheets/kratom/mitragynine.toml", 'substance = "mitragynine"\n', "")
    plant("confirmations/recomputed.csv", ",2026-11-29,recomputed,", ",2199-11-29,recomputed,")
    plant("legal.csv", ",2026-11-29,", ",2199-11-29,")
    plant("legal.csv", ",2026-07-06,", ",2199-07-06,")
    result = run(["facts", "check", "--folder", str(root)])
    assert result.exit_code == 2
    for said in (
        "(adams2004oxymorphone_01), value: expected 5.54, which follows",
        "(kratom-0018), verdict: expected a record in confirmations/",
        "catapres0000ttslabel, author: expected the author",
        "mayberg1990opiate, title: expected the title",
        "(pharmacodynamics-0104): expected a number that stands once, or a line in restated.csv",
        "mitragynine.toml, substance: expected a value, found nothing",
        "confirmed_on: expected a day",
        "looked_up_on: expected a day",
        "since: expected a day",
    ):
        assert said in result.stdout, said


def test_a_folder_to_read_on_top_is_no_fact_base(run, tmp_path) -> None:  # type: ignore[no-untyped-def]
    result = run(["facts", "check", "--folder", str(tmp_path)])
    assert "is checked by --facts" in str(result.exception)


def test_search_prints_what_it_finds(run) -> None:  # type: ignore[no-untyped-def]
    assert "acetaminophen" in run(["facts", "search", "tylenol"]).stdout
    assert "Nothing has this name" in run(["facts", "search", "zzzz"]).stdout
    found = json.loads(run(["facts", "search", "kratom", "--json"]).stdout)
    assert found["found"][0]["id"] == "kratom"


def test_an_unknown_name_raises_with_the_nearest(run) -> None:  # type: ignore[no-untyped-def]
    result = run(["show", "mitragynin"])
    assert isinstance(result.exception, UnknownNameError)
    assert "Did you mean mitragynine" in str(result.exception)


def test_the_program_exits_with_2_and_says_what_was_meant() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from speciosa.cli import main; main()", "show", "mitragynin"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean mitragynine" in done.stderr


def test_a_monograph_needs_no_numerics() -> None:
    """What is slow to load is not loaded, so that a monograph is printed at once."""
    code = (
        "import sys; from speciosa.facts import monograph; str(monograph('mitragynine'));"
        "print([m for m in ('numpy', 'polars', 'pint', 'scipy', 'sympy', 'numba') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
