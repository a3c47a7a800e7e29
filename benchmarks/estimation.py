"""Processor time of fits of theophylline, beside pynlme where it is installed (`pip install pynlme`).

Usage: python benchmarks/estimation.py
"""

import csv
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import speciosa as sp
from speciosa.estimation.question.read import parse_fit

DATA = Path(__file__).parents[1] / "tests" / "estimation" / "data"
FIT = """
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


def seconds(run: Callable[[], object]) -> float:
    """Processor time of the second call; the first compiles."""
    run()
    began = time.process_time()
    run()
    return time.process_time() - began


def peers() -> list[tuple[str, float]]:
    """The same model and data by pynlme: its alternating algorithm and its SAEM."""
    try:
        pynlme: Any = import_module("pynlme")
    except ImportError:
        return []
    with (DATA / "theophylline.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    dose = {r["ID"]: float(r["AMT"]) for r in rows if r["EVID"] != "0"}
    seen = [r for r in rows if r["EVID"] == "0"]
    x = np.array([[float(r["TIME"]), dose[r["ID"]]] for r in seen])
    y, who = np.array([float(r["DV"]) for r in seen]), np.array([r["ID"] for r in seen])

    def model(phi: Any, at: Any) -> Any:
        clearance, volume, absorption = phi[0], phi[1], phi[2]
        rate = clearance / volume
        share = np.exp(-rate * at[:, 0]) - np.exp(-absorption * at[:, 0])
        return at[:, 1] * absorption / (volume * (absorption - rate)) * share

    start, logarithms = np.log([2.0, 25.0, 1.0]), [1, 1, 1]
    return [
        (
            f"pynlme {name}",
            seconds(lambda f=f: f(x, y, who, [], model, start, ParamTransform=logarithms)),  # type: ignore[misc]
        )
        for name, f in (("nlmefit", pynlme.nlmefit), ("nlmefitsa", pynlme.nlmefitsa))
    ]


def main() -> None:
    """Prints processor seconds."""
    for method in ("FOCEI", "LAPLACE", "SAEM"):
        asked = parse_fit(FIT.format(method=method), folder=DATA)
        print(f"{method:<20} {seconds(lambda asked=asked: sp.fit(asked)):8.3f} s")  # type: ignore[misc]
    for name, found in peers():
        print(f"{name:<20} {found:8.3f} s")


if __name__ == "__main__":
    main()
