"""A record of confirmation is held against its row: figures, units, spread and n, drug, species, people, route, form, dose."""

import csv
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from speciosa import facts
from speciosa.errors import Fault
from speciosa.facts import audit
from speciosa.facts.auditing.formulas import computed
from speciosa.facts.confirming import figure, passage_mark
from speciosa.facts.tables import DATA

PARAMETER = {
    "fact": "comparators-0012",
    "printed": "value=91.9 L/h; rse=3.91 %; n=49",
    "follows": "spread=value*rse/100",
    "about": "drug=morphine; species=human; population=adults with cancer pain; route=oral, subcutaneous; form=ir and er",
    "place": "ini block",
    "confirmed_on": "2026-11-29",
    "confirmed_by": "repository file",
    "passage": "git:4848b1f",
}
OBSERVED = {
    "fact": "tanna2022_01",
    "printed": "value=81.9 nmol/L; range=50.1 to 177 nmol/L; n=5",
    "about": "drug=mitragynine; population=healthy adults; route=oral; form=tea; dose=39 mg; time=single dose",
    "place": "Table 3",
    "confirmed_on": "2026-11-29",
    "confirmed_by": "table",
    "passage": "figures:0123456789abcdef",
    "note": "a median",
}
ARM = {
    "fact": "arm-0009",
    "printed": "share=56 %",
    "follows": "events=share/100*[arm-0009.n]",
    "not_stated": "n",
    "about": "drug=buprenorphine; population=164 applicants to treatment; dose=8 mg, mean 8.9 mg; time=16 weeks",
    "place": "abstract",
    "confirmed_on": "2026-11-29",
    "confirmed_by": "abstract",
    "passage": "figures:0123456789abcdef",
}
RULE = {
    "fact": "rule-090",
    "printed": "finding=tricyclics lower the effect of clonidine; a case with mirtazapine",
    "about": "drug=clonidine; comparison=taken together",
    "not_stated": "severity; mechanism",
    "place": "interactions",
    "confirmed_on": "2026-11-29",
    "confirmed_by": "label",
    "passage": "sha256:c2571fc9fb2b93b4",
    "note": "beyond this record, by judgement: lofexidine and tizanidine",
}
READ = {
    "fact": "kratom-0040",
    "printed": "value=9.70 umol/L; spread=4.80 umol/L",
    "about": "drug=mitragynine; species=human; assay=recombinant enzyme, luminescence",
    "place": "abstract (Pharmacognosy Res 2013;5:241; pubmed 24174816)",
    "confirmed_on": "2026-11-29",
    "confirmed_by": "abstract",
    "passage": "figures:3db0f5b4e104fdb6",
}
BOUND = {
    "fact": "added-0128",
    "printed": "value=0.8 nmol/L",
    "about": "drug=duloxetine; species=human; assay=radioligand binding to the human transporter",
    "place": "abstract",
    "confirmed_on": "2026-11-29",
    "confirmed_by": "abstract",
    "passage": "figures:0123456789abcdef",
}
PLAIN = {
    "fact": "added-0025",
    "printed": "value=19.4507 L; n=99",
    "about": "drug=midazolam; species=human; population=99 healthy adults of seven studies; route=oral, iv",
    "place": "ini block",
    "confirmed_on": "2026-11-29",
    "confirmed_by": "repository file",
    "passage": "git:4137869",
}
UNCOUNTED = {
    "fact": "comparators-0229",
    "printed": "value=1.17 ng/mL; ci95=0.85 to 1.49 ng/mL",
    "about": "drug=remifentanil; species=human; population=healthy young men, 11 in each group; route=iv",
    "place": "abstract",
    "confirmed_on": "2026-11-29",
    "confirmed_by": "abstract",
    "passage": "figures:dfb88ce1ce0aa83c",
}
BARE = {
    "fact": "davies1977clonidine_01",
    "printed": "value=8.5 h; unstated=0.9 h; n=5",
    "about": "drug=clonidine; population=five normotensive subjects",
    "place": "abstract (PubMed 870272)",
    "confirmed_on": "2026-11-29",
    "confirmed_by": "abstract",
    "passage": "figures:b7c9d30791ef2d48",
}
ALONE = {
    "fact": "r125",
    "printed": "denominator=337; events=0",
    "follows": "rate=events/denominator",
    "about": "drug=buprenorphine; population=337 patients; form=with naloxone; time=12 months; outcome=liver injury",
    "place": "abstract (Am J Addict 2014;23:563; zendy.io)",
    "confirmed_on": "2026-11-29",
    "confirmed_by": "abstract",
    "passage": "figures:0123456789abcdef",
    "note": "181 completed the year",
}
DRUNK = {
    "fact": "kratomstudy-0050",
    "printed": "n=170; estimate=2.0; ci_low=1.08; ci_high=3.68",
    "about": "drug=kratom; population=170 regular users; form=tea; dose=76 to 115 mg; time=while stopping; "
    "comparison=4 glasses a day or more against 1 to 3",
    "place": "abstract (pubmed 29558272)",
    "confirmed_on": "2026-11-29",
    "confirmed_by": "abstract",
    "passage": "figures:98051cbe16744557",
}
COMBINED = {
    "fact": "painkillers-study-0034",
    "printed": "estimate=1.6; ci_low=1.5; ci_high=1.8",
    "about": "drug=ibuprofen, acetaminophen; population=adults; comparison=placebo; dose=200 mg and 500 mg; route=oral; time=6 h",
    "place": "summary of the review",
    "confirmed_on": "2026-11-29",
    "confirmed_by": "abstract",
    "passage": "figures:0123456789abcdef",
}
PLANTED = [
    (PARAMETER, {"printed": "value=91.8 L/h; rse=3.91 %; n=49"}, "value", "91.8, which follows"),
    (PARAMETER, {"printed": "value=91.9 L/min; rse=3.91 %; n=49"}, "value", "5514, which follows"),
    (PARAMETER, {"printed": "value=91.9 mg; rse=3.91 %; n=49"}, "printed", "one convertible to L/h"),
    (PARAMETER, {"printed": "value=91.9 L/h; rse=3.91 %; n=94"}, "n", "94, which follows"),
    (PARAMETER, {"printed": "value=91.9 L/h; rse=3.91 %"}, "printed", "n, which"),
    (PARAMETER, {"printed": "value=91.9 L/h; sd=3.59; n=49", "follows": ""}, "spread_type", "'sd', as was printed"),
    (PARAMETER, {"follows": "spread=value*rse"}, "spread", "which follows"),
    (PARAMETER, {"follows": "spread=value*rsd"}, "follows", "a formula that can be computed"),
    (PARAMETER, {"printed": "value=91.9 L/h; rse=3.915 %; n=49"}, "spread", "3.59788, which follows"),
    (PARAMETER, {"not_stated": "value"}, "not_stated", "lesser columns"),
    (PARAMETER, {"printed": "value=91.9 L/h; rse=3.91 %", "not_stated": "n"}, "n", "not printed"),
    (PARAMETER, {"about": "drug=codeine; species=human; route=oral; form=ir"}, "about", "drug morphine"),
    (PARAMETER, {"about": "drug=morphine; species=rat; route=oral; form=ir"}, "about", "species human"),
    (PARAMETER, {"about": "drug=morphine; species=human; route=transdermal; form=ir"}, "about", "route oral or sc"),
    (PARAMETER, {"about": "drug=morphine; species=human; route=oral"}, "about", "form er or ir"),
    (PARAMETER, {"about": "drug=morphine; sort=human"}, "about", "keys among"),
    (PARAMETER, {"passage": ""}, "passage", "the mark of the passage"),
    (PARAMETER, {"passage": "read it"}, "passage", "git:, figures: or sha256:"),
    (PARAMETER, {"confirmed_by": "hearsay"}, "confirmed_by", "'table', 'abstract'"),
    (PARAMETER, {"confirmed_by": "recomputed", "follows": ""}, "follows", "how the value is computed"),
    (PARAMETER, {"confirmed_on": "2226-11-29"}, "confirmed_on", "a day that has been"),
    (PARAMETER, {"fact": "comparators-9912"}, "fact", "the id of a fact"),
    (OBSERVED, {"printed": "value=81.9 nmol/L; range=50.1 to 17.7 nmol/L; n=5"}, "spread_high", "17.7, which"),
    (OBSERVED, {"printed": "value=32.64 ng/mL; range=50.1 to 177; n=5"}, "printed", "one convertible"),
    (OBSERVED, {"about": "drug=mitragynine; route=oral; dose=39 to 78 mg"}, "about", "dose 39 mg"),
    (OBSERVED, {"about": "drug=mitragynine; route=iv; dose=39 mg"}, "about", "route oral"),
    (OBSERVED, {"about": "drug=mitragynine; dose=39 mg"}, "about", "route oral"),
    (OBSERVED, {"about": "drug=mitragynine; route=oral; dose=39 mg"}, "about", "the population"),
    (OBSERVED, {"about": "drug=mitragynine; population=ten adults; route=oral; dose=39 mg"}, "about", "people who are healthy"),
    (OBSERVED, {"about": OBSERVED["about"].replace("single ", "")}, "about", "dosing single, as of the row"),
    (OBSERVED, {"note": ""}, "about", "statistic median, as of the row"),
    (BARE, {"about": f"{BARE['about']}; condition=fasted"}, "regimen", "fasted, as its record says"),
    (OBSERVED, {"confirmed_by": "abstract"}, "seen", "abstract, as its record"),
    (DRUNK, {"about": DRUNK["about"].replace("4 glasses", "some glasses")}, "about", "4 in intervention of the row"),
    (ARM, {"about": "drug=buprenorphine; population=applicants; dose=8 mg"}, "about", "dose 8.9 in arm_label"),
    (ARM, {"about": "drug=buprenorphine; population=applicants; dose=8, 8.9 mg; time=4 weeks"}, "about", "the time 16 wk"),
    (ARM, {"not_stated": "", "printed": "share=56 %; n=84"}, "note", "what was read"),
    (ARM, {"about": ARM["about"].replace("164 ", "")}, "note", "said to be computed here, found 164"),
    (OBSERVED, {"printed": "value=81.9 nmol/L; spread_low=50.1; spread_high=177; n=5"}, "printed", "range, the kind"),
    (PARAMETER, {"about": "drug=morphine; species=human; route=oral, sc; form=er"}, "about", "cancer, as of the row"),
    (PARAMETER, {"about": "drug=morphine; population=some of 49 people with cancer"}, "n", "a part of the people"),
    (PARAMETER, {"note": "fixed"}, "n", "holds fixed"),
    (PARAMETER, {"confirmed_by": "label", "place": "abstract (pubmed 1)"}, "confirmed_by", "of an article"),
    (PLAIN, {"note": "RSE 3 %"}, "spread_type", "the spread that"),
    (PLAIN, {"printed": "value=19.4507 L; rse=3 %; n=99"}, "spread_type", "the spread that"),
    (UNCOUNTED, {"about": "drug=remifentanil; species=human; population=eight volunteers; route=iv"}, "n", "of 'eight volunteers'"),
    (BARE, {"about": "drug=clonidine; population=five subjects; route=iv; form=drops"}, "formulation", "'drops', as"),
    (BARE, {"about": "drug=clonidine; population=five subjects; route=iv; dose=0.3 mg"}, "dose", "'0.3 mg', as"),
    (PLAIN, {"about": f"{PLAIN['about']}; dose=7.77 mg"}, "note", "the dose '7.77 mg', as its"),
    (ALONE, {"about": f"{ALONE['about']}; comparison=methadone"}, "comparator", "'methadone', as"),
    (COMBINED, {"about": COMBINED["about"].replace(", acetaminophen", "")}, "about", "drug acetaminophen, ibuprofen"),
    (PARAMETER, {"about": PARAMETER["about"].replace("adults", "healthy adults")}, "system", "people who are healthy"),
    (RULE, {"not_stated": "severity"}, "not_stated", "mechanism, or "),
    (RULE, {"printed": "finding=tricyclics beside clonidine; a case with mirtazapine"}, "not_stated", "change, or that it "),
    (RULE, {"not_stated": "severity", "note": f"{RULE['note']}, and blood pressure as the way"}, "not_stated", "mechanism, or "),
    (RULE, {"note": ""}, "note", "'beyond this record, by judgement:' and lofexidine"),
    (RULE, {"about": "drug=ZYVOX; comparison=taken together"}, "reference", "the label of ZYVOX, which"),
    (PARAMETER, {"about": "drug=morphine; population=49 people with cancer, two of three doses each"}, "n", "a part of the people"),
    (BOUND, {"about": BOUND["about"].replace("radioligand binding", "binding")}, "about", "radioligand, as of the row"),
    (READ, {"place": "abstract (Br J Anaesth 2013;5:241; pubmed 24174816)"}, "reference", "in Br J Anaesth, as"),
    (READ, {"place": "abstract (Pharmacognosy Res 2012;5:241)"}, "reference", "with year 2012, as"),
    (READ, {"place": "abstract (Pharmacognosy Res 2013;6:241)"}, "reference", "with volume 6, as"),
    (READ, {"place": "abstract (Pharmacognosy Res 2013;5:246)"}, "reference", "with pages 246, as"),
    (READ, {"place": "abstract (pubmed 24174817)"}, "reference", "with pmid 24174817, as"),
    (PARAMETER, {"confirmed_by": "table", "place": "Table 3"}, "seen", "names a page"),
]  # fmt: skip


