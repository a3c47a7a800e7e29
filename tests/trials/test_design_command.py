"""`speciosa design`: the quantities of each kind as JSON, and faults with exit status 2."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from speciosa.cli import options
from speciosa.cli.commands import register
from speciosa.errors import InputError


@pytest.fixture(scope="module")
def program() -> typer.Typer:
    app = typer.Typer()
    app.callback()(options)
    register(app)
    return app


def asked(program: typer.Typer, words: str) -> dict:
    done = CliRunner().invoke(program, ["design", *words.split(), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def test_each_kind_answers(program: typer.Typer, tmp_path: Path) -> None:
    found = asked(
        program, "group-sequential --looks 0.4,0.75,1 --futility 0,0.5 --size 200 --effects 0,0.4"
    )
    assert len(found["z_upper"]) == len(found["power"]) == 3 and len(found["overall_reject"]) == 2
    assert asked(program, "size means --effect 0.4 --power 0.8 --looks 3")["n_max"] > 200
    assert asked(program, "size rates --treated 0.4 --control 0.2 --size 200")["power"] > 0.8
    survival = "--hazard-ratio 0.7 --median-control 6 --accrual 12 --follow-up 12 --power 0.8"
    assert asked(program, f"size survival {survival}")["events"] == pytest.approx(246.787, abs=0.01)
    found = asked(program, "boin --target 0.3 --toxicity 0.1,0.3,0.5 --trials 200")
    assert found["lambda_e"] == pytest.approx(0.2365, abs=1e-4) and len(found["patients"]) == 3
    found = asked(program, "crm --prior 0.1,0.2,0.4 --target 0.2 --levels 1,2 --events 0,1")
    assert found["mtd"] == 1
    table = tmp_path / "doses.csv"
    table.write_text(
        "dose,resp\n" + "".join(f"{d},{d + e}\n" for d in (0, 1, 2) for e in (0.1, 0.3))
    )
    found = asked(program, f"mcpmod {table} --model linear --model emax=0.5 --effect 1")
    assert found["fits"]["linear"]["target_dose"] == pytest.approx(1)


def test_faults_come_together(program: typer.Typer) -> None:
    words = [
        "design",
        "group-sequential",
        "--alpha",
        "0.9",
        "--spending",
        "none",
        "--looks",
        "1,0.5",
    ]
    done = CliRunner().invoke(program, words)
    assert isinstance(done.exception, InputError)
    assert len(done.exception.faults) == 3


def test_the_same_seed_gives_the_same_bytes() -> None:
    words = "design boin --target 0.3 --toxicity 0.1,0.3,0.5 --trials 500 --json".split()
    runs = [
        subprocess.run([sys.executable, "-m", "speciosa", *words], capture_output=True, check=True)
        for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout
