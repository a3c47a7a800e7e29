"""Whoever asks for nothing, or never finishes asking, keeps nobody else waiting; what killed apps leave behind goes."""

import json
import os
import socket
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

pytest.importorskip("shiny", reason="needs the extra `app`")

from speciosa.app.running.runs import Runs, remove_left_over  # noqa: E402
from speciosa.app.serving.patience import ASK_S  # noqa: E402

IDLE = 64
UPGRADE = (
    "GET /websocket/ HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def reached(address: str, first: str = "") -> socket.socket:
    place = urlsplit(address)
    found = socket.create_connection((place.hostname, place.port), timeout=60)
    found.sendall(first.format(host=place.netloc).encode())
    return found


def status(address: str, host: str | None = None) -> str:
    place = urlsplit(address)
    with reached(address) as connection:
        name = place.netloc if host is None else host
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        return connection.recv(100).decode("latin-1").split("\r\n")[0]


@pytest.mark.parametrize("host", ["[", "[::1", "a b", "localhost:99999", "localhost, evil"])
def test_a_malformed_host_is_told_so(quiet: Any, host: str) -> None:
    assert " 400 " in status(quiet.address, host)


def test_half_sent_requests_and_silent_connections_are_closed(quiet: Any) -> None:
    begun = [
        reached(quiet.address, "GET / HTTP/1.1\r\nHost: {host}\r\n"),
        reached(quiet.address),
        reached(quiet.address, "GET"),
    ]
    end = time.monotonic() + 5 * ASK_S
    for connection in begun:
        connection.settimeout(max(1.0, end - time.monotonic()))
        while connection.recv(1000):
            pass
        connection.close()
    assert " 200 " in status(quiet.address)


def test_idle_connections_of_one_client_lock_out_nobody(quiet: Any) -> None:
    idle = [reached(quiet.address) for _ in range(IDLE)]
    idle += [reached(quiet.address, UPGRADE) for _ in range(IDLE)]
    assert " 200 " in status(quiet.address)
    with reached(quiet.address, UPGRADE) as another:
        assert b" 101 " in another.recv(200)
    for connection in idle:
        connection.close()


def test_folders_of_killed_apps_are_removed_and_those_of_living_ones_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    living = Runs()
    left, new = tmp_path / "speciosa-app-left", tmp_path / "speciosa-app-new"
    for folder in (left, new):
        folder.mkdir()
        (folder / "arm.npz").write_bytes(b"x")
    for folder in (left, living.folder):
        os.utime(folder, (0, 0))
    remove_left_over()
    assert not left.exists() and new.exists() and living.folder.exists()
    living.close()
    assert not living.folder.exists()
    assert json.dumps([path.name for path in tmp_path.iterdir()]) == '["speciosa-app-new"]'
