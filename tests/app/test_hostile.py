"""A thousand malformed or hostile inputs: each refused with a message, the process alive, nothing written."""

import json
import random
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

client = pytest.importorskip(
    "websockets.sync.client", reason="needs websockets, of the extra `app`"
)

COUNT = 250
NUMBERS = (
    "-5",
    "1e309",
    "NaN",
    "inf",
    "-inf",
    "0x10",
    "1,5",
    "--1",
    "9" * 39,
    "1e3",
    "٣",
    "½",
    "1/2",
    "__import__('os')",
    "12 kg; x",
    "1_000",
    "0.0.1",
    "+-3",
    "1e-400",
    "²",
    "-0.0001",
    "None",
    "[1]",
    "{}",
    "true",
    "1;2",
    "1 2",
    "0b1",
    "7h",
    "%s",
)
TEXTS = (
    "<script>alert(1)</script>",
    "'; DROP TABLE arms; --",
    "../../etc/passwd",
    "$(touch /tmp/pwned)",
    "`id`",
    "{{7*7}}",
    "%n%n%n",
    "\x00",
    "\u202egnp.exe",
    "a" * 600,
    "1 mg morphine oral every 1 h x 99999999",
    "1e308 kg morphine oral",
    "-5 g kratom_leaf oral",
    "5 g kratom_leaf rectal",
    "5 kratom_leaf",
    "g 5",
    "5 g unobtainium oral",
    "every every every",
    "5 g kratom_leaf oral every 0 h x 3",
    "5 g kratom_leaf oral every 8 h x 0",
    "5 g kratom_leaf oral at -9 h",
    ";;;;",
    "5 lightyears morphine oral",
    "NaN mg morphine oral",
    "🙂" * 30,
    "../" * 100,
    "5 g kratom_leaf oral over 0 h",
    "500 g morphine oral",
    "5 m/s morphine oral",
    "file:///etc/passwd",
)
FILES = (
    "",
    "\x00\x01\x02",
    "not = toml = at all",
    "[" * 9000,
    "a=" + "[" * 5000,
    "title='x'",
    "title='x'\nquestion='q'\n[[arms]]\nname=1",
    "title='x'\nquestion='q'\narms=3",
    "# " + "x" * 70_000,
    "[[arms]]\n" * 300,
    "x={" * 900,
    "title='x'\nquestion='q'\nimport='os'\n",
    "title='x'\nquestion='q'\n[[arms]]\nname='a'\nregimen='5 g kratom_leaf oral'\n[population]\npatients=999999999",
    "title='x'\nquestion='q'\n[[arms]]\nname='a'\nregimen='$(id)'",
    "\ufeff\ufeff",
    'title="""',
    "title = inf",
    "0=0",
    "title='x'\nquestion='q'\n[[arms]]\nname='a'\nregimen='none'\nfile='/etc/passwd'",
    "!!python/object/apply:os.system ['id']",
)
FRAMES = (
    "",
    "{",
    "[]",
    "null",
    "1",
    '"x"',
    "[" * 100_000,
    '{"method":"update"}',
    '{"method":"update","data":[]}',
    '{"method":"init","data":{}}',
    '{"method":"evil","data":{}}',
    '{"method":"uploadInit","args":[[{"name":"../../x","size":1,"type":""}]],"tag":1}',
    '{"method":"makeRequest","args":[],"tag":2}',
    '{"method":"update","data":{"age":NaN}}',
    '{"method":"update","data":{"x":1}}',
    '{"method":"update","data":{"age":{"a":1}}}',
    '{"method":"update","data":{"age":[1,2]}}',
    '{"method":"update","data":{"age:shiny.date":"x"}}',
    '{"method":"update","data":{"a:b:c":1}}',
    '{"method":"update","data":{"__proto__":"x"}}',
    '{"method":"update","data":{".clientdata_x":{"a":1}}}',
    '{"method":"update","data":{"study_file":7}}',
    '{"method":{"a":1},"data":{}}',
    '{"data":{"age":"4"}}',
    '{"method":"update","data":{"age":1e999}}',
    '{"method":"update","data":{"study_file":"' + "x" * 300_000 + '"}}',
)
NUMBER_FIELDS = ("weight", "age", "days", "taper", "patients", "draws")
CHOICE_FIELDS = (
    "page",
    "for",
    "course",
    "sex",
    "cyp2d6",
    "liver",
    "kidneys",
    "history",
    "instead",
    "network",
    "pool",
    "claim",
)


def varied(seeds: tuple[str, ...], count: int, seed: int) -> Iterator[str]:
    """The seeds, then the seeds with characters changed, added or taken."""
    yield from seeds[:count]
    dice = random.Random(seed)
    for _ in range(count - len(seeds)):
        text = list(dice.choice(seeds)) or ["x"]
        for _ in range(dice.randint(1, 4)):
            place = dice.randrange(len(text) + 1)
            text[place:place] = chr(dice.choice((0, 7, 34, 39, 59, 60, 0x202E, 0x1F600, 0x7F)))
        yield "".join(text)


