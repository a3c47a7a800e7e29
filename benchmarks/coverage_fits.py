"""How often 95% intervals of fits hold the truth, and how far estimates are off: data sets from a known two-compartment model.

Usage: python benchmarks/coverage_fits.py [--sets 100] [--subjects 100] [--method FOCEI] [--out FILE]

Each data set has its own seed. A row a parameter: truth, mean of the estimates, bias with its Monte-Carlo standard error, mean
standard error beside the standard deviation of the estimates, and the share of the intervals that hold the truth.
"""

import argparse
import csv
import tempfile
from pathlib import Path

import numpy as np

import speciosa as sp

TYPICAL = {"CL": 4.0, "V": 20.0, "Q": 3.0, "V2": 40.0}
VARIANCE = {"CL": 0.09, "V": 0.04, "Q": 0.0, "V2": 0.04}
PROPORTIONAL = 0.1
TIMES = (0.25, 1.0, 2.0, 4.0, 8.0, 16.0, 24.0, 48.0)


def data_set(seed: int, subjects: int) -> str:
    """One study: a bolus of 100 to everybody, eight observations each."""
    draw = np.random.default_rng(seed)
    spread = np.sqrt(list(VARIANCE.values()))
    rows = ["ID,TIME,AMT,DV"]
    for i in range(subjects):
        cl, v, q, v2 = np.array(list(TYPICAL.values())) * np.exp(draw.normal(size=4) * spread)
        k10, k12, k21 = cl / v, q / v, q / v2
        total = k10 + k12 + k21
        root = np.sqrt(total**2 - 4 * k10 * k21)
        fast, slow = (total + root) / 2, (total - root) / 2
        rows.append(f"{i},0,100,.")
        for t in TIMES:
            share = (fast - k21) * np.exp(-fast * t) + (k21 - slow) * np.exp(-slow * t)
            seen = 100 / v * share / (fast - slow) * (1 + PROPORTIONAL * draw.normal())
            rows.append(f"{i},{t},.,{seen:.8g}")
    return "\n".join(rows)


def fit_text(method: str) -> str:
    """The fit file, whose starts are not the truth."""
    lines = ['[data]\nfile = "data.csv"\n[model]\nstructure = "iv_2cpt"']
    for name, value in TYPICAL.items():
        between = 0.1 if VARIANCE[name] else 0.0
        lines.append(f"[parameters.{name}]\nstart = {1.4 * value}\nbetween = {between}")
    lines.append('[error.plasma]\nkind = "proportional"\nproportional = 0.2')
    lines.append(f'[estimation]\nmethod = "{method}"\nnodes = 5')
    return "\n".join(lines)


def studied(sets: int, subjects: int, method: str) -> list[dict[str, str]]:
    """What is found over all data sets."""
    truth = TYPICAL | {"plasma.proportional": PROPORTIONAL}
    truth |= {f"omega2.{name}": v for name, v in VARIANCE.items() if v}
    found: dict[str, list[tuple[float, float, bool]]] = {name: [] for name in truth}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "fit.toml").write_text(fit_text(method), encoding="utf-8")
        for seed in range(sets):
            text = data_set(seed, subjects)
            (Path(folder) / "data.csv").write_text(text, encoding="utf-8")
            fit = sp.fit(Path(folder) / "fit.toml")
            if not fit.converged:
                print(f"data set {seed} did not converge")
                continue
            for name, value in truth.items():
                e = fit.numbers[name]
                found[name].append((e.value, e.se, e.low <= value <= e.high))
    rows = []
    for name, value in truth.items():
        estimate, se, held = (np.array(column) for column in zip(*found[name], strict=True))
        spread = estimate.std(ddof=1)
        rows.append(
            {
                "method": method,
                "parameter": name,
                "truth": f"{value:g}",
                "mean": f"{estimate.mean():.5g}",
                "bias_percent": f"{100 * (estimate.mean() / value - 1):.2f}",
                "monte_carlo_error_percent": f"{100 * spread / np.sqrt(len(estimate)) / value:.2f}",
                "standard_deviation": f"{spread:.4g}",
                "mean_standard_error": f"{se.mean():.4g}",
                "held_percent": f"{100 * held.mean():.0f}",
                "sets": str(len(estimate)),
            }
        )
    return rows


def main() -> None:
    """Prints the table, and writes it where asked."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--sets", type=int, default=100)
    asked.add_argument("--subjects", type=int, default=100)
    asked.add_argument("--method", default="FOCEI")
    asked.add_argument("--out", type=Path)
    how = asked.parse_args()
    rows = studied(how.sets, how.subjects, how.method)
    for row in rows:
        print("  ".join(f"{v:>10}" for v in row.values()))
    if how.out:
        with how.out.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
