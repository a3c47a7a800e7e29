"""Processor time of fits, and of the same fits by pynlme where it is installed (`pip install pynlme`).

Usage: python benchmarks/estimation.py

Like is compared with like, by what a method makes largest. FOCE of pynlme is FOCEI here (with an additive error they are one): the
same model, data and starts, with standard errors. Models of pynlme are NumPy functions of all subjects at once
(``Vectorization="Full"``), which is how it is quickest; its loops are compiled. Its other method alternates between penalised least
squares and a linear model (Lindstrom and Bates), which it calls LME: another objective. Objectives stand beside the times.
"""

import csv
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import speciosa as sp
from speciosa.estimation import Fit
from speciosa.estimation.question.read import parse_fit

DATA = Path(__file__).parents[1] / "tests" / "estimation" / "data"
THEOPHYLLINE = """
data = {{ file = "theophylline.csv" }}
model = {{ structure = "oral_1cpt" }}
[parameters]
CL = {{ start = 2.0, between = 0.2 }}
V = {{ start = 25.0, between = 0.1 }}
KA = {{ start = 1.0, between = 0.5 }}
[error.plasma]
kind = "additive"
additive = 1.0
[estimation]
method = "{method}"
"""
SATURABLE = """
data = {{ file = "saturable.csv", cmt = {{ 1 = "oral" }} }}
model = {{ file = "saturable.py:build" }}
[parameters]
Vmax = {{ start = 15.0, between = 0.1 }}
V = {{ start = 25.0, between = 0.1 }}
KA = {{ start = 1.0, between = 0.1 }}
[error.plasma]
kind = "additive"
additive = 0.5
[estimation]
method = "{method}"
threads = 1
"""
PROGRAM = """
import speciosa as sp

def build():
    m = sp.Model("saturable")
    vmax, km = m.parameter("Vmax", 15.0, "mg/h"), m.parameter("Km", 4.0, "mg/L")
    v, ka = m.parameter("V", 25.0, "L"), m.parameter("KA", 1.0, "1/h")
    gut, central = m.state("gut", "mg"), m.state("central", "mg")
    m.rate(gut, -ka * gut)
    m.rate(central, ka * gut - vmax * central / (v * km + central))
    m.output("plasma", central / v, "mg/L")
    m.dose_target("oral", gut)
    return m
"""
_DOSE, _KM = 300.0, 4.0
_TIMES = (0.5, 1.0, 2.0, 4.0, 7.0, 12.0, 18.0, 24.0)
_SUBJECTS = 30

