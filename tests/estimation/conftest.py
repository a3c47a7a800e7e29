"""Fit files as texts, and reading them beside the data sets of these tests."""

from pathlib import Path

import pytest

from speciosa.estimation.question.read import parse_fit

DATA = Path(__file__).parent / "data"


def _text(data, structure, parameters, error, method="FOCEI", more="", **estimation):
    """A fit file: parameters as ``name: (start, between)``, with lines of further keys."""
    lines = ["[data]", f'file = "{data}"', "[model]", f'structure = "{structure}"']
    for name, (start, between, *keys) in parameters.items():
        lines += [f"[parameters.{name}]", f"start = {start!r}", f"between = {between!r}", *keys]
    lines += ["[error.plasma]", *error, more, "[estimation]", f'method = "{method}"']
    lines += [f"{key} = {value}" for key, value in estimation.items()]
    return "\n".join(lines)


@pytest.fixture(scope="session")
def fit_text():
    return _text


@pytest.fixture(scope="session")
def asked():
    """A question from its text, data sets being those of these tests."""

    def read(text, folder=DATA):
        return parse_fit(text, folder=folder)

    return read
