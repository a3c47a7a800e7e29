"""Caches are optional and safe: nothing of others, nothing damaged; a full disk or a missing home breaks no later command."""

import os
import pwd
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from speciosa import saving
from speciosa.saving import cache_folder, keep, kept, save_whole
from speciosa.study import store
from speciosa.study.result import ArmRun

TRIALS = "study,effect,se\nA,0.1,0.2\nB,-0.3,0.1\nC,0.2,0.4\n"
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.argv = ["speciosa", *sys.argv[2:]]
from speciosa.cli import main
main()
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("SPECIOSA_CACHE", str(folder))
    return folder


def command(*words: str, limit: int = -1, **how: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", LIMITED, str(limit), *words], text=True, capture_output=True, **how)  # type: ignore[call-overload,no-any-return]  # fmt: skip


def test_what_is_kept_is_found_and_is_nobody_elses(own: Path) -> None:
    keep("room", "a", b"content")
    assert kept("room", "a") == b"content"
    assert own.stat().st_mode & 0o777 == 0o700
    shutil.copy(own / "room" / "a", own / "room" / "b")
    assert kept("room", "b") is None
    whole = (own / "room" / "a").read_bytes()
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        (own / "room" / "a").write_bytes(damaged)
        assert kept("room", "a") is None
        (own / "room" / "a").write_bytes(whole[:place])
        assert kept("room", "a") is None
    keep("room", "a", b"content")
    assert kept("room", "a") == b"content"


def test_a_cache_that_others_can_write_to_is_refused_by_name(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own.mkdir()
    own.chmod(0o777)
    assert cache_folder() is None
    assert str(own) in capsys.readouterr().err
    keep("room", "a", b"1")
    assert kept("room", "a") is None and list(own.iterdir()) == []


def test_who_has_no_home_and_no_entry_has_no_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "XDG_CACHE_HOME", "SPECIOSA_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert cache_folder() is None
    keep("room", "a", b"1")
    assert list(tmp_path.iterdir()) == []


def test_a_cache_whose_place_is_taken_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SPECIOSA_CACHE", str(tmp_path / "file" / "cache"))
    keep("room", "a", b"1")
    assert cache_folder() is None and kept("room", "a") is None


def test_a_full_disk_is_told_with_its_place_and_the_next_command_works(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TRIALS)
    page, cache = tmp_path / "page.html", tmp_path / "cache"
    environment = {**os.environ, "SPECIOSA_CACHE": str(cache)}
    words = ("meta", str(tmp_path / "t.csv"), "--out", str(page))
    full = command(*words, limit=1000, env=environment)
    assert full.returncode == 1
    assert str(page) in full.stderr and full.stderr.count("\n") == 1
    assert not page.exists() and not list(tmp_path.glob("*.part"))
    again = command(*words, env=environment)
    assert again.returncode == 0 and page.stat().st_size > 1000
    assert again.stdout == command(*words, env=environment).stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_to_a_full_disk_is_told() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", LIMITED, "-1", "facts", "search", "morphine"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert "standard output" in done.stderr and "Traceback" not in done.stderr


def test_saving_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save_whole(tmp_path / "a.txt", "before")

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="a.txt"):
        save_whole(path, "after")
    assert path.read_text() == "before" and [each.name for each in tmp_path.iterdir()] == ["a.txt"]


def test_many_may_write_the_same_file_at_once_and_one_of_them_stands(tmp_path: Path) -> None:
    path = tmp_path / "arms [1]" / "a.npz"
    contents = [bytes([n]) * 200_000 for n in range(24)]
    for _ in range(10):
        with ThreadPoolExecutor(len(contents)) as writers:
            assert set(writers.map(lambda content: save_whole(path, content), contents)) == {path}
        assert path.read_bytes() in contents
        assert list(path.parent.iterdir()) == [path]


def test_what_one_that_was_killed_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    for name in ("a.txt.0a1b.part", "b.txt.0a1b.part"):
        (tmp_path / name).write_text("half")
    save_whole(tmp_path / "a.txt", "whole")
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "b.txt.0a1b.part"]


def arm() -> ArmRun:
    values = {"pain_relief": np.arange(6, dtype=np.float32).reshape(2, 3)}
    courses = pl.DataFrame(
        {
            "output": ["a"],
            "unit": ["1"],
            "time_h": [0.0],
            "median": [1.0],
            "low": [0.0],
            "high": [2.0],
        }
    )
    return ArmRun("tea", values, courses, ("mitragynine",), (), {"k": np.ones(2)}, {})


def test_kept_arms_are_equal_to_the_byte_and_nobody_elses(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        store.save(arm(), tmp_path / name / "key.npz")
    assert (tmp_path / "one" / "key.npz").read_bytes() == (
        tmp_path / "two" / "key.npz"
    ).read_bytes()
    assert store.load(tmp_path / "one" / "key.npz") is not None
    shutil.copy(tmp_path / "one" / "key.npz", tmp_path / "one" / "other.npz")
    assert store.load(tmp_path / "one" / "other.npz") is None


def test_the_temporary_part_is_not_kept_by_the_cache_either(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    keep("room", "a", b"1")
    assert saving.kept("room", "a") is None
    assert not [path for path in own.rglob("*") if path.is_file()]
