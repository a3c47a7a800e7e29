"""Rows from the repository of the FDA model of opioid overdose: parameter files, bootstrap sets, digitised points.

Usage: python tools/confirm/fda_overdose.py PATH/TO/repository
"""

import re
import sys
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path

import numpy as np
from ledger import blob, write

from speciosa.facts.lookup import row_of

REPOSITORY = "FDA/Mechanistic-PK-PD-Model-to-Rescue-Opioid-Overdose"
NASAL = "Intranasal_Naloxone_Repeat_Dosing_and_Fentanyl_Overdose"
BUPRENORPHINE = "Clinical_Comparison_all/Clinical_Comparison_Buprenorphine"
FENTANYL = "Clinical_Comparison_all/Clinical_Comparison_Fentanyl"
CELLS = "drug={drug}; species=rat C6 cells expressing human MOR; assay=association and dissociation at the human mu receptor"
TOLD = (
    "; cells and assay: Table S2, as nlmixr2/nlmixr2lib tells it in Mann_2022_mu_receptor_binding.R"
)
Scripted = tuple[str, str, str, Mapping[str, tuple[str, str]]]

SCRIPTS: tuple[Scripted, ...] = (
    (
        "main", "Ligand_Data/Fentanyl_A_parameters/parmsFentanyl.R",
        "drug=fentanyl; species=human; route=iv; condition=three compartments and effect site",
        {
            "comparators-0196": ("kout", "1/s"), "comparators-0197": ("k12", "1/s"),
            "comparators-0198": ("k13", "1/s"), "comparators-0199": ("k21", "1/s"),
            "comparators-0200": ("k31", "1/s"), "comparators-0201": ("k1", "1/s"),
            "comparators-0202": ("Mmass", "g/mol"),
        },
    ),
    (
        "main", "Ligand_Data/Fentanyl_A_parameters/parmsFentanyl.R",
        "drug=naloxone; species=human; route=im; condition=strength not stated in the file",
        {
            "comparators-0465": ("F", ""), "comparators-0466": ("kin", "1/s"),
            "comparators-0467": ("ktr", "1/s"), "comparators-0468": ("kout2", "mL/s"),
            "comparators-0469": ("V1", "mL"), "comparators-0470": ("k12N", "mL/s"),
            "comparators-0471": ("V2", "mL"), "comparators-0472": ("k2", "1/s"),
        },
    ),
    (
        NASAL, "Naloxone_Clinical_Figure4A/IN_PK_model/IN_NARCAN_SCR_011_pars.txt",
        "drug=naloxone; species=human; route=intranasal; form=spray; dose=4 mg",
        {
            "comparators-0473": ("F", ""), "comparators-0474": ("Kin", "1/s"),
            "comparators-0475": ("Ktr", "1/s"), "comparators-0476": ("Kout", "mL/s"),
            "comparators-0477": ("V1", "mL"), "comparators-0478": ("k12N", "mL/s"),
            "comparators-0479": ("V2", "mL"),
        },
    ),
    (
        "main", "Figure_7/models/modelWithSimpleVentilatoryCollapse_IM/delaypars.R",
        "drug=naloxone; species=human; route=im; condition=strength not stated in the file",
        {
            "comparators-0480": ("F", ""), "comparators-0481": ("kin", "1/s"),
            "comparators-0482": ("ktr", "1/s"), "comparators-0483": ("kout2", "mL/s"),
            "comparators-0484": ("V1", "mL"),
        },
    ),
    (
        "f363656", f"{BUPRENORPHINE}/Data/parms_B.R",
        "drug=buprenorphine; species=human; route=iv; condition=three compartments and effect site",
        {
            "comparators-0341": ("koutb", "1/s"), "comparators-0342": ("k12b", "1/s"),
            "comparators-0343": ("k21b", "1/s"), "comparators-0344": ("k13b", "1/s"),
            "comparators-0345": ("k31b", "1/s"), "comparators-0346": ("k1b", "1/s"),
            "comparators-0353": ("A1", "1/s"), "comparators-0354": ("B1", "1/s"),
            "comparators-0355": ("n", ""),
        },
    ),
    (
        "f363656", f"{BUPRENORPHINE}/Data/parms_B.R", CELLS.format(drug="buprenorphine"),
        {
            "receptors-0025": ("A1", "1/s"), "receptors-0027": ("B1", "1/s"),
            "receptors-0029": ("n", ""),
        },
    ),
    (
        "1876650", f"{BUPRENORPHINE}/models/delaypars.R",
        "drug=buprenorphine; species=human; route=iv; condition=three compartments and effect site",
        {
            "comparators-0347": ("koutb", "1/s"), "comparators-0348": ("k12b", "1/s"),
            "comparators-0349": ("k21b", "1/s"), "comparators-0350": ("k13b", "1/s"),
            "comparators-0351": ("k31b", "1/s"), "comparators-0352": ("k1b", "1/s"),
        },
    ),
    (
        "1876650", "Clinical_Comparison_all/Clinical_Comparison_Remifentanil/models/newODEs.txt",
        "drug=remifentanil; species=human",
        {"comparators-0235": ("Mmass", "g/mol")},
    ),
)  # fmt: skip

