"""Speciosa compares kratom's alkaloids with opioid medicines, from dose to effect.

Mechanism (population pharmacokinetics and pharmacodynamics on virtual patients) and evidence (meta-analysis of
trials, a ledger of claims) end in one table of outcomes, which benefit-risk analysis and the report read.

Names are loaded when first used, so that ``import speciosa`` stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "SpeciosaError": "speciosa.errors",
    "InputError": "speciosa.errors",
    "Fault": "speciosa.errors",
    "Regimen": "speciosa.regimen",
    "parse_regimen": "speciosa.regimen",
    "Outcomes": "speciosa.outcomes",
    "Model": "speciosa.model",
    "simulate": "speciosa.engine",
    "Decision": "speciosa.engine",
    "Endpoint": "speciosa.engine",
    "Event": "speciosa.engine",
    "compare": "speciosa.comparison",
    "Study": "speciosa.study",
    "read_study": "speciosa.study",
    "validate": "speciosa.validation.run",
    "overdose_course": "speciosa.pharmacology.overdose",
    "meta_analysis": "speciosa.evidence.pooling",
    "network_meta_analysis": "speciosa.evidence.network",
}
_ROOMS = ("facts",)

__all__ = ["__version__", *sorted(_HOME), *_ROOMS]

if TYPE_CHECKING:
    from speciosa.comparison import compare as compare
    from speciosa.engine import Decision as Decision
    from speciosa.engine import Endpoint as Endpoint
    from speciosa.engine import Event as Event
    from speciosa.engine import simulate as simulate
    from speciosa.errors import Fault as Fault
    from speciosa.errors import InputError as InputError
    from speciosa.errors import SpeciosaError as SpeciosaError
    from speciosa.evidence.network import network_meta_analysis as network_meta_analysis
    from speciosa.evidence.pooling import meta_analysis as meta_analysis
    from speciosa.model import Model as Model
    from speciosa.outcomes import Outcomes as Outcomes
    from speciosa.pharmacology.overdose import overdose_course as overdose_course
    from speciosa.regimen import Regimen as Regimen
    from speciosa.regimen import parse_regimen as parse_regimen
    from speciosa.study import Study as Study
    from speciosa.study import read_study as read_study
    from speciosa.validation.run import validate as validate


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    elif name in _ROOMS:
        value = import_module(f"speciosa.{name}")
    else:
        raise AttributeError(f"module 'speciosa' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
