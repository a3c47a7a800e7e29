"""The audit passes on the facts as they are, and names file, row, column and fault of whatever is planted."""

import csv
import shutil
from pathlib import Path

import pytest

from speciosa.facts import audit
from speciosa.facts.auditing.run import Audit
from speciosa.facts.tables import DATA, TABLES


def test_the_facts_as_they_are_pass() -> None:
    found = audit()
    assert found.faults == ()


def test_every_fact_is_counted_once() -> None:
    found = audit()
    for name, source in TABLES.items():
        texts = [path.read_text().splitlines() for path in source.paths()]
        lines = sum(len(list(csv.DictReader(text))) for text in texts)
        assert sum(found.counts[name].values()) == lines, name


def _plant(file: Path, row: int, **cells: str) -> None:
    with file.open(newline="") as handle:
        reader = csv.DictReader(handle)
        lines = list(reader)
    lines[row - 1].update(cells)
    with file.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, reader.fieldnames or [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)


PLANTED = [
    ("parameters/kratom.csv", 1, {"value": "many"}, "value", "a valid number"),
    ("parameters/kratom.csv", 2, {"reference": "tanna2022clinica"}, "reference", "a key of references.bib"),
    ("parameters/kratom.csv", 3, {"unit": "L/fortnightly"}, "unit", "a known unit, such as ng/mL"),
    ("parameters/kratom.csv", 4, {"unit": "mg"}, "unit", "a unit like L or"),
    ("parameters/kratom.csv", 5, {"value": "6.7e9", "spread_high": "7e9"}, "value", "0.001 to 20000 L/h"),
    ("parameters/kratom.csv", 6, {"spread_low": "2000"}, "spread_low", "at most the value"),
    ("parameters/kratom.csv", 7, {"substance": "speciocilatine"}, "substance", "an id of substances.toml"),
    ("parameters/kratom.csv", 8, {"parameter": "Vfoo"}, "parameter", "parameter-kinds.csv knows"),
    ("parameters/kratom.csv", 9, {"seen": "hearsay"}, "seen", "'fulltext', 'abstract', 'repository', 'recall' or 'judgement'"),
    ("parameters/kratom.csv", 10, {"location": ""}, "location", "the place in the source"),
    ("legal.csv", 4, {"id": "legal-0003"}, "id", "an id of its own"),
    ("parameters/kratom.csv", 16, {"spread": ""}, "spread", "sd needs one number"),
    ("parameters/kratom.csv", 18, {"spread": "3"}, "spread_type", "a spread is given but its type is none"),
    ("parameters/kratom.csv", 20, {"reference": "memory"}, "seen", "recall, since the reference is memory"),
    ("parameters/kratom.csv", 21, {"n": "4.5"}, "n", "a valid integer"),
    ("parameters/receptors.csv", 3, {"unit": ""}, "unit", "a unit, or 'unit not recorded'"),
    ("observations/kratom.csv", 1, {"metric": "highest"}, "metric", "metric-kinds.csv knows"),
    ("observations/kratom.csv", 3, {"metric": "Cmaxx"}, "metric", "metric-kinds.csv knows"),
    ("observations/kratom.csv", 2, {"unit": "ng/mL"}, "unit", "a unit like h"),
    ("observations/kratom.csv", 5, {"analyte": "speciogynin"}, "analyte", "an id of substances.toml"),
    ("trial-arms.csv", 1, {"events": "56"}, "events", "at most n = 55"),
    ("trial-arms.csv", 2, {"arm": "1"}, "arm", "each arm of Johnson 2000 once"),
    ("studies/treatment.csv", 1, {"events_t": "-1"}, "events_t", "a whole number of 0 or more"),
    ("studies/kratom.csv", 13, {"estimate": "0.55"}, "estimate", "525 of 2061"),
    ("risks.csv", 9, {"ci_low": "0.5"}, "ci_low", "at most the rate 0.47"),
    ("claims.csv", 3, {"verdict": "maybe"}, "verdict", "'supported', 'mixed'"),
    ("claims.csv", 4, {"confidence": "1.2"}, "confidence", "less than or equal to 1"),
    ("legal.csv", 2, {"since": "last year"}, "since", "a date YYYY"),
    ("legal.csv", 3, {"status": "fine"}, "status", "'legal', 'regulated'"),
    ("legal.csv", 9, {"as_of": "2199-01-01"}, "as_of", "a day up to"),
    ("legal.csv", 10, {"looked_up_on": "2199-01"}, "looked_up_on", "a day up to"),
    ("legal.csv", 11, {"since": "2199"}, "since", "a day up to"),
    ("legal.csv", 12, {"looked_up_on": "2026-11-29", "citation": ""}, "citation", "the statute or order"),
    ("legal.csv", 13, {"pending_from": "2199-01-01"}, "pending_status", "what will hold"),
    ("legal.csv", 14, {"as_of": ""}, "as_of", "at least 4"),
    ("withdrawal-by-day.csv", 1, {"frac_none": "0.5"}, "frac_none", "shares that sum to 1"),
]  # fmt: skip

