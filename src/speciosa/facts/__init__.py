"""What is known and how: substances, products, parameters, observations, studies, claims, risks, law, references.

The facts are plain files in ``data`` that a pharmacologist can edit. `table` gives a kind of fact as a Polars frame,
`records` as typed records, `fact` one of them by its id; `substance` and `reference` find by any of their names.
Names are loaded when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOME = {
    "table": "tables",
    "rows": "tables",
    "TABLES": "tables",
    "records": "lookup",
    "fact": "lookup",
    "checks": "lookup",
    "confirmation": "lookup",
    "selections": "lookup",
    "restated": "lookup",
    "substance": "registry",
    "substances": "registry",
    "Substance": "registry",
    "reference": "bibliography",
    "references": "bibliography",
    "Reference": "bibliography",
    "molar_mass": "translate",
    "base_mass": "translate",
    "nanomoles": "translate",
    "nanomolar": "translate",
    "mme": "translate",
    "search": "names",
    "resolve": "names",
    "legal": "places",
    "monograph": "monographs",
    "audit": "auditing",
    "check_file": "userfile",
}
__all__ = sorted(_HOME)

if TYPE_CHECKING:
    from speciosa.facts.tables import TABLES as TABLES
    from speciosa.facts.tables import rows as rows
    from speciosa.facts.tables import table as table


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'speciosa.facts' has no attribute {name!r}")
    value = getattr(import_module(f"speciosa.facts.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
