"""Writes the reference solutions of the workloads: an implementation of its own, of NumPy and SciPy only.

    python benchmarks/reference.py

A and B: DOP853 with relative tolerance 1e-12 and absolute 1e-14, restarted at every dose. S: LSODA at 1e-12 and 1e-15.
Each is also solved by Radau at 1e-10, and A by its superposed exponentials; the largest differences are printed and
written into the files.
"""

from collections.abc import Callable

import numpy as np
from scipy.integrate import solve_ivp

from workloads import DATA, DOSE_TIMES, END_H, TIMES, WORKLOADS, Array, Workload

Rates = Callable[[float, Array, dict[str, float]], list[float]]
OUTPUTS = {
    "A": ["CP"],
    "B": ["CP", "CM", "CEP", "CEM", "TOL", "EFF"],
    "S": ["CC", "CM", "EFF", "AREA"],
}


def rates_a(_: float, y: Array, p: dict[str, float]) -> list[float]:
    cp, ct = y[1] / p["V1"], y[2] / p["V2"]
    into = p["KA"] * y[0]
    between = p["Q"] * (cp - ct)
    return [-into, into - p["CL"] * cp - between, between]


def effect_b(y: Array, p: dict[str, float]) -> Array:
    s = 1 + p["ATOL"] * y[7]
    x, m = y[5] / (p["ECP"] * s), y[6] / (p["ECM"] * s)
    return np.asarray((p["EMP"] * x + p["EMM"] * m) / (1 + x + m))


def rates_b(_: float, y: Array, p: dict[str, float]) -> list[float]:
    cp, ct, cm, cmt = y[1] / p["V1"], y[2] / p["V2"], y[3] / p["VM"], y[4] / p["VM2"]
    into, form = p["KA"] * y[0], p["VMAX"] * cp / (p["KM"] + cp)
    between, met_between = p["Q"] * (cp - ct), p["QM"] * (cm - cmt)
    return [
        -into, into - p["CLO"] * cp - form - between, between,
        form - p["CLM"] * cm - met_between, met_between,
        p["KEP"] * (cp - y[5]), p["KEM"] * (cm - y[6]), p["KTOL"] * (float(effect_b(y, p)) - y[7]),
    ]  # fmt: skip


def effect_s(y: Array, p: dict[str, float]) -> Array:
    stimulus = np.maximum((p["TAUP"] * y[8] + p["TAUM"] * y[9]) / (1 + y[6]), 0)
    return np.asarray(p["EMAX"] * stimulus**1.5 / (1 + stimulus**1.5))


def rates_s(_: float, y: Array, p: dict[str, float]) -> list[float]:
    cp, cm = y[1] / p["V1"], y[3] / p["VM"]
    into, form = p["KA"] * y[0], p["VMAX"] * cp / (p["KM"] + cp)
    between, free, effect = p["Q"] * (cp - y[2] / p["V2"]), 1 - y[8] - y[9], float(effect_s(y, p))
    return [
        -into, into - p["CL"] * cp - form - between, between, form - p["CLM"] * cm,
        p["KEP"] * (cp - y[4]), p["KEM"] * (cm - y[5]),
        p["KTOL"] * (p["SIGMA"] * effect / p["EMAX"] - y[6]), effect,
        p["KOFFP"] * (y[4] / p["ECP"] * free - y[8]),
        p["KOFFM"] * (y[5] / p["ECM"] * free - y[9]),
    ]  # fmt: skip


RATES: dict[str, tuple[Rates, int]] = {"A": (rates_a, 3), "B": (rates_b, 8), "S": (rates_s, 10)}


def outputs(name: str, y: Array, p: dict[str, float]) -> Array:
    """Shape ``(times, outputs)``, from states of shape ``(times, states)``."""
    if name == "A":
        return y[:, 1:2] / p["V1"]
    if name == "B":
        return np.column_stack([y[:, 1] / p["V1"], y[:, 3] / p["VM"], y[:, 5:8], effect_b(y.T, p)])
    return np.column_stack([y[:, 1] / p["V1"], y[:, 3] / p["VM"], effect_s(y.T, p), y[:, 7]])


def solve(work: Workload, p: dict[str, float], method: str, rtol: float, atol: float) -> Array:
    """Outputs at all times, integration being restarted at every dose."""
    rates, states = RATES[work.name]
    y, path = np.zeros(states), np.zeros((len(TIMES), states))
    for start, end in zip(DOSE_TIMES, [*DOSE_TIMES[1:], END_H], strict=True):
        y = y.copy()
        y[0] += work.dose
        if start == 0:
            path[0] = y
        now = (TIMES > start) & (TIMES <= end)
        solution = solve_ivp(
            rates, (start, end), y, method, TIMES[now], args=(p,), rtol=rtol, atol=atol
        )
        assert solution.success, solution.message
        path[now], y = solution.y.T, solution.y[:, -1]
    return outputs(work.name, path, p)


def exponentials(p: dict[str, float], dose: float) -> Array:
    """Model A by superposition of three exponentials a dose."""
    k10, k12, k21, ka = p["CL"] / p["V1"], p["Q"] / p["V1"], p["Q"] / p["V2"], p["KA"]
    total = k10 + k12 + k21
    root = np.sqrt(total**2 - 4 * k10 * k21)
    alpha, beta = (total + root) / 2, (total - root) / 2
    scale = ka * dose / p["V1"]
    first = scale * (k21 - alpha) / ((ka - alpha) * (beta - alpha))
    second = scale * (k21 - beta) / ((ka - beta) * (alpha - beta))
    since = TIMES[:, None] - DOSE_TIMES[None, :]
    given, since = since >= 0, np.maximum(since, 0)
    curve = first * np.exp(-alpha * since) + second * np.exp(-beta * since)
    return np.asarray(np.where(given, curve - (first + second) * np.exp(-ka * since), 0).sum(1))


def main() -> None:
    for name, work in WORKLOADS.items():
        method, rtol, atol = ("LSODA", 1e-12, 1e-15) if name == "S" else ("DOP853", 1e-12, 1e-14)
        lines, worst = [], 0.0
        for label, change in work.named.items():
            p = work.values | change
            path = solve(work, p, method, rtol, atol)
            other = solve(work, p, "Radau", 1e-10, 1e-13)
            worst = max(worst, float((np.abs(path - other).max(0) / np.abs(path).max(0)).max()))
            if name == "A":
                print(
                    "A",
                    label,
                    "exponentials:",
                    np.abs(exponentials(p, work.dose) - path[:, 0]).max(),
                )
            for time, row in zip(TIMES, path, strict=True):
                lines.append(f"{label},{time:g}," + ",".join(f"{value:.15g}" for value in row))
        note = f"# {method}, rtol {rtol:g}, atol {atol:g}; Radau at 1e-10 differs by {worst:.1e} of the peak"
        text = "\n".join([note, ",".join(["set", "time", *OUTPUTS[name]]), *lines, ""])
        (DATA / f"reference_{name}.csv").write_text(text)
        print(note)


if __name__ == "__main__":
    main()
