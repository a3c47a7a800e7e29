"""Who may connect: the loopback address, or whoever has the token."""

from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

client = pytest.importorskip(
    "websockets.sync.client", reason="needs websockets, of the extra `app`"
)

TOKEN = "abcdefgh12345678"


@pytest.fixture(scope="module")
def locked(served_with: Any) -> Iterator[Any]:
    app = served_with(TOKEN)
    yield app
    app.close()


def asked(app: Any, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    place = urlsplit(app.address)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        found = connection.getresponse()
        kept = {name.casefold(): value for name, value in found.getheaders()}
        return found.status, kept, found.read().decode("utf-8", "replace")
    finally:
        connection.close()


def test_the_printed_address_holds_the_token(locked: Any) -> None:
    assert locked.address.endswith(f"?token={TOKEN}")


@pytest.mark.parametrize("path", ["/", "/?token=wrong", "/app.js", "/?token=", "/kept/x"])
def test_nothing_is_shown_without_the_token(locked: Any, path: str) -> None:
    status, _, page = asked(locked, path)
    assert status == 403
    assert "asks for the token" in page and TOKEN not in page


def test_the_token_becomes_a_cookie_that_scripts_cannot_read(locked: Any) -> None:
    status, headers, _ = asked(locked, f"/?token={TOKEN}&cyp2d6=poor")
    assert (status, headers["location"]) == (303, "/?cyp2d6=poor")
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert asked(locked, "/?cyp2d6=poor", Cookie=cookie.split(";")[0])[0] == 200
    assert asked(locked, "/", Cookie=f"speciosa={TOKEN}x")[0] == 403


def test_no_session_begins_without_the_token(locked: Any) -> None:
    from websockets.exceptions import InvalidStatus

    place = urlsplit(locked.address)
    address = f"ws://{place.netloc}/websocket/"
    with pytest.raises(InvalidStatus), client.connect(address):
        pass
    with client.connect(address, additional_headers={"Cookie": f"speciosa={TOKEN}"}) as session:
        session.send('{"method":"init","data":{"page":"legal"}}')
        assert "config" in session.recv(timeout=30)


def test_every_answer_forbids_foreign_scripts(quiet: Any) -> None:
    for path in ("/", "/app.js", "/vega.js", "/nowhere", "/?weight=x"):
        _, headers, _ = asked(quiet, path)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self';" in policy
        assert "unsafe-eval" not in policy and headers["x-content-type-options"] == "nosniff"
