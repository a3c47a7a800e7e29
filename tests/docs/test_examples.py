"""Every block of Python in README and documentation is run, page by page, as a reader would: one after the other."""

import ast
import re
from pathlib import Path

import pytest

from speciosa.study.question.read import parse_study
from speciosa.study.question.start import start_study

REPOSITORY = Path(__file__).parents[2]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    *sorted(
        f"docs/{p.relative_to(REPOSITORY / 'docs')}" for p in (REPOSITORY / "docs").rglob("*.md")
    ),
)
FILES = {
    "trials.csv": "study,events_t,n_t,events_c,n_c\nA,12,60,20,61\nB,5,40,9,38\nC,30,150,41,149\nD,8,55,15,57\n",
    "arms.csv": "study,treatment,events,n\nA,placebo,9,30\nA,x,15,31\nB,placebo,8,40\nB,y,12,41\nC,x,20,50\nC,y,18,52\n",
}
"""Files that a reader has: trials of one comparison, and a network of three treatments."""


def blocks(page: str) -> list[str]:
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, flags=re.M | re.S)


WITH_CODE = [page for page in PAGES if blocks(page)]


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the pages speak of, the study as small as it can be."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "retention.csv").write_text(FILES["arms.csv"], encoding="utf-8")
    study = start_study(tmp_path / "my-study.toml")
    text = re.sub(r"(?m)^(patients|draws) = \d+", r"\1 = 4", study.read_text(encoding="utf-8"))
    study.write_text(text, encoding="utf-8")
    return tmp_path


def told(line: str) -> object:
    """The number that a comment behind an expression tells; nothing where it tells none."""
    found = re.search(r"\S +# (-?[\d.]+)$", line)
    return ast.literal_eval(found[1]) if found else None


def run(block: str, names: dict[str, object]) -> None:
    """Runs the statements of a block; where a comment tells the value of an expression, it must be so."""
    lines = block.splitlines()
    for node in ast.parse(block).body:
        source = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        value = told(source)
        if isinstance(node, ast.Expr) and value is not None:
            assert eval(ast.unparse(node), names) == pytest.approx(value), source
        else:
            exec(source, names)


@pytest.mark.parametrize("page", WITH_CODE)
def test_the_blocks_of_a_page_run(page: str, reader: Path) -> None:
    names: dict[str, object] = {}
    for block in blocks(page):
        run(block, names)


def test_what_the_worked_drug_model_prints_is_what_the_page_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, second = blocks("docs/extending.md")
    names: dict[str, object] = {}
    exec(first, names)
    printed = capsys.readouterr().out.strip()
    page = (REPOSITORY / "docs" / "extending.md").read_text(encoding="utf-8")
    assert f"It prints `{printed}`" in page
    exec(second, names)
    assert "plasma peak [mg/L]" in capsys.readouterr().out


def test_pages_with_code_are_found() -> None:
    assert {"README.md", "docs/engine.md", "docs/extending.md"} <= set(WITH_CODE)


def test_a_wrong_value_in_a_comment_is_found() -> None:
    run("x = 2\nx + 1  # 3\n", {})
    with pytest.raises(AssertionError):
        run("x = 2\nx + 1  # 4\n", {})


def test_the_smallest_study_of_the_page_holds() -> None:
    text = (REPOSITORY / "docs" / "study.md").read_text(encoding="utf-8")
    (study,) = re.findall(r"^```toml\n(.*?)^```", text, flags=re.M | re.S)
    assert [arm.name for arm in parse_study(study).arms] == ["Kratom tea", "Placebo"]
