"""What Speciosa is built on: licences, a bill of materials (CycloneDX), the lowest versions that it allows, hashes of its pins.

python tools/supply.py licences
python tools/supply.py sbom dist/speciosa.cdx.json
python tools/supply.py lowest > lowest.txt
python tools/supply.py hashes INDEX    writes requirements.lock; INDEX is the address of a package index's simple pages
"""

import json
import re
import sys
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import Request, urlopen

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


_BUILT_FOR = re.compile(
    r"-(?:py3|py2\.py3|cp3\d+)[\w.]*-(?:none|abi3|cp31[123])-"
    r"(?:any|manylinux\w*_x86_64\S*|manylinux\w*_aarch64\S*|macosx\w*|win_amd64)\.whl"
)
"""Wheels of the Pythons and machines that are tested or likely: others install by `constraints.txt`, without hashes."""


def pins() -> dict[str, str]:
    """The version of each package that is pinned."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if "==" in line)


def hashed(index: str) -> str:
    """The pins with the SHA-256 of every file of theirs that fits, in the form that `pip install --require-hashes` reads."""
    entries = []
    for name, version in pins().items():
        page = urljoin(index.rstrip("/") + "/", re.sub(r"[-_.]+", "-", name).lower() + "/")
        asked = Request(page, headers={"Accept": "application/vnd.pypi.simple.v1+json"})
        with urlopen(asked, timeout=60) as answer:
            files = json.load(answer)["files"]
        own = [
            f for f in files if re.search(rf"-{re.escape(version)}(?:-|\.tar|\.zip)", f["filename"])
        ]
        wheels = [f for f in own if _BUILT_FOR.search(f["filename"])]
        sums = sorted(f["hashes"]["sha256"] for f in wheels or own)
        if not sums:
            sys.exit(f"{name} {version}: expected files with hashes, found none")
        entries.append(
            " \\\n    ".join([f"{name}=={version}", *(f"--hash=sha256:{s}" for s in sums)])
        )
    return "\n".join(entries) + "\n"


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
        case ["hashes", index]:
            (ROOT / "requirements.lock").write_text(hashed(index), encoding="utf-8")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
