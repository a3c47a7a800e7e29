"""Traits of what is taken together: the FDA's table of examples, its database of organ impairment, categories of QT risk.

Usage: python tools/confirm/interactions.py FDA_PAGE.git DATABASE.git QT_LIST.git GUIDANCE.git     (needs openpyxl)

They are copies in public repositories (Inkithai/medimind, mdm163/NaPDI-pv, Amelia3141/IvabradineTdP and
dbmi-pitt/DIKB-Evidence-analytics). What a row says otherwise than its source is printed and gets no record.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
from ledger import blob, raw, write

from speciosa import facts
from speciosa.errors import UnknownNameError

PAGE = "backend/reference_sources/fda_cyp_interactions.html"
DATABASE = "fda-drug-interaction-evidence/2015-evidence/FDA-OI-DIDB-07142015-psp40004-0489-sd5.xlsx"
LIST = "data/crediblemeds_data.txt"
GUIDANCE = "Drive-Experiment/universe_of_drugs/fda_guidance_checker.py"
CLASSES = {
    "cyp2c9_inhib": ("inhibits", "cyp2c9", {"Amiodarone": "moderate", "Capecitabine": "weak"}),
    "cyp2c19_inhib": ("inhibits", "cyp2c19", {"Fluconazole": "strong", "Esomeprazole": "moderate", "Allicin": "weak"}),
    "cyp2d_inhib": ("inhibits", "cyp2d6", {"Bupropion": "strong", "Cinacalcet": "moderate", "Amiodarone": "weak"}),
    "cyp3a_inhib": ("inhibits", "cyp3a", {"Boceprevir": "strong", "Amprenavir": "moderate", "Alprazolam": "weak"}),
    "cyp1a_inducers": ("induces", "cyp1a2", {"Montelukast": "moderate", "Moricizine": "weak"}),
    "cyp2c9_inducers": ("induces", "cyp2c9", {"Carbamazepine": "moderate", "Aprepitant": "weak"}),
}  # fmt: skip
"""The lists of the draft guidance of 2012, and the name with which each class of strength begins in them."""
LISTS = "lists of the draft guidance of 2012 (fda_guidance_checker.py, dbmi-pitt/DIKB-Evidence-analytics)"
LISTED = "the file lists names only; the level is read from the name with which each class begins"
SHEET = f"{Path(DATABASE).name} in mdm163/NaPDI-pv, sheet Data"
DERIVED = (
    "the level follows from the {}, by the classes for substrates of interactions/classes.toml"
)
UNNAMED = "the database has the enzyme as not specified, and CYP3A is taken from the inhibitor"
COLUMNS = (
    ("inhibits", "strong"), ("inhibits", "moderate"), ("inhibits", "weak"),
    ("induces", "strong"), ("induces", "moderate"), ("induces", "weak"),
    ("cleared by", "sensitive"), ("cleared by", "moderate"),
)  # fmt: skip
"""What the columns of the table say after the name; those of transporters state no strength and are not read."""
OTHER_NAMES = {"st. john’s wort": "hyperforin", "penicillin g": "penicillin", "albuterol": "salbutamol"}  # fmt: skip
NAMED = {"trait-0486": "the page names St. John’s wort, for which hyperforin stands here"}
UNCHANGED = {
    "trait-0932": "methotrexate", "trait-1111": "varenicline", "trait-1155": "levetiracetam",
    "trait-1419": "paliperidone", "trait-1632": "lacosamide",
}  # fmt: skip
"""Rows of renal clearance that follow from the share of a dose that is excreted unchanged."""
STRONGEST = {
    "trait-0660": ("vilazodone", "CYP3A4", "ketoconazole"),
    "trait-0821": ("risperidone", "CYP2D6", "fluoxetine"),
    "trait-0824": ("aripiprazole", "CYP2D6", "paroxetine"),
    "trait-0840": ("ziprasidone", "CYP3A4", "ketoconazole"),
    "trait-0844": ("iloperidone", "CYP2D6", "fluoxetine"),
    "trait-0851": ("tetrabenazine", "CYP2D6", "paroxetine"),
    "trait-0859": ("donepezil", "CYP3A4", "ketoconazole"),
    "trait-0878": ("apixaban", "CYP3A4", "ketoconazole"),
    "trait-0998": ("ranolazine", "CYP3A4", "ketoconazole"),
    "trait-1041": ("tamsulosin", "CYP3A4", "ketoconazole"),
    "trait-1247": ("cinacalcet", "CYP3A4", "ketoconazole"),
    "trait-1259": ("imatinib", "CYP3A4", "ketoconazole"),
    "trait-1408": ("desloratadine", "", "ketoconazole"),
    "trait-1545": ("alfuzosin", "CYP3A", "ketoconazole"),
    "trait-1550": ("silodosin", "CYP3A4", "ketoconazole"),
    "trait-1708": ("nilotinib", "CYP3A4", "ketoconazole"),
    "trait-1732": ("vandetanib", "CYP3A4", "itraconazole"),
}  # fmt: skip
"""Rows of clearance that follow from the largest rise of the area: the enzyme named, and its strong inhibitor."""
FOOTNOTES = {
    "2": "bupropion itself is no sensitive substrate, CYP2B6 only makes hydroxybupropion of it",
    "3": "by pharmacogenetic studies",
    "4": "at 200 mg a day, may be stronger at 400 mg",
    "5": "of conivaptan into a vein",
    "6": "usually given with ritonavir, a strong inhibitor of CYP3A",
    "7": "some sensitive substrates of CYP3A rose more than 5-fold",
    "8": "some sensitive substrates of CYP3A rose more than 2-fold",
    "9": "varies with brand, strength and preparation, strong with some",
    "10": "by simulation with a physiologically based model",
    "11": "S-lansoprazole is a sensitive substrate, in extensive metabolisers by CYP2C19",
    "12": "at 200 mg a day, larger at 400 mg",
    "14": "of ritonavir alone; caution in carrying it over to combinations against HIV or hepatitis C",
    "15": "CYP1A2 induced moderately at 800 mg a day",
    "16": "weak inducer at 100 to 200 mg a day without other antivirals",
    "17": "into a vein it does not inhibit BCRP and P-gp",
    "18": "varies widely with the preparation",
    "19": "S-warfarin",
    "20": "can act like a strong inhibitor on very sensitive substrates of CYP1A2 such as tizanidine",
    "21": "the active metabolite ACT-333679 is the sensitive substrate",
}
"""What the footnotes of the table of examples restrict, in words of our own; those on transport are left out."""


def fda(repository: Path) -> Iterator[dict[str, str]]:
    """Rows that the table of examples states: one row a drug, one column a role and strength."""
    text, mark = blob(repository, "HEAD", PAGE)
    table = re.findall(r"<table.*?</table>", text, re.DOTALL)[0]
    for line in re.findall(r"<tr.*?>(.*?)</tr>", table, re.DOTALL)[1:]:
        raw_name, *raw_cells = re.findall(r"<td.*?>(.*?)</td>", line, re.DOTALL)
        name = _text(raw_name)
        for (trait, level), raw_cell in zip(COLUMNS, raw_cells, strict=False):
            cell, note = _text(raw_cell), _footnotes(raw_name + raw_cell)
            for enzyme in re.findall(r"(?<!\w)(?:CYP)?(1A2|2B6|2C19|2C8|2C9|2D6|3A)", cell):
                about = f"drug={{}}; assay=role for CYP{enzyme}"
                place = f"Table 1, {name} (content of 29 May 2026)"
                stated = (trait, f"cyp{enzyme.lower()}", level)
                for record in _checked(name, stated, cell.strip(), about, place, mark):
                    told = "; ".join(filter(None, (note, NAMED.get(record["fact"]))))
                    yield {**record, "note": told} if told else record


def _footnotes(cell: str) -> str:
    """What the footnotes beside a name or a role say."""
    marks = re.findall(r"\d+", " ".join(re.findall(r"<sup.*?>(.*?)</sup>", cell, re.DOTALL)))
    told = "; ".join(FOOTNOTES[mark] for mark in marks if mark in FOOTNOTES)
    return f"footnote: {told}" if told else ""


def _text(cell: str) -> str:
    bare = re.sub(r"<sup.*?</sup>", "", cell, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", bare))).strip()


def organ(repository: Path) -> Iterator[dict[str, str]]:
    """Rows that follow from the share excreted unchanged, or from the largest rise of the area with an inhibitor."""
    content, mark = raw(repository, "HEAD", DATABASE)
    sheet = openpyxl.load_workbook(BytesIO(content), read_only=True)["Data"]
    table = [row for row in sheet.iter_rows(values_only=True) if row[1]]
    for fact, name in UNCHANGED.items():
        row = _named(table, name)
        share = float(str(row[2] or row[3]).split()[0])
        level = _level(1 / (1 - share))
        found = f"share excreted unchanged {share:g}, {_way(row[2], row[3])}"
        for record in _row(fact, level, found, name, f"{SHEET}, {name}, fe", mark):
            note = DERIVED.format("share excreted unchanged")
            yield {**_derived(record, "level"), "note": note}
    for fact, (name, enzyme, inhibitor) in STRONGEST.items():
        row = _named(table, name)
        if inhibitor not in str(row[15]) or enzyme not in str(row[9]):
            print(f"{fact}: {name} has {row[15]} and {row[9]}")
            continue
        change = float(row[13])
        ratio = 1 + change / 100
        found = f"area {change:.4g}% larger with {inhibitor}"
        place = f"{SHEET}, {name}, max DDI observed"
        for record in _row(fact, _level(ratio), found, name, place, mark):
            note = DERIVED.format("ratio of areas")
            if enzyme:
                yield {**_derived(record, "level"), "note": note}
            else:
                yield {**_derived(record, "of", "level"), "note": f"{note}; {UNNAMED}"}


def _way(into_vein: object, other: object) -> str:
    """How the dose was given of which a share was excreted: by mouth where the file names no other way."""
    if into_vein:
        return "into a vein"
    return "under the skin" if "(sq)" in str(other) else "by mouth"


def _named(table: list[tuple[Any, ...]], name: str) -> tuple[Any, ...]:
    return next(row for row in table if str(row[1]).strip().casefold().startswith(name))


def _level(ratio: float) -> str:
    """The class of a substrate by its ratio of areas with the enzyme blocked; see `interactions/classes.toml`."""
    edges = ((5.0, "sensitive"), (2.0, "moderate"), (1.25, "partly"))
    return next((level for edge, level in edges if ratio >= edge), "minor")


def qt(repository: Path) -> Iterator[dict[str, str]]:
    """Rows of the categories known, possible and conditional risk of torsades de pointes."""
    text, mark = blob(repository, "HEAD", LIST)
    for name, level in re.findall(r"^([^#|\n]+) \| (Known|Possible|Conditional) Risk", text, re.M):
        stated = ("qt", "", level.casefold())
        about = "drug={}; outcome=torsades de pointes"
        yield from _checked(
            name,
            stated,
            f"{level.casefold()} risk",
            about,
            f"undated list committed on 10 January 2025, {name}",
            mark,
        )


def guidance(repository: Path) -> Iterator[dict[str, str]]:
    """Rows that only the draft guidance of 2012 lists; what the table of 2026 says is newer."""
    text, mark = blob(repository, "HEAD", GUIDANCE)
    for name, (trait, enzyme, starts) in CLASSES.items():
        level = first = ""
        for drug in re.findall(r"'([^']+)'", text.split(f"{name} = [")[1].split("]")[0]):
            level, first = (starts[drug], drug) if drug in starts else (level, first)
            for row in _TRAITS:
                if row["reference"] == "fda2012guidance" and (row["trait"], row["of"]) == (
                    trait,
                    enzyme,
                ):
                    if row["substance"] == _id(drug):
                        about = f"drug={row['substance']}; assay=role for {enzyme.upper()}"
                        place = f"{LISTS}, {name}"
                        found = f"{drug}, in the class that begins with {first}"
                        for record in _same(row, level, found, about, place, mark):
                            yield {**_derived(record, "level"), "note": LISTED}


def _id(name: str) -> str:
    try:
        return facts.substance(OTHER_NAMES.get(name.casefold(), name)).id
    except UnknownNameError:
        return ""


def _checked(
    name: str, stated: tuple[str, str, str], found: str, about: str, place: str, mark: str
) -> Iterator[dict[str, str]]:
    trait, enzyme, level = stated
    substance = _id(name)
    for row in _TRAITS:
        if (row["substance"], row["trait"], row["of"]) == (substance, trait, enzyme):
            yield from _same(row, level, found, about.format(substance), place, mark)
            return
    if substance:
        print(f"no row: {substance} {trait} {enzyme} {level}")


def _row(
    fact: str, level: str, found: str, name: str, place: str, mark: str
) -> Iterator[dict[str, str]]:
    row = next(row for row in _TRAITS if row["id"] == fact)
    yield from _same(row, level, found, f"drug={name}; species=human", place, mark)


def _same(
    row: Mapping[str, str], level: str, found: str, about: str, place: str, mark: str
) -> Iterator[dict[str, str]]:
    if row["level"] != level:
        print(f"{row['id']}: {row['substance']} {row['trait']} {row['of']} {row['level']}, {found}")
        return
    enzyme = f"; of={row['of']}" if row["of"] else ""
    yield {
        "fact": row["id"], "printed": f"finding={found}{enzyme}; level={level}", "about": about,
        "place": place, "confirmed_by": "repository file", "passage": mark,
    }  # fmt: skip


def _derived(record: dict[str, str], *columns: str) -> dict[str, str]:
    """The record of a row of which the source does not print these columns."""
    told = [each for each in record["printed"].split("; ") if each.partition("=")[0] not in columns]
    return {**record, "printed": "; ".join(told), "not_stated": "; ".join(columns)}


_TRAITS = [row.cells for row in facts.rows("traits")]

if __name__ == "__main__":
    page, database, listed, tables = map(Path, sys.argv[1:])
    write("interactions.csv", [*fda(page), *organ(database), *qt(listed), *guidance(tables)])