SINGLE = [
    ("substances.toml", 'cas = "4098-40-2"', 'cas = "4098-40-3"', "mitragynine, cas", "check digit"),
    ("substances.toml", "molar_mass = 285.34\ncas", "molar_mass = 258.34\ncas", "morphine, molar_mass", "285.34 from"),
    ("substances.toml", 'parent = "codeine"', 'parent = "codein"', "codeine_6_glucuronide, parent", "an id of"),
    ("substances.toml", '"Subutex"', '"Narcan"', "naloxone, synonyms", "a name of one substance only"),
    ("references.bib", "pmid = {33257199}", "pmid = {15098800}", "pmid", "a document that stands once"),
    ("references.bib", "doi = {10.5694/mja2.51392}", "doi = {mja2.51392}", "abdelshaheed2022efficacy, doi", "as registered"),
    ("references.bib", "  author = {{Boehringer Ingelheim}},\n", "", "catapres0000ttslabel, author", "the author of"),
    ("references.bib", "{Opiate receptors}", "{Chapter (title not recorded)}", "mayberg1990opiate, title", "the title of"),
    ("sheets/kratom/mitragynine.toml", "kratom-0001", "kratom-9999", "mitragynine.toml, disposition CL, rows", "ids of facts"),
]  # fmt: skip


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """One audit of a copy of the facts with every fault planted at once."""
    root = tmp_path_factory.mktemp("facts") / "data"
    shutil.copytree(DATA, root, ignore=shutil.ignore_patterns("confirmations"))
    for file, row, cells, _, _ in PLANTED:
        _plant(root / file, row, **cells)
    for file, old, new, _, _ in SINGLE:
        text = (root / file).read_text()
        assert old in text, (file, old)
        (root / file).write_text(text.replace(old, new, 1))
    header = "fact,column,verdict,old,new,reference,location,seen,date,note\n"
    checks = [
        "kratom-0030,value,corrected,99,40.0,tanna2023translating,Table 5,fulltext,2026-11-22,",
        "kratom-7777,value,confirmed,,,tanna2023translating,Table 5,fulltext,2026-11-22,",
        "kratom-0031,valu,confirmed,,,,,fulltext,2026-11-22,",
        "kratom-0030,value,corrected,99,41.0,tanna2023translating,Table 5,fulltext,2026-11-22,",
    ]
    (root / "checks" / "planted.csv").write_text(header + "\n".join(checks) + "\n")
    chosen = "morphine,CL,comparators-0001,it is the one of them all\n"
    lost = "morphine,V,comparators-9999,it is the one of them all\n"
    (root / "selected-planted.csv").write_text(
        "substance,quantity,fact,why\n" + chosen + chosen + lost
    )
    again = ["kratom-0001,kratom-0003", "kratom-0001,kratom-0001x", "kratom-0022,kratom-0024"]
    lines = "".join(f"{pair},the same measurement\n" for pair in again)
    columns, *as_they_are = (root / "restated.csv").read_text().splitlines(keepends=True)
    (root / "restated.csv").write_text(columns + lines + "".join(as_they_are))
    (root / "products-planted.toml").write_text("[elixir.contents.mitragynine]\nvalue = 3\n")
    return audit(root)


@pytest.mark.parametrize(("file", "row", "cells", "column", "fault"), PLANTED)
def test_a_planted_cell_is_named_by_file_row_and_column(
    planted: Audit, file: str, row: int, cells: dict[str, str], column: str, fault: str
) -> None:
    place = f"{file}, row {row} ("
    named = [each for each in planted.faults if each.where.startswith(place)]
    hits = [each for each in named if each.where.endswith(f", {column}") and fault in each.expected]
    assert hits, [str(each) for each in named]


