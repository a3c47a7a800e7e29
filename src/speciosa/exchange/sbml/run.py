"""Simulating an SBML model at times of its own unit."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import polars as pl

from speciosa.engine import simulate
from speciosa.engine.choice import Method
from speciosa.errors import ConvergenceError, Fault, InputError, UnknownNameError
from speciosa.exchange.sbml.read import SbmlModel, read_sbml

RTOL = 1e-8


def simulate_sbml(
    source: SbmlModel | str | Path,
    times: "np.ndarray[tuple[int], np.dtype[np.float64]] | list[float]",
    *,
    variables: Collection[str] = (),
    amounts: Collection[str] = (),
    concentrations: Collection[str] = (),
    rtol: float = RTOL,
    method: Method = "auto",
) -> pl.DataFrame:
    """Solves a model of systems biology.

    Args:
        source: a model as read, or its file.
        times: in the document's own unit of time, ascending from 0 or later.
        variables: names to show; all that the document declares if none.
        amounts: species to show as amounts, whatever their names stand for; other variables have one value only.
        concentrations: species to show as concentrations.
        rtol: relative tolerance of the solver.
        method: the solver.

    Returns:
        Column ``time`` and one a variable.

    Raises:
        ModelError: the file cannot be read.
        InputError: times that do not ascend.
        UnknownNameError: a variable that the document does not declare.
        ConvergenceError: the model could not be solved.
    """
    model = source if isinstance(source, SbmlModel) else read_sbml(source)
    grid = np.asarray(times, dtype=np.float64)
    if grid.size == 0 or grid[0] < 0 or (np.diff(grid) <= 0).any():
        raise InputError(Fault("times", "ascending numbers from 0 on", "others"))
    shown = dict.fromkeys(variables or [*model.names, *amounts, *concentrations])
    outputs = {}
    for name in (*shown, *amounts, *concentrations):
        if name not in model.names:
            raise UnknownNameError("variable", name, model.names)
        kind = ".amount" if name in amounts else ".concentration" if name in concentrations else ""
        outputs[name] = f"{name}{kind}" if name in model.species else name
    equations = model.model.build()
    missing = sorted(set(outputs.values()) - {output.name for output in equations.outputs})
    if missing:
        raise InputError(Fault("variables", "what has a value", ", ".join(missing)))
    solved = simulate(
        equations,
        "none",
        parameters={},
        times=grid / model.units_an_hour,
        outputs=list(dict.fromkeys(outputs.values())),
        rtol=rtol,
        method=method,
    )
    if not solved.ok.all():
        raise ConvergenceError(f"{model.model.name} could not be solved: {solved.status[0]}.")
    columns = {name: solved[output][0] for name, output in outputs.items()}
    return pl.DataFrame({"time": grid, **columns})
