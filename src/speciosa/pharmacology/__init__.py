"""The science as model parts: from dose to concentration to effect, put together for the substances asked for.

`system` builds one model of the parts that a question needs. Names are loaded when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOME = {
    "system": "assembly",
    "Way": "absorption",
    "schedule": "dosing",
    "describe": "covariates",
    "frequencies": "phenotypes",
}

__all__ = sorted(_HOME)

if TYPE_CHECKING:
    from speciosa.pharmacology.absorption import Way as Way
    from speciosa.pharmacology.assembly import system as system
    from speciosa.pharmacology.covariates import describe as describe
    from speciosa.pharmacology.dosing import schedule as schedule
    from speciosa.pharmacology.phenotypes import frequencies as frequencies


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
