"""Every command line that README, documentation and `--help` show exists, with its options."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from speciosa.cli import _facts_first, options
from speciosa.cli.commands import register

REPOSITORY = Path(__file__).parents[2]
PAGES = [
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md")),
    *sorted((REPOSITORY / "docs").rglob("*.md")),
    *sorted((REPOSITORY / "src" / "speciosa" / "cli").glob("*.py")),
    *sorted((REPOSITORY / "src" / "speciosa" / "study" / "shipped").glob("*.toml")),
]
SHOWN = re.compile(
    r"^ *(?:# +|\$ )?(?:SPECIOSA_\w+=\S+ )?(?:\.venv/bin/)?speciosa ([^\n]*)$"  # a line of its own
    r"|(?<=`)speciosa ([^`\n]+)(?=`)"  # in a sentence
    r"|Example: speciosa ([^\n]*)$",
    flags=re.MULTILINE,
)


def commands(page: Path) -> list[str]:
    """What a page shows behind the name of the program, without the words that explain it."""
    found = ["".join(groups) for groups in SHOWN.findall(page.read_text(encoding="utf-8"))]
    return [re.split(r" {2,}| # ", text)[0].strip() for text in found]


@pytest.fixture(scope="module")
def program() -> typer.Typer:
    app = typer.Typer(no_args_is_help=True)
    app.callback()(options)
    register(app)
    return app


@pytest.mark.parametrize(
    "page", [page for page in PAGES if commands(page)], ids=lambda page: page.name
)
def test_the_commands_of_a_page_exist(page: Path, program: typer.Typer) -> None:
    wrong = {}
    for text in commands(page):
        words = _facts_first(shlex.split(text))
        if words[0] == "--facts":  # the folder need not be there
            words = words[2:]
        done = CliRunner().invoke(program, [*words, "--help"])
        if done.exit_code != 0:
            wrong[text] = done.output.strip() or str(done.exception)
    assert wrong == {}


def test_a_command_that_is_not_there_is_found(program: typer.Typer) -> None:
    for words in (["conquer"], ["compare", "--outt", "x"], ["facts", "chek"]):
        assert CliRunner().invoke(program, [*words, "--help"]).exit_code != 0
    assert commands(REPOSITORY / "README.md")
