"""The virtual adults of a study: what is fixed by the study, what varies as in the population."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from speciosa.model.records import Covariate as ModelCovariate
from speciosa.pharmacology.covariates import describe, usual_filtration
from speciosa.pharmacology.exposure.phenotypes import groups
from speciosa.population.covariates import Categorical, Constant, Covariate, LogNormal, Normal


def people(read: Iterable[ModelCovariate], *descriptions: str) -> dict[str, Covariate]:
    """How each covariate that a model reads varies between the patients of an arm.

    Args:
        read: covariates of the model.
        descriptions: what the study and the arm fix, ``key=value`` joined by ``;``; a later one overrules.

    Example:
        >>> who = people([ModelCovariate("weight", 70, "kg"), ModelCovariate("hepatic", 1, "1")], "weight=80 kg")
        >>> who["weight"], who["hepatic"]
        (Constant(value=80.0), Constant(value=1))
    """
    fixed: dict[str, float] = {}
    for text in descriptions:
        fixed.update(describe(text)[0].values)
    if "age" in fixed:
        fixed.setdefault("egfr", usual_filtration(fixed["age"]))
    return {entry.name: _covariate(entry, fixed) for entry in read}


def _covariate(entry: ModelCovariate, fixed: Mapping[str, float]) -> Covariate:
    name = entry.name
    if name in fixed:
        return Constant(fixed[name])
    found = groups(name)
    if found is not None:
        labels = [f"{value:g}" for value in found.values]
        return Categorical(
            dict(zip(labels, found.shares, strict=True)),
            dict(zip(labels, found.values, strict=True)),
        )
    entries = _adults()
    if name not in entries:
        return Constant(entry.value)
    shape = entries[name]
    if shape["distribution"] == "lognormal":
        return LogNormal(shape["median"], shape["cv"], shape["low"], shape["high"])
    return Normal(shape["mean"], shape["sd"], shape["low"], shape["high"])


@lru_cache(maxsize=1)
def _adults() -> Mapping[str, Any]:
    text = (files("speciosa.study") / "people.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