Rows = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.str_]]
"""Predictors (time, dose), observations, and whose they are."""


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Processor time of the second call, and what it gave; the first compiles."""
    run()
    began = time.process_time()
    found = run()
    return time.process_time() - began, found


def rows_of(file: Path) -> Rows:
    """A data set with one dose a subject."""
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    dose = {r["ID"]: float(r["AMT"]) for r in rows if r["EVID"] != "0"}
    seen = [r for r in rows if r["EVID"] == "0"]
    x = np.array([[float(r["TIME"]), dose[r["ID"]]] for r in seen])
    return x, np.array([float(r["DV"]) for r in seen]), np.array([r["ID"] for r in seen])


def saturable(folder: Path) -> None:
    """Simulated data of a saturable elimination, and its model."""
    from scipy.integrate import solve_ivp

    draw, rows = np.random.default_rng(7), ["ID,TIME,EVID,AMT,DV"]
    for i in range(_SUBJECTS):
        vmax, v, ka = np.array([15.0, 25.0, 1.0]) * np.exp(0.3 * draw.normal(size=3))

        def rates(
            t: float, y: Any, vmax: float = vmax, v: float = v, ka: float = ka
        ) -> list[float]:
            return [-ka * y[0], ka * y[0] - vmax * y[1] / (v * _KM + y[1])]

        found = (
            solve_ivp(rates, (0, 24), [_DOSE, 0.0], t_eval=_TIMES, rtol=1e-9, atol=1e-9).y[1] / v
        )
        rows.append(f"{i},0,1,{_DOSE},.")
        seen = found + 0.3 * draw.normal(size=len(_TIMES))
        rows += [f"{i},{t},0,.,{y:.6g}" for t, y in zip(_TIMES, seen, strict=True)]
    (folder / "saturable.csv").write_text("\n".join(rows), encoding="utf-8")
    (folder / "saturable.py").write_text(PROGRAM, encoding="utf-8")


def columns(phi: Any) -> tuple[Any, Any, Any]:
    """Three parameters, of one subject or of every observation."""
    phi = np.asarray(phi)
    return (phi[0], phi[1], phi[2]) if phi.ndim == 1 else (phi[:, 0], phi[:, 1], phi[:, 2])


def closed_form(phi: Any, at: Any) -> Any:
    """One compartment with a depot."""
    clearance, volume, absorption = columns(phi)
    rate = clearance / volume
    share = np.exp(-rate * at[:, 0]) - np.exp(-absorption * at[:, 0])
    return at[:, 1] * absorption / (volume * (absorption - rate)) * share


def integrated(pynlme: Any) -> Any:
    """A saturable elimination, as pynlme integrates it with SciPy."""

    def rates(t: float, y: Any, phi: Any, v: Any) -> Any:
        vmax, volume, absorption = phi.T
        gut, central = y.T
        out = vmax * central / (volume * _KM + central)
        return np.column_stack([-absorption * gut, absorption * gut - out])

    return pynlme.ode_model(
        rates,
        y0=lambda phi, v: np.column_stack([np.full(len(phi), _DOSE), np.zeros(len(phi))]),
        output=lambda y, phi, v: y[:, 1] / (phi[1] if phi.ndim == 1 else phi[:, 1]),
    )


def told(name: str, seconds: float, objective: float) -> None:
    """One line."""
    print(f"{name:<44}{seconds:10.3f} s   -2 log L {objective:10.4f}", flush=True)


def ours(name: str, text: str, folder: Path, methods: tuple[str, ...]) -> None:
    """Whole fits: reading, search, standard errors, likelihood, tables."""
    for method in methods:
        asked = parse_fit(text.format(method=method), folder=folder)
        seconds, found = timed(lambda asked=asked: sp.fit(asked))  # type: ignore[misc]
        assert isinstance(found, Fit)
        told(f"{name}, speciosa {method}", seconds, found.neg2loglik)


def theirs(
    pynlme: Any, name: str, model: Any, rows: Rows, start: list[float], methods: tuple[str, ...]
) -> None:
    """The same by pynlme."""
    same = {"ParamTransform": [1, 1, 1], "Vectorization": "Full"}
    for method in methods:
        if method == "SAEM":
            seconds, found = timed(
                lambda: pynlme.nlmefitsa(*rows, [], model, np.log(start), **same)
            )
        else:
            how = same | {"ApproximationType": method}
            seconds, found = timed(
                lambda how=how: pynlme.nlmefit(*rows, [], model, np.log(start), **how)  # type: ignore[misc]
            )
        likelihood = getattr(found[2], "logl", None)
        told(f"{name}, pynlme {method}", seconds, np.nan if likelihood is None else -2 * likelihood)


def main() -> None:
    """Prints processor seconds and objectives."""
    try:
        pynlme: Any = import_module("pynlme")
    except ImportError:
        pynlme = None
    ours("theophylline", THEOPHYLLINE, DATA, ("FOCEI", "LAPLACE", "SAEM"))
    if pynlme is not None:
        rows = rows_of(DATA / "theophylline.csv")
        start = [2.0, 25.0, 1.0]
        theirs(pynlme, "theophylline", closed_form, rows, start, ("FOCE", "LME", "SAEM"))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        saturable(folder)
        ours("saturable, integrated", SATURABLE, folder, ("FOCEI",))
        if pynlme is not None:
            rows, start = rows_of(folder / "saturable.csv"), [15.0, 25.0, 1.0]
            theirs(pynlme, "saturable, integrated", integrated(pynlme), rows, start, ("LME",))


if __name__ == "__main__":
    main()