def _faults(root: Path, *records: Mapping[str, str]) -> list[Fault]:
    columns = list(facts.rows("confirmations")[0].cells)
    for path in (root / "confirmations").glob("*.csv"):
        path.unlink()
    with (root / "confirmations" / "own.csv").open("w", newline="") as handle:
        writer = csv.DictWriter(handle, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
    return list(audit(root).faults)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("facts") / "data"
    shutil.copytree(DATA, copy)
    return copy


def test_records_that_fit_their_rows_pass(root: Path) -> None:
    passing = (PARAMETER, OBSERVED, ARM, RULE, PLAIN, UNCOUNTED, BARE, ALONE, COMBINED, READ, BOUND)
    assert _faults(root, *passing) == []


@pytest.mark.parametrize(("record", "cells", "column", "fault"), PLANTED)
def test_what_does_not_fit_is_named(
    root: Path, record: Mapping[str, str], cells: Mapping[str, str], column: str, fault: str
) -> None:
    found = _faults(root, {**record, **cells})
    hits = [each for each in found if each.where.endswith(f", {column}") and fault in str(each)]
    assert hits, [str(each) for each in found]


def test_a_row_called_confirmed_without_a_record_is_named(root: Path) -> None:
    header = "fact,column,verdict,old,new,reference,location,seen,date,note\n"
    line = "kratom-0001,,confirmed,,,tanna2023translating,Table 3,fulltext,2026-11-22,\n"
    path = root / "checks" / "without.csv"
    path.write_text(header + line)
    found = _faults(root, PARAMETER)
    path.unlink()
    assert [each.where for each in found] == ["checks/without.csv, row 1 (kratom-0001), verdict"]
    assert "a record in confirmations/" in found[0].expected


def test_a_label_that_is_not_printed_is_inferred_with_a_reason(root: Path) -> None:
    lines = [
        "facts,label,says,by,because",
        "tanna2022_01,dosing,single,design,a crossover with a washout between the doses",
        "tanna2022_01,statistic,median,convention,",
        "tanna2022_01,route,oral,design,tea is drunk and not injected",
        "tanna2022_02,dosing,daily,design,a crossover with a washout between the doses",
        "tanna2022_99,dosing,single,design,a crossover with a washout between the doses",
    ]
    path = root / "inferred" / "own.csv"
    path.write_text("\n".join(lines) + "\n")
    silent = {**OBSERVED, "about": OBSERVED["about"].replace("single ", ""), "note": ""}
    found = [str(each) for each in _faults(root, silent)]
    path.unlink()
    assert len(found) == 4
    for row, fault in (
        ("row 2, because", "at least 15 characters"),
        ("row 3, says", "route printed or inferred, not both"),
        ("row 4, says", "words of tanna2022_02"),
        ("row 5, facts", "ids of facts"),
    ):
        assert any(row in each and fault in each for each in found), found


def test_a_fact_shows_what_is_inferred() -> None:
    text = str(facts.monograph("hoskin1989morphine_01"))
    assert "not printed, inferred: dosing single (by design): absolute bioavailability" in text


def test_a_label_read_on_a_page_is_no_public_repository() -> None:
    assert facts.fact("rule-077").seen == "abstract"
    assert facts.fact("rule-126").seen == "fulltext"


def test_a_note_names_a_document_that_the_bibliography_has(root: Path) -> None:
    record = next(
        each for each in facts.rows("confirmations") if each.cells["fact"] == "comparators-0196"
    )
    path = root / "checks" / "models.csv"
    text = path.read_text()
    path.write_text(text.replace("the model of Algera 2021", "the model of algera2021fentanyl"))
    found = _faults(root, record.cells)
    path.write_text(text)
    assert [each.found for each in found] == ["algera2021fentanyl"]


def test_two_records_of_one_fact_are_one_too_many(root: Path) -> None:
    found = _faults(root, PARAMETER, PARAMETER)
    assert {each.expected for each in found} == {"one record a fact"}


def test_a_confirmed_fact_shows_what_was_compared() -> None:
    text = str(facts.monograph("comparators-0012"))
    assert "Compared with the source" in text
    assert "printed: value=91.9 L/h; rse=3.91 %; n=49" in text
    assert facts.fact("comparators-0012").checked == "confirmed"


@pytest.mark.parametrize(
    "text", ["exp(1)", "__import__('os')", "(1).real", "[a-1", "lambda: 1", "b + 1"]
)
def test_a_formula_is_arithmetic_and_nothing_else(text: str) -> None:
    if text == "exp(1)":
        assert computed(text, {}, lambda row, column: 0.0)[0] == pytest.approx(2.718281828)
        return
    with pytest.raises(ValueError):
        computed(text, {}, lambda row, column: 0.0)


def test_figures_read_numbers_spans_and_words() -> None:
    assert figure("1.5e-3 1/s").low == 0.0015
    assert (figure("-3 to 4 mmHg").low, figure("-3 to 4 mmHg").high) == (-3.0, 4.0)
    assert figure("schedule I").text == "schedule I"


def test_the_mark_of_a_passage_is_of_its_numbers() -> None:
    assert passage_mark("of 1,118 people 48.4") == passage_mark("1118 ... 48.4")
    assert passage_mark("48.4 of 1118") != passage_mark("1118, 48.4")


def test_the_table_of_label_rules_keeps_the_words_of_its_records() -> None:
    """What is edited in a record of a label's passage stands in the table from which a script writes it."""
    path = Path(__file__).parents[2] / "tools" / "confirm" / "label-rules.csv"
    records = {each.cells["fact"]: each.cells for each in facts.rows("confirmations")}
    with path.open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) > 40
    for row in rows:
        record, excluded = records[row["rule"]], row["excluded"] == "yes"
        assert (
            record["printed"]
            == f"finding={row['finding']}" + "; severity=contraindicated" * excluded
        )
        assert record["note"] == row["note"], row["rule"]
        assert record["about"] == f"drug={row['drug']}; comparison=taken together"
        assert f"{row['date']}, {row['section']} ({row['passage']}){row['also']}" in record["place"]
        assert ("mechanism" in record["not_stated"]) == (row["mechanism"] == "no"), row["rule"]
