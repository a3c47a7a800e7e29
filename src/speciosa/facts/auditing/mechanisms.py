"""Whether what was read of a rule tells how the two act on each other and what changes, or that is this project's own."""

import re
from collections.abc import Iterator

from speciosa.errors import Fault
from speciosa.facts.record import split
from speciosa.facts.tables import Row

_TOLD = {
    "CYP3A": "3A",
    "P-gp": r"P-gp|glycoprotein",
    "UGT": "UGT|glucuron",
    "MAO-A": "MAO|monoamine",
    "absorption": "absor|take apart|bind",
    "antagonism": "antagon|withdraw|block|partial|oppos|lower the effect|work less",
    "anticholinergic": "cholinerg",
    "bleeding": "bleed|haemorrh|hemorrh",
    "blood pressure": "pressure|hypotens|hypertens|syncope",
    "blood sugar": "sugar|glyc|gluc",
    "breathing": "breath|respir",
    "clotting": "clot|thromb",
    "dopamine": "dopamin|movement disorder",
    "exposure": "expos|area|concentration|level|rais|lower|more |less ",
    "heart rate": "heart rate|bradycard|slow|block",
    "heart rhythm": "rhythm|QT|torsade|arrhythm",
    "kidney": "kidney|renal",
    "liver": "liver|hepat",
    "potassium": "potassium|kal[ae]?emi",
    "seizures": "seizure",
    "transport": "transport|OATP|OAT",
    "vasoconstriction": "vaso|isch|spasm",
}
"""Words of a record by which it tells of a mechanism; an enzyme that is not listed is told by its number."""
_CHANGED = {
    "raises": "more|rais|rise|increas|higher|fold|area|level|toxic|exposure|prolong|strengthen|slow",
    "lowers": "less|lower|reduc|fall|fell|area|weak|decreas|no longer|diminish|lose|loss|%",
    "opposes": "lower|less|weak|oppos|reduc|block|antagon|withdraw|revers|counter|rais|precipitat|take away|takes away",
}
"""Words of what is printed by which it tells that a level or an effect rises or falls, or is worked against."""
_OWN = re.compile(r"(?:beyond this record, |that too )?by judgement:[^;]*", re.IGNORECASE)
"""What a note calls this project's own: not told by what was read."""


def mechanism_faults(record: Row, row: Row, told: str) -> Iterator[Fault]:
    """Each mechanism of a rule and what changes stand in what was read, or are listed as not stated there."""
    own = split(record.cells.get("not_stated", ""))
    words = _CHANGED.get(row.cells.get("change", ""), "")
    if "change" not in own and not re.search(words, record.cells["printed"], re.IGNORECASE):
        expected = f"change, or that it {row.cells['change']} in what is printed"
        yield Fault(record.where("not_stated"), expected, "neither")
    if "mechanism" in own:
        return
    read = _OWN.sub("", told)
    for mechanism in re.split(r", | and ", row.cells.get("mechanism", "")):
        words = _TOLD.get(mechanism, mechanism.removeprefix("CYP"))
        if not re.search(words, read, re.IGNORECASE):
            yield Fault(
                record.where("not_stated"), f"mechanism, or {mechanism} in what was read", "neither"
            )
