"""What the documentation shows is run."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_the_worked_drug_model_runs(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = blocks("extending.md")
    names: dict[str, object] = {}
    exec(first, names)
    printed = capsys.readouterr().out.strip()
    assert f"It prints `{printed}`" in (DOCS / "extending.md").read_text(encoding="utf-8")
    exec(second, names)
    assert "plasma peak [mg/L]" in capsys.readouterr().out
