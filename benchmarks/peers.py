"""Other programs on the same work: libroadrunner, numbalsoda and SciPy, fed from the same equations."""

import os
from collections.abc import Callable, Sequence

import numpy as np
import sympy
from sympy.printing.str import StrPrinter

from speciosa.model import Equations
from speciosa.model.extremes import Larger, Smaller
from workloads import DOSE_TIMES, END_H, INTERVAL_H, TIMES, Array, Workload

RTOL, ATOL = 1e-6, 1e-9
Solver = Callable[[Array], Array]


def renamed(equations: Equations) -> tuple[dict[sympy.Symbol, sympy.Symbol], list[str], list[str]]:
    """Plain names for states and parameters."""
    states = [f"y{i}" for i in range(len(equations.states))]
    parameters = [f"p{i}" for i in range(len(equations.parameters))]
    old = [*equations.state_names, *(p.name for p in equations.parameters)]
    swap = {
        sympy.Symbol(a, real=True): sympy.Symbol(b, real=True)
        for a, b in zip(old, states + parameters, strict=True)
    }
    return swap, states, parameters


def written_out(expressions: Sequence[sympy.Expr]) -> list[sympy.Expr]:
    """Expressions with SymPy's own largest and smallest values, which its printers know."""
    return [e.replace(Smaller, sympy.Min).replace(Larger, sympy.Max) for e in expressions]


class _Antimony(StrPrinter):
    def _print_Pow(self, expr: sympy.Pow, rational: bool = False) -> str:  # noqa: N802
        return f"({self._print(expr.base)})^({self._print(expr.exp)})"

    def _print_Max(self, expr: sympy.Max) -> str:  # noqa: N802
        a, b = (self._print(arg) for arg in expr.args)
        return f"piecewise({a}, {a} > {b}, {b})"


def roadrunner(work: Workload, stiff: bool, rtol: float = RTOL, atol: float = ATOL) -> Solver:
    """libroadrunner: CVODE with BDF or Adams, doses as an SBML event."""
    import antimony
    import roadrunner as rr

    equations = work.model().build()
    swap, states, parameters = renamed(equations)
    text = _Antimony().doprint
    into = states[equations.state_names.index(work.into)]
    lines = ["model work"]
    for i, value in enumerate(written_out(equations.inlined_outputs)):
        lines.append(f"out{i} := {text(value.xreplace(swap))};")
    for state, rate in zip(states, written_out(equations.inlined_rates), strict=True):
        lines.append(f"{state}' = {text(rate.xreplace(swap))}; {state} = 0;")
    lines += [
        f"{name} = {p.value!r};" for name, p in zip(parameters, equations.parameters, strict=True)
    ]
    lines += [
        f"{into} = {work.dose}; tnext = {INTERVAL_H}; given = 1;",
        f"dosing: at (time >= tnext && given < {len(DOSE_TIMES)}): {into} = {into} + {work.dose}, "
        f"tnext = tnext + {INTERVAL_H}, given = given + 1;",
        "end",
    ]
    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyString("\n".join(lines)) >= 0, antimony.getLastError()
    runner = rr.RoadRunner(antimony.getSBMLString("work"))
    runner.timeCourseSelections = ["time", *(f"out{i}" for i in range(len(equations.outputs)))]
    for name, value in (
        ("relative_tolerance", rtol), ("absolute_tolerance", atol), ("stiff", stiff),
        ("maximum_num_steps", 500_000),
    ):  # fmt: skip
        runner.integrator.setValue(name, value)
    known = list(runner.model.getGlobalParameterIds())
    index = [known.index(name) for name in [*parameters, "tnext", "given"]]

    def solve(table: Array) -> Array:
        results = np.empty((len(table), len(TIMES), len(equations.outputs)))
        for i, row in enumerate(table):
            runner.reset()
            runner.model.setGlobalParameterValues(index, np.append(row, [INTERVAL_H, 1.0]))
            results[i] = runner.simulate(0, END_H, len(TIMES))[:, 1:]
        return results

    return solve