SETS = (
    ("fentanyl", "receptors-0001", "main", "Ligand_Data/Fentanyl_A_parameters/Fentanyl_A_pars.txt", "receptors-0002",
     "main", "Ligand_Data/Fentanyl_A_parameters/boot_pars.csv", "pharmacodynamics-0052"),
    ("carfentanil", "receptors-0007", "main", "Ligand_Data/Carfentanil_parameters/CARFENTANIL_pars.txt", "receptors-0008",
     "main", "Ligand_Data/Carfentanil_parameters/boot_pars.csv", "pharmacodynamics-0053"),
    ("naloxone", "receptors-0013", "main", "Ligand_Data/NALOXONE/NALOXONE_pars.txt", "receptors-0014",
     "main", "Ligand_Data/NALOXONE/boot_pars.csv", "pharmacodynamics-0055"),
    ("remifentanil", "receptors-0019", "772ecd6", "Ligand_Data/Remifentanil_parameters/Remifentanil_pars.txt",
     "receptors-0020", "6de5da7", "Ligand_Data/Remifentanil_parameters/boot_pars.csv", "pharmacodynamics-0054"),
    ("buprenorphine", "", "", "", "receptors-0026", "04d1862", f"{BUPRENORPHINE}/Data/Buprenorphine_boot_pars.csv",
     "pharmacodynamics-0056"),
)  # fmt: skip

_NUMBER = r"[-+]?\.?\d[\d.]*(?:[eE][-+]?\d+)?"


def scripted(repository: Path) -> Iterator[dict[str, str]]:
    """Rows whose figure stands as ``name=figure`` or ``name figure`` in a script or parameter file."""
    for revision, path, about, wanted in SCRIPTS:
        text, mark = blob(repository, revision, path)
        for fact, (name, unit) in wanted.items():
            found = re.search(rf"(?<![\w.]){name}\s*[= ]\s*({_NUMBER})", text)
            if found is None:
                print(f"{fact}: no {name} in {path}")
                continue
            yield _record(
                fact, f"value={found[1]} {unit}", about, f"{path} at {revision}, {name}", mark
            )


def binding(repository: Path) -> Iterator[dict[str, str]]:
    """Optimal values and the percentiles of the bootstrap sets of the binding kinetics."""
    for drug, optimum, at, file, first, revision, path, potency in SETS:
        about = CELLS.format(drug=drug)
        names = ("kon", "koff", "n")
        if optimum:
            text, mark = blob(repository, at, file)
            figures = [line.split()[-1] for line in text.splitlines() if line.split()]
            for offset, (name, figure) in enumerate(zip(names, figures, strict=True)):
                fact = _later(optimum, 2 * offset)
                unit = "" if name == "n" else "1/s"
                yield _record(
                    fact, f"value={figure} {unit}", about, f"{file} at {at}, {name}", mark
                )
        text, mark = blob(repository, revision, path)
        header = [
            re.sub(r"\W.*", "", name.strip('"')).lower() for name in text.splitlines()[0].split(",")
        ]
        columns = [header.index(name) for name in (("a1", "b1", "n") if "a1" in header else names)]
        table = np.genfromtxt(StringIO(text.replace('"', "")), delimiter=",", skip_header=1)[
            :, columns
        ]
        for offset, name in enumerate(names):
            fact = _later(first, 2 * offset)
            unit = "" if name == "n" else "1/s"
            yield _percentiles(
                fact, table[:, offset], unit, about, f"{path} at {revision}, {name}", mark
            )
        halves = (table[:, 1] / table[:, 0]) ** (1 / table[:, 2])
        yield _percentiles(
            potency, halves, "pmol/L", about, f"{path} at {revision}, (koff/kon)^(1/n) by set", mark
        )


