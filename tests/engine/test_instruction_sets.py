"""The engine on processors other than this one: code for each kind gives the same results."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from speciosa.engine import Endpoint, simulate
from speciosa.engine.compiler.processor import INSTRUCTION_SETS, VARIABLE, available
from speciosa.model import Model

HERE = Path(__file__).parent
# everything that emits other code for other processors: arithmetic, kernels of each solver, the compiled loops
FILES = (
    "test_kernels.py",
    "test_native.py",
    "accuracy/test_stiff.py",
    "linear/test_closed_form_endpoints.py",
)
SOLVERS = ("closed form", "tsit5", "rodas4", "rodas5p")
KINDS = [
    pytest.param(
        name, marks=pytest.mark.skipif(name not in available(), reason=f"no {name} on this machine")
    )
    for name in INSTRUCTION_SETS
]


def solutions():
    """What every solver makes of a linear model, and the others of one with powers, logarithms and saturation."""
    found = {}
    for method in SOLVERS:
        for curved in (False, True)[: 1 if method == "closed form" else 2]:
            m = Model("oral")
            ka, k = m.parameter("ka", 1.1, "1/h"), m.parameter("k", 0.2, "1/h")
            half = m.parameter("half", 30, "mg")
            gut, central = m.state("gut", "mg"), m.state("central", "mg")
            loss = k * central / (1 + (central / half) ** 1.3) if curved else k * central
            m.rate(gut, -ka * gut)
            m.rate(central, ka * gut - loss)
            m.output("amount", central, "mg")
            m.dose_target("oral", gut)
            result = simulate(
                m,
                "100 mg oral every 8 h x 5; 20 mg oral over 3 h at 50 h",
                parameters={"ka": np.geomspace(0.3, 3, 11)},
                until=72,
                every=1,
                endpoints=[Endpoint("amount", "peak"), Endpoint("amount", "area")],
                method=method,
            )
            assert result.ok.all()
            for name in ("amount", "amount peak", "amount area"):
                found[f"{method} {curved} {name}"] = result[name].tolist()
    return found


def elsewhere(kind, *command):
    """Runs Python for another kind of processor."""
    run = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, VARIABLE: kind},
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_processor_gives_the_same(kind):
    code = f"import runpy, json; print(json.dumps(runpy.run_path({__file__!r})['solutions']()))"
    there = json.loads(elsewhere(kind, "-c", code))
    for name, values in solutions().items():
        np.testing.assert_allclose(there[name], values, rtol=0, atol=1e-8 * np.max(values))


@pytest.mark.parametrize("kind", KINDS)
def test_kernels_and_loops_pass_their_tests_on_every_kind(kind):
    if os.environ.get(VARIABLE):
        pytest.skip("this run is for one kind already")
    files = [str(HERE / name) for name in FILES]
    elsewhere(kind, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *files)


@pytest.mark.parametrize("asked", ["avx1024", "AVX2"])
def test_a_kind_that_is_not_known_is_refused(asked):
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "from speciosa.engine.compiler.processor import processor; processor()",
        ],
        env={**os.environ, VARIABLE: asked},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert f"{VARIABLE}: expected instructions of this machine, found '{asked}'" in run.stderr
