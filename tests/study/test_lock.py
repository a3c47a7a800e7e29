"""Kept arms and lock files see every file and library that the numbers of a study come from."""

from pathlib import Path

import grimp

from speciosa.identity import hash_of
from speciosa.study import lock, read_study
from speciosa.study.question.read import parse_study

ROOT = Path(lock.__file__).parents[1]


def test_every_module_that_a_study_runs_on_is_hashed() -> None:
    graph = grimp.build_graph("speciosa")
    used = {"speciosa.study.run", *graph.find_upstream_modules("speciosa.study.run")}
    hashed = tuple(name.removesuffix(".py") for name in lock.CODE)
    outside = {name for name in used if name != "speciosa" and name.split(".")[1] not in hashed}
    assert outside == set()
    assert all((ROOT / name).exists() for name in lock.CODE)


def test_a_change_of_any_hashed_file_or_version_changes_the_key_of_an_arm(monkeypatch) -> None:
    study = read_study("default")
    before = lock.arm_hash(study, 0)
    known, code = dict(lock.versions()), dict(lock.hashes())
    for changed in known:
        monkeypatch.setattr(lock, "versions", lambda changed=changed: {**known, changed: "0"})
        assert lock.arm_hash(study, 0) != before
    monkeypatch.setattr(lock, "versions", lambda: known)
    assert lock.arm_hash(study, 0) == before
    for changed in code:
        monkeypatch.setattr(lock, "hashes", lambda changed=changed: {**code, changed: "0"})
        assert lock.arm_hash(study, 0) != before


def test_what_no_number_depends_on_changes_no_hash(monkeypatch, tmp_path: Path) -> None:
    """Facts move the hash of the facts, what computes that of the code; a report or a page moves neither."""
    files = {
        "facts/data/a.csv": {"facts"},
        "facts/data/b/c.toml": {"facts"},
        "own/a.csv": {"facts"},
        "facts/lookup.py": {"code"},
        "study/outcomes.toml": {"code"},
        "engine/linear/system.py": {"code"},
        "report/write.py": set(),
        "app/page.py": set(),
        "study/shipped/note.txt": set(),
    }
    for name in (*lock.CODE, *files):
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.suffix:
            place.write_text("1")
        else:
            place.mkdir(exist_ok=True)
    monkeypatch.setattr(lock, "files", lambda _: tmp_path)
    monkeypatch.setattr(lock, "folders", lambda: (tmp_path / "facts" / "data", tmp_path / "own"))

    def hashes() -> dict[str, str]:
        lock.hashes.cache_clear()
        return dict(lock.hashes())

    before = hashes()
    for name, moved in files.items():
        (tmp_path / name).write_text("2")
        after = hashes()
        assert {key for key in before if after[key] != before[key]} == moved, name
        (tmp_path / name).write_text("1")
    assert hashes() == before
    lock.hashes.cache_clear()


def test_the_hash_of_the_code_reads_every_file_of_its_rooms(tmp_path: Path) -> None:
    for name in ("a/b/c.py", "a/d.toml", "a/data/e.py", "f.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    places, kinds = [tmp_path / "a", tmp_path / "f.py"], (".py", ".toml")
    before = hash_of(places, kinds, without="data")
    for name, moves in (
        ("a/b/c.py", True),
        ("a/d.toml", True),
        ("f.py", True),
        ("a/data/e.py", False),
    ):
        (tmp_path / name).write_text("2")
        assert (hash_of(places, kinds, without="data") != before) is moves
        (tmp_path / name).write_text("1")


def test_only_an_arm_without_doses_depends_on_when_the_others_end() -> None:
    """And on the longest of them."""
    text = 'title = "t"\nquestion = "q"\n'
    text += '[[arms]]\nname = "none"\nregimen = "none"\n[[arms]]\nname = "given"\nregimen = "15 mg morphine oral"\n'
    text += '[[arms]]\nname = "long"\nregimen = "15 mg morphine oral every 6 h x {}"\n'
    keys = [[lock.arm_hash(parse_study(text.format(n)), arm) for arm in (0, 1)] for n in (8, 12)]
    assert keys[0][0] != keys[1][0] and keys[0][1] == keys[1][1]
    study = parse_study(text.format(8))
    assert lock.arm_hash(study, 0) == lock.arm_hash(study, 0, 0.0) != lock.arm_hash(study, 0, 0.001)