def effects(repository: Path) -> Iterator[dict[str, str]]:
    """Exponents of the drives, the collapse, and the greatest depression by buprenorphine."""
    path = "Figure_7/simulateToGetOD_IM.R"
    _, mark = blob(repository, "main", path)
    people = "drug=opioid; species=human; condition="
    for fact, printed, follows, who, name in (
        (
            "pharmacodynamics-0057",
            "naive=2.5; factor=1.15",
            "value=naive*factor",
            "opioid-naive",
            "P1",
        ),
        ("pharmacodynamics-0058", "value=0.9", "", "opioid-naive", "P3"),
        (
            "pharmacodynamics-0059",
            "naive=2.5; chronic=1.47; factor=1.15",
            "value=naive*chronic*factor",
            "chronic use",
            "P1",
        ),
        (
            "pharmacodynamics-0060",
            "naive=0.9; chronic=1.47",
            "value=naive*chronic",
            "chronic use",
            "P3",
        ),
        ("pharmacodynamics-0061", "value=0.06319", "", "all", "P2"),
    ):
        record = _record(fact, printed, people + who, f"{path} at main, {name}", mark)
        yield {**record, "follows": follows}
    path = "Figure_7/models/modelWithSimpleVentilatoryCollapse_IM/delaypars.R"
    _, mark = blob(repository, "main", path)
    record = _record(
        "pharmacodynamics-0064",
        "rate=0.004; factor=6",
        people + "all",
        f"{path} at main, Cim25",
        mark,
    )
    yield {**record, "follows": "value=rate*factor"}
    path = f"{FENTANYL}/IV_opiod.R"
    _, mark = blob(repository, "b90dd66", path)
    about = "drug=fentanyl; species=human; route=iv; condition=isohypercapnic"
    yield _record(
        "pharmacodynamics-0069", "value=0.000703 1/s", about, f"{path} at b90dd66, k1", mark
    )
    path = f"{BUPRENORPHINE}/Clinical_Comparison_Buprenorphine_IV_Naloxone_IV.R"
    _, mark = blob(repository, "04d1862", path)
    about = "drug=buprenorphine; species=human; outcome=share of ventilation lost at full occupancy"
    yield _record(
        "receptors-0031", "value=.56", about, f"{path} at 04d1862, comment on alpha", mark
    )
    path = f"{BUPRENORPHINE}/Data/alpha_Max_Depression.csv"
    text, mark = blob(repository, "04d1862", path)
    alphas = np.array([float(line) for line in text.splitlines()[1:]])
    place = f"{path} at 04d1862, 2000 sampled values"
    yield _percentiles("receptors-0032", alphas, "", about, place, mark)
    record = _record(
        "pharmacodynamics-0065", f"value=0.56; samples={len(alphas)}", about, place, mark
    )
    note = (
        "the typical value stands in the script beside the file; the spread is that of its samples"
    )
    yield {**record, "follows": f"spread={alphas.std(ddof=1):.4g}", "note": note}


def _percentiles(
    fact: str, values: np.ndarray, unit: str, about: str, place: str, mark: str
) -> dict[str, str]:
    """Median and 2.5 and 97.5 percentiles over the sets, rounded as the row is."""
    figures = {
        "value": float(np.median(values)),
        "spread_low": float(np.percentile(values, 2.5)),
        "spread_high": float(np.percentile(values, 97.5)),
    }
    follows = "; ".join(f"{name}={number:.6g}" for name, number in figures.items())
    follows = "; ".join(part + (f" {unit}" if unit else "") for part in follows.split("; "))
    note = "the file prints the sets; median and 2.5 and 97.5 percentiles are computed from them"
    record = _record(fact, f"sets={len(values)}", about, place, mark)
    return {**record, "follows": follows, "note": note}


