"""What Speciosa is built on: licences, a bill of materials (CycloneDX), the lowest versions that it allows.

python tools/supply.py licences
python tools/supply.py sbom dist/speciosa.cdx.json
python tools/supply.py lowest > lowest.txt
"""

import json
import re
import sys
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).parents[1]


def needed(
    name: str = "speciosa", extras: tuple[str, ...] = ("app", "bayes")
) -> dict[str, Distribution]:
    """The installed distributions that Speciosa needs, by name; those of markers that do not hold are left out."""
    from packaging.requirements import Requirement  # comes with what tests need

    found: dict[str, Distribution] = {}
    waiting = [(name, extras)]
    while waiting:
        own, wanted = waiting.pop()
        key = re.sub(r"[-_.]+", "-", own).lower()
        if key in found:
            continue
        try:
            found[key] = distribution(own)
        except PackageNotFoundError:
            continue
        for text in found[key].requires or ():
            need = Requirement(text)
            holds = need.marker is None or any(
                need.marker.evaluate({"extra": e}) for e in (*wanted, "")
            )
            if holds:
                waiting.append((need.name, tuple(need.extras)))
    return dict(sorted(found.items()))


def licence(of: Distribution) -> str:
    """The licence as its own distribution states it: an expression, a classifier, or the field's first line."""
    about = of.metadata
    if about.get("License-Expression"):
        return str(about["License-Expression"])
    stated = [
        c.split(" :: ")[-1] for c in about.get_all("Classifier") or () if c.startswith("License ::")
    ]
    first = str(about.get("License") or "").strip().split("\n")[0][:60]
    return "; ".join(dict.fromkeys(stated)) or first or "not stated"


def sbom() -> dict[str, object]:
    """A bill of materials in the form of CycloneDX 1.5; two of the same installation are equal."""
    parts = [
        {
            "type": "library",
            "name": name,
            "version": each.version,
            "purl": f"pkg:pypi/{name}@{each.version}",
            "licenses": [{"license": {"name": licence(each)}}],
        }
        for name, each in needed().items()
        if name != "speciosa"
    ]
    own = distribution("speciosa")
    about = {"type": "application", "name": "speciosa", "version": own.version}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": about},
        "components": parts,
    }


def lowest() -> list[str]:
    """The lowest version that is allowed of each dependency, as constraints."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return sorted(
        text.split("[")[0].split(">=")[0] + "==" + text.split(">=")[1]
        for text in (*project["dependencies"], *extras["app"])
        if ">=" in text
    )


def main(words: list[str]) -> None:
    """Prints or writes what is asked for."""
    match words:
        case ["licences"]:
            for name, each in needed().items():
                print(f"{name:28} {each.version:14} {licence(each)}")
        case ["sbom", path]:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(json.dumps(sbom(), indent=1) + "\n", encoding="utf-8")
        case ["lowest"]:
            print("\n".join(lowest()))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
