"""Which studies calibrate the models and which check them: a rule on what identifies the study, not a choice.

The SHA-256 of the identifier, as UTF-8 text, in hexadecimal: a first digit of 0 to 4 checks, 5 to f calibrates. The
identifier is the DOI in lower case without its address and without blanks; where there is none the PMID, else the NCT
number, else the key of the reference in lower case. Rows whose split was chosen before the rule stand in
``split-kept.csv`` and keep it; `split_faults` refuses any other row whose split the rule does not give.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from speciosa.delimited import read_text_table
from speciosa.errors import FactError, Fault
from speciosa.facts.bibliography import Reference

CHECKS = "01234"
"""First hexadecimal digits of the studies that check: five in sixteen."""

ADDRESS = re.compile(r"^(https?://)?(dx\.)?doi\.org/|^doi:", re.IGNORECASE)
WITHOUT = frozenset(
    {"ctn0030-patients.csv", "textbook.csv", "textbook-misses.csv", "standing.csv", "left-out.csv"}
)
"""Files of patients, and of results that are no studies."""
ASIDE = "set aside:"
"""How a note begins to say why a row neither calibrates nor checks."""


def identifier(reference: Reference) -> str:
    """What identifies a study: DOI, else PMID, else NCT number, else the key of the reference.

    Example:
        >>> identifier(Reference("A2020b", "article", "t", doi="https://doi.org/10.1000/ABC 1"))
        '10.1000/abc1'
        >>> identifier(Reference("A2020b", "article", "t", pmid="123")), identifier(Reference("A2020b", "misc", "t"))
        ('123', 'a2020b')
    """
    doi = "".join(ADDRESS.sub("", reference.doi.strip()).split()).lower()
    return doi or reference.pmid.strip() or reference.nct.strip() or reference.key.lower()


def split_by_rule(name: str) -> str:
    """``check`` or ``fit`` for an identifier.

    Example:
        >>> split_by_rule("10.1097/00007691-199212000-00008"), split_by_rule("10.1038/tpj.2010.28")
        ('fit', 'fit')
    """
    digest = hashlib.sha256(name.encode("utf-8")).hexdigest()
    return "check" if digest[0] in CHECKS else "fit"


def split_of(reference: Reference) -> str:
    """``check`` or ``fit`` for the study of a reference."""
    return split_by_rule(identifier(reference))


def observation_files(root: Path) -> list[Path]:
    """The files of observations that ship beside the facts of `root`; none where a folder of facts stands alone."""
    folder = root.parents[1] / "validation" / "observations" if len(root.parents) > 1 else root
    found = sorted(folder.glob("*.csv")) if folder.name == "observations" else []
    return [path for path in found if path.name not in WITHOUT]


def remembered_observations(root: Path) -> tuple[int, int]:
    """Rows of the observations beside the facts of `root`, and those whose figure is from memory (``recall``).

    Example:
        >>> remembered_observations(Path("no such folder"))
        (0, 0)
    """
    seen = [
        row.get("seen", "")
        for path in observation_files(root)
        for _, row in read_text_table(path, error=FactError, ragged=True).records()
    ]
    return len(seen), seen.count("recall")


def split_faults(root: Path, references: Mapping[str, Reference]) -> Iterator[Fault]:
    """Rows of observations whose split is neither the rule's nor one kept from before it."""
    kept_file = root / "split-kept.csv"
    kept = {}
    if kept_file.is_file():
        for _, row in read_text_table(kept_file, error=FactError).records():
            kept[row["file"], row["id"]] = row["split"]
    for path in observation_files(root):
        for _, row in read_text_table(path, error=FactError, ragged=True).records():
            yield from _faults_of(path.name, row, kept, references)


def _faults_of(
    file: str,
    row: Mapping[str, str],
    kept: Mapping[tuple[str, str], str],
    references: Mapping[str, Reference],
) -> Iterator[Fault]:
    name, split = row.get("id", ""), row.get("split", "")
    where = f"observations/{file}, {name}"
    if (file, name) in kept:
        if split not in {kept[file, name], "aside"}:
            yield Fault(
                f"{where}, split", f"{kept[file, name]}, as kept from before the rule", split
            )
        return
    if split == "aside" and ASIDE in row.get("note", ""):
        return
    key = row.get("reference", "")
    if key not in references:
        yield Fault(f"{where}, reference", "a key of references.bib", repr(key))
        return
    wanted = split_of(references[key])
    if split != wanted:
        fix = f"The rule gives {wanted} for {identifier(references[key])}."
        yield Fault(f"{where}, split", wanted, repr(split), fix)