def _later(fact: str, steps: int) -> str:
    name, _, number = fact.rpartition("-")
    return f"{name}-{int(number) + steps:04d}"


GROUPS = {
    "A_Naive.csv": (
        1, "opioid-naive volunteers",
        "75/150/250/350 ug (for 70 kg, over 90 s each, at 120, 180, 240 and 300 min)",
    ),
    "B_Chronic.csv": (
        23, "people who take opioids daily in high dose",
        "250/350/500/700 ug (for 70 kg, over 90 s each)",
    ),
}  # fmt: skip


def digitised(repository: Path) -> Iterator[dict[str, str]]:
    """Points of ventilation digitised by the authors, over the point at 107 min before the first dose."""
    for name, (first, people, dose) in GROUPS.items():
        path = f"{FENTANYL}/paper_digitized/{name}"
        text, mark = blob(repository, "86d4d9e", path)
        points = np.genfromtxt(StringIO(text.replace('"', "")), delimiter=",", skip_header=1)
        before = points[np.abs(points[:, 0] - 107).argmin()]
        for offset, (minute, _, middle, _) in enumerate(points):
            fact = f"algera2021tolerance_{first + offset:02d}"
            about = f"drug=fentanyl; species=human; population={people}; route=iv; dose={dose}; condition=isohypercapnic"
            printed = f"minute={minute:g}; ventilation={middle:g}; before={before[2]:g}; at={_hours(fact, minute)}"
            yield {
                **_record(fact, printed, about, f"{path} at 86d4d9e, column MR", mark),
                "follows": "value=ventilation/before",
            }


def binned(repository: Path) -> Iterator[dict[str, str]]:
    """The scatter of ventilation after buprenorphine and naloxone, in bins of five minutes over its first point."""
    main, mark = blob(repository, "f363656", f"{BUPRENORPHINE}/Data/Buprenorphine_Naloxone.csv")
    missed, _ = blob(repository, "f363656", f"{BUPRENORPHINE}/Data/missedpoints.csv")
    points = np.vstack([np.genfromtxt(StringIO(text), delimiter=",") for text in (main, missed)])
    first = points[0, 1]
    about = (
        "drug=buprenorphine, naloxone; species=human; population=healthy volunteers; route=iv; dose=0.2 mg (of "
        "buprenorphine at 0, then naloxone from 30 min)"
    )
    place = f"{BUPRENORPHINE}/Data, Buprenorphine_Naloxone.csv and missedpoints.csv at f363656"
    for number in range(1, 45):
        fact = f"vandorp2006naloxone_{number:02d}"
        minute = float(row_of(fact).cells["at"].split()[0]) * 60
        start = 5 * round((minute - 2.5) / 5)
        inside = points[(points[:, 0] >= start) & (points[:, 0] < start + 5), 1]
        printed = f"points={len(inside)}; ventilation={inside.mean():.6g}; spread_of_points={inside.std(ddof=1):.6g}"
        yield {
            **_record(fact, f"{printed}; first={first:.6g}", about, place, mark),
            "follows": "value=ventilation/first; spread=spread_of_points/first",
            "note": f"mean and SD of the digitised points from {start} to {start + 5} min; the study is told from the regimen",
        }


def _hours(fact: str, minute: float) -> str:
    """The time of the row where it is the digitised one, in hours to three digits; the digitised one otherwise."""
    text = row_of(fact).cells["at"]
    near = abs(float(text.split()[0]) - minute / 60) <= 0.006
    return text if near else f"{minute / 60:.3g} h"


def _record(fact: str, printed: str, about: str, place: str, mark: str) -> dict[str, str]:
    place = f"{REPOSITORY}, {place}{TOLD if 'C6 cells' in about else ''}"
    return {
        "fact": fact, "printed": printed.strip(), "about": about, "place": place,
        "confirmed_by": "repository file", "passage": mark,
    }  # fmt: skip


if __name__ == "__main__":
    local = Path(sys.argv[1])
    write(
        "repository.csv",
        [*scripted(local), *binding(local), *effects(local), *digitised(local), *binned(local)],
    )