class Talk:
    """A session spoken to without a browser."""

    def __init__(self, address: str) -> None:
        self.connection = client.connect(
            address.replace("http://", "ws://") + "websocket/",
            max_size=None,
            close_timeout=1,
            origin=address.rstrip("/"),
        )
        self.socket = self.connection.__enter__()
        self.say(
            {
                "method": "init",
                "data": {"page": "legal", ".clientdata_output_view_legal_hidden": True},
            }
        )

    def say(self, message: dict[str, Any]) -> None:
        self.socket.send(json.dumps(message))

    def close(self) -> None:
        self.connection.__exit__(None, None, None)

    def refusal(self) -> str:
        """What is said against the last message."""
        while True:
            found = json.loads(self.socket.recv(timeout=30)).get("custom", {})
            if "refused" in found:
                return str(found["refused"]["text"])
            if found.get("faults", {}).get("faults"):
                return str(found["faults"]["faults"])


@pytest.fixture
def talk(quiet: Any) -> Iterator[Talk]:
    spoken = Talk(quiet.address)
    yield spoken
    spoken.close()


def asked(address: str, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    place = urlsplit(address)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=30)
    try:
        connection.request(method, path, headers=headers)
        found = connection.getresponse()
        return found.status, found.read().decode("utf-8", "replace")
    finally:
        connection.close()


def unharmed(quiet: Any) -> bool:
    assert quiet.alive
    assert quiet.written() == []
    return asked(quiet.address, "/")[0] == 200


def test_numbers_are_refused_beside_their_field(quiet: Any, talk: Talk) -> None:
    for place, text in enumerate(varied(NUMBERS, COUNT, 1)):
        name = NUMBER_FIELDS[place % len(NUMBER_FIELDS)]
        talk.say({"method": "update", "data": {name: text}})
        assert name in talk.refusal(), (name, text)
    assert unharmed(quiet)


def test_texts_are_refused_beside_their_field(quiet: Any, talk: Talk) -> None:
    for place, text in enumerate(varied(TEXTS, COUNT, 2)):
        name = (CHOICE_FIELDS if place % 2 else ("arm1", "with", "from"))[place % 3]
        page = {"from": "withdrawal"}.get(name, "compare")
        talk.say({"method": "update", "data": {"days": "1", "page": page, name: text}})
        assert name in talk.refusal(), (name, text)
    assert unharmed(quiet)


def test_study_files_are_refused_with_their_faults(quiet: Any, talk: Talk) -> None:
    for text in varied(FILES, COUNT, 3):
        talk.say({"method": "update", "data": {"study_file": text}})
        said = talk.refusal()
        assert "study" in said, (text[:80], said)
    assert unharmed(quiet)


def test_links_are_refused_with_their_faults(quiet: Any) -> None:
    seeds = tuple(f"weight={quote(n)}" for n in NUMBERS) + tuple(
        f"arm1={quote(t)}&zz=1" for t in TEXTS
    )
    seeds += (
        "%ff=%fe",
        "=",
        "page",
        "page=compare&page=legal",
        "page=%00",
        "&&&",
        "a=1" * 3000,
        "x" * 7000,
        "weight=1&&age",
    )
    for text in varied(seeds, COUNT, 4):
        query = quote(text, safe="=&%+")
        status, page = asked(quiet.address, "/?" + query)
        if status != 400:
            # A change inside a free text may leave a link that is well formed.
            assert status in {200, 414} and "weight=" not in query, query
            continue
        assert "This link cannot be used." in page and "<script>alert" not in page
    assert unharmed(quiet)


def test_broken_frames_are_refused_with_a_reason(quiet: Any) -> None:
    spoken = Talk(quiet.address)
    for text in FRAMES:
        spoken.socket.send(text)
        assert spoken.refusal(), text[:80]
    spoken.socket.send(b"\x00\xff")
    assert "Only text" in spoken.refusal()
    spoken.close()
    assert unharmed(quiet)


def test_nothing_can_be_sent_to_any_address(quiet: Any) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        for path in ("/", "/session/x/upload/y", "/kept/x"):
            status, page = asked(quiet.address, path, method)
            assert status == 405 and "nothing can be sent" in page
    for path in (
        "/kept/../../etc/passwd",
        "/lib/../../../etc/passwd",
        "/kept/x",
        "/session/x/download/y",
        "/%2e%2e/etc/passwd",
    ):
        status, page = asked(quiet.address, path)
        assert status in {404, 400} and "root:" not in page
    assert unharmed(quiet)


def test_other_names_and_other_sites_are_refused(quiet: Any) -> None:
    status, page = asked(quiet.address, "/", Host="evil.example")
    assert status == 421 and "does not answer" in page
    from websockets.exceptions import InvalidStatus

    place = quiet.address.replace("http", "ws") + "websocket/"
    with pytest.raises(InvalidStatus), client.connect(place, origin="http://evil.example"):
        pass
