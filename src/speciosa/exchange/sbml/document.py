"""An SBML file as a document of libSBML, within bounds: level 3 version 2 inside, packages flattened or refused."""

import re
from pathlib import Path
from typing import Any

from speciosa.errors import Fault, MissingExtraError, ModelError

LARGEST_BYTES, DEEPEST = 50_000_000, 400
REFUSED_PACKAGES = ("fbc", "qual", "multi", "spatial", "arrays", "distrib", "dyn")
"""Packages that change what a model means and that are not read; those that only draw or group are left out."""
_LEVEL, _VERSION = 3, 2
_MOST_TOLD = 50


def document(path: Path) -> Any:
    """Reads a file.

    Raises:
        ModelError: the file is too large, declares entities, is not SBML, or uses what is not read; each with its place.
        MissingExtraError: libSBML is not installed.
    """
    text = _text(path)
    try:
        import libsbml
    except ImportError:
        raise MissingExtraError("exchange", "python-libsbml") from None
    found = libsbml.readSBMLFromString(text)
    _must_be_sound(found, path.name, libsbml)
    if found.getModel() is None:
        raise ModelError(Fault(path.name, "an SBML document with a model", "no model"))
    for name in REFUSED_PACKAGES:
        if found.isPackageEnabled(name) and found.getPackageRequired(name):
            raise ModelError(
                Fault(path.name, "core SBML", f"the package {name!r}, which changes what it means")
            )
    if found.isPackageEnabled("comp") and found.getPackageRequired("comp"):
        _convert(found, {"flatten comp": True, "leavePorts": False}, path.name, libsbml)
    if (found.getLevel(), found.getVersion()) != (_LEVEL, _VERSION):
        found.setLevelAndVersion(_LEVEL, _VERSION, False)
        if found.getLevel() != _LEVEL:
            raise ModelError(
                Fault(
                    path.name, "SBML from level 2 on", f"level {found.getLevel()}, not translated"
                )
            )
    return found


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ModelError(
                Fault(
                    path.name,
                    f"at most {LARGEST_BYTES // 10**6} MB",
                    f"{path.stat().st_size} bytes",
                )
            )
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelError(
            Fault(f"{path.name}, byte {error.start}", "text in UTF-8", "other bytes")
        ) from None
    except OSError as error:
        why = (error.strerror or str(error)).casefold()
        raise ModelError(Fault(str(path), "an SBML file", why)) from None
    if re.search(r"<!(DOCTYPE|ENTITY)", text):
        raise ModelError(
            Fault(path.name, "XML without entities", "a declaration of a document type")
        )
    depth = deepest = 0
    for mark in re.finditer(r"<(/?)[A-Za-z][^<>]*?(/?)>", text):
        depth += -1 if mark[1] else not mark[2]
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise ModelError(Fault(path.name, f"elements at most {DEEPEST} deep", f"{deepest} deep"))
    return text


def _must_be_sound(found: Any, name: str, libsbml: Any) -> None:
    errors = [found.getError(n) for n in range(found.getNumErrors())]
    faults = [
        Fault(
            f"{name}, line {error.getLine()}",
            "valid SBML",
            " ".join(error.getShortMessage().split()) or "something else",
        )
        for error in errors
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR
    ]
    if faults:
        raise ModelError(dict.fromkeys(faults[: 4 * _MOST_TOLD]))


def _convert(found: Any, options: dict[str, bool], name: str, libsbml: Any) -> None:
    wanted = libsbml.ConversionProperties()
    for option, value in options.items():
        wanted.addOption(option, value)
    if found.convert(wanted) != libsbml.LIBSBML_OPERATION_SUCCESS:
        raise ModelError(Fault(name, "a composed model that can be flattened", "one that cannot"))
