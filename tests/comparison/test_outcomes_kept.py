"""The outcomes of the default study move only when somebody means it.

A change of code that is no change of science leaves them; a calibration or a mended equation moves them, and then
``python tests/comparison/test_outcomes_kept.py`` keeps the new ones and the changelog says which moved.
"""

import json
from pathlib import Path

from speciosa.study import read_study
from speciosa.study.run import run_study

KEPT = Path(__file__).parent / "data" / "outcomes-default.json"
# Studies are solved to 1e-3; another processor may take other steps within that.
CLOSE = 2e-3


def outcomes() -> dict[str, list[float]]:
    """Median and interval of every simulated outcome of the default study, for few people and draws."""
    study = read_study("default")
    few = study.population.model_copy(update={"patients": 20, "draws": 4, "seed": 1})
    table = run_study(study.model_copy(update={"population": few})).outcomes.summary()
    return {
        f"{row['arm']} | {row['outcome']}": [row["median"], row["low"], row["high"]]
        for row in table.sort("arm", "outcome").iter_rows(named=True)
    }


def test_outcomes_of_the_default_study_are_those_kept() -> None:
    kept, found = json.loads(KEPT.read_text(encoding="utf-8")), outcomes()
    assert list(found) == list(kept)
    moved = {
        name: (kept[name], values)
        for name, values in found.items()
        if any(
            abs(a - b) > CLOSE * max(abs(b), 1e-2) for a, b in zip(values, kept[name], strict=True)
        )
    }
    assert moved == {}


if __name__ == "__main__":
    KEPT.write_text(json.dumps(outcomes(), indent=1) + "\n", encoding="utf-8")
