"""Says whether a wheel holds every file of the package that the checkout has, data included, and nothing else."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile


def main() -> None:
    """Compares the wheel (first argument) with the files that Git knows in the checkout (second)."""
    wheel, checkout = Path(sys.argv[1]), Path(sys.argv[2])
    command = [
        "git",
        "-C",
        str(checkout),
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "src",
    ]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    here = {name.removeprefix("src/") for name in listed if name and (checkout / name).is_file()}
    with ZipFile(wheel) as archive:
        there = {name for name in archive.namelist() if ".dist-info/" not in name}
    for name in sorted(here - there):
        print(f"{name}: not in the wheel", file=sys.stderr)
    for name in sorted(there - here):
        print(f"{name}: in the wheel alone", file=sys.stderr)
    if here != there:
        raise SystemExit(1)
    print(f"{wheel.name}: {len(there)} files, {wheel.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