@pytest.mark.parametrize(("file", "old", "new", "where", "fault"), SINGLE)
def test_a_planted_fault_of_another_file_is_named(
    planted: Audit, file: str, old: str, new: str, where: str, fault: str
) -> None:
    name = Path(file).name
    hits = [
        each
        for each in planted.faults
        if each.where.startswith(name) and where in each.where and fault in each.expected
    ]
    assert hits


@pytest.mark.parametrize(
    ("where", "fault"),
    [
        ("checks/planted.csv, row 1 (kratom-0030), old", "what parameters/kratom.csv, row 30"),
        ("checks/planted.csv, row 2 (kratom-7777), fact", "the id of a fact"),
        ("checks/planted.csv, row 3 (kratom-0031), column", "a column of kratom.csv"),
        ("checks/planted.csv, row 3 (kratom-0031), reference", "the source by which"),
        ("checks/planted.csv, row 4 (kratom-0030), column", "one correction of a cell"),
        ("selected-planted.csv, row 1 (comparators-0001), quantity", "one selected row a quantity"),
        ("selected-planted.csv, row 3 (comparators-9999), fact", "the id of a fact"),
        ("restated.csv, row 1 (kratom-0001), same_as", "a row of the same substance"),
        ("restated.csv, row 3 (kratom-0022), same_as", "a row of the same value"),
        ("restated.csv, row 2 (kratom-0001), same_as", "the id of a fact"),
        ("products-planted.toml, elixir contents mitragynine", "a guess beside the number"),
    ],
)
def test_ledgers_are_audited(planted: Audit, where: str, fault: str) -> None:
    assert [each for each in planted.faults if each.where == where and fault in each.expected]


def test_a_fault_names_nothing_that_was_not_planted(planted: Audit) -> None:
    rows = {f"{file}, row {row} " for file, row, *_ in PLANTED}
    others = {Path(file).name for file, *_ in SINGLE} | {
        "checks/planted.csv",
        "selected-planted.csv",
        "products-planted.toml",
        "restated.csv",
    }
    for fault in planted.faults:
        in_a_row = any(fault.where.startswith(row) for row in rows)
        assert in_a_row or fault.where.split(",")[0] in others, str(fault)


def test_a_row_with_too_few_cells_stops_nothing_else(tmp_path: Path) -> None:
    root = tmp_path / "data"
    shutil.copytree(DATA, root)
    path = root / "legal.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], "legal-0001,Nowhere,XX", *lines[2:]]) + "\n")
    _plant(root / "trial-arms.csv", 1, events="56")
    found = [str(fault) for fault in audit(root).faults]
    assert any("legal.csv, line 2" in each and "cells" in each for each in found)
    assert any("trial-arms.csv, row 1" in each for each in found)


def test_a_number_under_another_name_is_named(tmp_path: Path) -> None:
    root = tmp_path / "data"
    shutil.copytree(DATA, root)
    path = root / "observations" / "kratom.csv"
    with path.open(newline="") as handle:
        reader = csv.DictReader(handle)
        lines = list(reader)
    lines.append(
        {**lines[0], "id": "kratom-9999", "reference": "kruegel2016synthetic", "note": "again"}
    )
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, reader.fieldnames or [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    found = [each for each in audit(root).faults if "kratom-9999" in each.where]
    assert [each.expected for each in found] == [
        "a number that stands once, or a line in restated.csv"
    ]
    with (root / "restated.csv").open("a") as handle:
        handle.write(f"kratom-9999,{lines[0]['id']},planted a second time\n")
    assert not [each for each in audit(root).faults if "kratom-9999" in each.where]


def test_a_sheet_with_a_missing_key_is_named(tmp_path: Path) -> None:
    root = tmp_path / "data"
    shutil.copytree(DATA, root)
    path = root / "sheets" / "kratom" / "mitragynine.toml"
    lines = path.read_text().splitlines()
    lines.remove('substance = "mitragynine"')
    path.write_text("\n".join(lines) + "\n")
    found = [each for each in audit(root).faults if "mitragynine.toml" in each.where]
    assert ("substance", "nothing") in [(each.where.split(", ")[-1], each.found) for each in found]