def numbalsoda(work: Workload, rtol: float = RTOL, atol: float = ATOL) -> Solver:
    """numbalsoda: LSODA on a right-hand side compiled by Numba, restarted at every dose."""
    import numba
    from numbalsoda import lsoda, lsoda_sig
    from sympy.printing.pycode import PythonCodePrinter

    equations = work.model().build()
    swap, states, parameters = renamed(equations)
    text = PythonCodePrinter({"fully_qualified_modules": False}).doprint
    lines = ["def rates(t, y, dy, p):"]
    lines += [f"    y{i} = y[{i}]" for i in range(len(states))]
    lines += [f"    p{i} = p[{i}]" for i in range(len(parameters))]
    values = [rate.xreplace(swap) for rate in written_out(equations.inlined_rates)]
    shared, values = sympy.cse(values, symbols=sympy.numbered_symbols("s", real=True))
    lines += [f"    {name} = {text(value)}" for name, value in shared]
    lines += [f"    dy[{i}] = {text(value)}" for i, value in enumerate(values)]
    space: dict[str, object] = {"math": __import__("math")}
    exec("\n".join(lines), space)  # noqa: S102
    pointer = numba.cfunc(lsoda_sig)(space["rates"]).address
    into, dose, count = equations.state_names.index(work.into), work.dose, len(states)

    @numba.njit
    def run(table: Array, path: Array) -> None:
        for i in range(table.shape[0]):
            y = np.zeros(count)
            row = 0
            for k in range(DOSE_TIMES.shape[0]):
                begin = DOSE_TIMES[k]
                end = DOSE_TIMES[k + 1] if k + 1 < DOSE_TIMES.shape[0] else END_H
                y[into] += dose
                times = np.arange(begin, end + 0.5)
                part, _ = lsoda(pointer, y, times, table[i], rtol, atol)
                path[i, row : row + len(times)] = part
                y = part[-1].copy()
                row += len(times) - 1

    outputs = sympy.lambdify(
        [sympy.Symbol(name, real=True) for name in states + parameters],
        [value.xreplace(swap) for value in written_out(equations.inlined_outputs)],
        cse=True,
    )

    def solve(table: Array) -> Array:
        path = np.empty((len(table), len(TIMES), count))
        run(np.ascontiguousarray(table), path)
        found = outputs(*np.moveaxis(path, 2, 0), *table.T[:, :, None])
        return np.stack([np.broadcast_to(one, path.shape[:2]) for one in found], axis=2)

    return solve


def scipy(work: Workload, rtol: float = RTOL, atol: float = ATOL) -> Solver:
    """SciPy's LSODA on a right-hand side in Python, restarted at every dose."""
    from scipy.integrate import solve_ivp

    equations = work.model().build()
    swap, states, parameters = renamed(equations)
    symbols = [sympy.Symbol(name, real=True) for name in states + parameters]
    rates = sympy.lambdify(
        symbols, [r.xreplace(swap) for r in written_out(equations.inlined_rates)], "math", cse=True
    )
    outputs = sympy.lambdify(
        symbols, [o.xreplace(swap) for o in written_out(equations.inlined_outputs)], cse=True
    )
    into = equations.state_names.index(work.into)

    def solve(table: Array) -> Array:
        results = np.empty((len(table), len(TIMES), len(equations.outputs)))
        for i, row in enumerate(table):
            y, path = np.zeros(len(states)), np.zeros((len(TIMES), len(states)))
            for begin, end in zip(DOSE_TIMES, [*DOSE_TIMES[1:], END_H], strict=True):
                y[into] += work.dose
                now = (TIMES >= begin) & (TIMES <= end)
                solution = solve_ivp(
                    lambda t, y, row=row: rates(*y, *row), (begin, end), y, "LSODA",
                    TIMES[now], rtol=rtol, atol=atol,
                )  # fmt: skip
                path[now], y = solution.y.T, solution.y[:, -1].copy()
            found = outputs(*path.T, *row)
            results[i] = np.stack([np.broadcast_to(one, len(TIMES)) for one in found], axis=1)
        return results

    return solve


def named(name: str, work: Workload) -> Solver:
    """A peer by its name in the tables."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    makers: dict[str, Callable[[], Solver]] = {
        "libroadrunner (Adams)": lambda: roadrunner(work, stiff=False),
        "libroadrunner (BDF)": lambda: roadrunner(work, stiff=True),
        "numbalsoda (LSODA)": lambda: numbalsoda(work),
        "SciPy (LSODA)": lambda: scipy(work),
    }
    return makers[name]()


PEERS = ("libroadrunner (Adams)", "libroadrunner (BDF)", "numbalsoda (LSODA)", "SciPy (LSODA)")
