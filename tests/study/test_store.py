"""Finished arms on disk: what is written reads back the same, and half a file is no file."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from speciosa.model.records import Parameter
from speciosa.study import read_study
from speciosa.study.lock import arm_hash, differences, lock_table
from speciosa.study.result import ArmRun
from speciosa.study.simulation import Block
from speciosa.study.store import load, load_block, save, save_block


@pytest.fixture
def run() -> ArmRun:
    return ArmRun(
        name="Tea",
        values={"pain_relief": np.array([[1.0, np.nan]], dtype=np.float32)},
        courses=pl.DataFrame({"output": ["cows"], "time_h": [1.0], "median": [0.5]}),
        substances=("mitragynine",),
        parameters=(
            Parameter("mitragynine.CL", 43.5, "L/h", 0.4, "lognormal", source="kratom-0001"),
        ),
        typical={"mitragynine.CL": np.array([43.0])},
        failed={"not finite": 1},
    )


def test_an_arm_reads_back_as_it_was_written(run: ArmRun, tmp_path: Path) -> None:
    path = tmp_path / "arms" / "a.npz"
    save(run, path)
    found = load(path)
    assert found is not None
    np.testing.assert_array_equal(found.values["pain_relief"], run.values["pain_relief"])
    np.testing.assert_array_equal(found.typical["mitragynine.CL"], run.typical["mitragynine.CL"])
    assert found.courses.equals(run.courses)
    assert (found.name, found.substances, found.parameters, found.failed) == (
        run.name,
        run.substances,
        run.parameters,
        run.failed,
    )
    assert [item.name for item in path.parent.iterdir()] == ["a.npz"]


def test_a_broken_file_counts_as_none(run: ArmRun, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    save(run, path)
    whole = path.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 20):
        path.write_bytes(whole[:length])
        assert load(path) is None
    assert load(tmp_path / "absent.npz") is None


def test_an_arm_under_another_name_counts_as_none(run: ArmRun, tmp_path: Path) -> None:
    save(run, tmp_path / "a.npz")
    (tmp_path / "a.npz").rename(tmp_path / "b.npz")
    assert load(tmp_path / "b.npz") is None


def test_a_block_reads_back_and_half_of_one_or_anothers_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "blocks" / "a-0-3.npz"
    values = {"pain_relief": np.array([1.0, np.nan, 2.0]), "cows": np.array([0.0, 4.0, 5.0])}
    save_block(Block(values, np.array([0, 1, 0])), path)
    found = load_block(path)
    assert found is not None and list(found.endpoints) == ["pain_relief", "cows"]
    for name, value in values.items():
        np.testing.assert_array_equal(found.endpoints[name], value)
    assert found.status.tolist() == [0, 1, 0]
    whole = path.read_bytes()
    path.rename(path.with_name("b.npz"))
    assert load_block(path.with_name("b.npz")) is None and load_block(path) is None
    path.write_bytes(whole[: len(whole) // 2])
    assert load_block(path) is None


def test_the_hash_of_an_arm_depends_on_what_its_numbers_depend_on() -> None:
    study = read_study("default")
    hashes = [arm_hash(study, number) for number in range(len(study.arms))]
    assert len(set(hashes)) == len(hashes)
    renamed = study.arms[0].model_copy(update={"name": "Other", "note": "words"})
    same = study.model_copy(update={"arms": (renamed, *study.arms[1:])})
    assert arm_hash(same, 0) == hashes[0]
    seeded = study.model_copy(
        update={"population": study.population.model_copy(update={"seed": 2})}
    )
    assert arm_hash(seeded, 0) != hashes[0]


def test_a_lock_names_what_differs() -> None:
    lock = lock_table(read_study("default"), ["kratom-0001"])["lock"]
    assert differences(lock) == []
    changed = {
        "versions": {**lock["versions"], "numpy": "0.1"},
        "hashes": {**lock["hashes"], "facts": "none"},
    }
    assert [line.split(":")[0] for line in differences(changed)] == ["numpy", "facts"]
