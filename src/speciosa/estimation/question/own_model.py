"""A model of the user's own: a function in a Python file that gives a `Model`."""

import importlib.util
import sys
from pathlib import Path

from speciosa.errors import Fault, InputError
from speciosa.estimation.question.form import Form
from speciosa.model import Equations, Model


def own_model(form: Form, text: str, folder: Path) -> Equations | None:
    """The equations that ``mine.py:build`` gives; what is wrong is noted.

    The file is run: it is the user's own program.
    """
    file, _, function = text.rpartition(":")
    if not file or not function.isidentifier():
        form.fault("file", "a file and its function, as mine.py:build", text)
        return None
    path = folder / file
    if not path.is_file() or path.suffix != ".py":
        form.fault("file", "a Python file", str(path.name), "It is looked for beside the fit file.")
        return None
    try:
        built = getattr(_module(path), function)()
    except InputError as wrong:
        form.faults.extend(
            Fault(f"{form.where('file')}: {f.where}", f.expected, f.found, f.fix)
            for f in wrong.faults
        )
        return None
    except Exception as wrong:  # whatever a program of the user's raises is told as a fault of it
        form.fault("file", "a function that gives a model", f"{type(wrong).__name__}: {wrong}")
        return None
    if isinstance(built, Equations):
        return built
    if not isinstance(built, Model):
        form.fault("file", "a function that gives a speciosa.Model", type(built).__name__)
        return None
    try:
        return built.build(static=True)
    except InputError as wrong:
        form.faults.extend(
            Fault(f"{form.where('file')}: {f.where}", f.expected, f.found, f.fix)
            for f in wrong.faults
        )
        return None


def _module(path: Path) -> object:
    spec = importlib.util.spec_from_file_location(f"speciosa_model_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = importlib.util.module_from_spec(spec)
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module
