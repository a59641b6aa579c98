"""Pictures of BackOffice's users: stored in the world and served; other files are refused and leave nothing behind."""

from __future__ import annotations

import io
import socket
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.conftest import Mock, Server
from tests.pictures import gif, jpeg, png, webp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MIB = 1024 * 1024
TOO_LARGE = {"error": "The request is too large."}
UNREADABLE = {"error": "The request cannot be read."}


def upload(client: httpx.Client, data: bytes, name: str = "picture.png", media_type: str = "image/png", **fields: str) -> httpx.Response:
    """The answer to an edit of user 8 with a picture."""
    return client.put("/api/v1/users/8", files={"profile_image": (name, data, media_type)}, data=fields)


def refused(answer: httpx.Response, text: str) -> None:
    assert (answer.status_code, answer.json()) == (400, {"error": "The data is invalid.", "details": {"profile_image": [text]}})


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(png(), "image/png"), (jpeg(), "image/jpeg"), (gif(), "image/gif"), (webp(), "image/webp")],
    ids=["png", "jpeg", "gif", "webp"],
)
def test_a_picture_is_served_byte_for_byte_without_credentials(mock: Mock, data: bytes, media_type: str) -> None:
    with mock.client("backoffice") as client:
        assert upload(client, data, "foto de perfil.txt", "text/plain", first_name="Yara").json() == {"message": "User updated successfully."}
        user = client.get("/api/v1/users/8").json()
        team = client.get("/api/v1/teamviews/6").json()["teamview"]
        matrix = client.get("/api/v1/matrixs/8").json()["matrix"]
    assert user["first_name"] == "Yara"
    address = user["profile_image"]
    assert address.startswith(f"{mock.url}/~{mock.world}/backoffice/uploads/user/profile_image/")
    assert matrix["user"]["image"] == address
    assert [member["user"]["image_url"] for member in team if member["user"]["id"] == 8] == [address]
    served = httpx.get(address)
    assert (served.status_code, served.content, served.headers["content-type"]) == (200, data, media_type)
    assert served.headers["x-content-type-options"] == "nosniff"
    assert httpx.head(address).status_code == 200
    assert httpx.get(address.replace(mock.world, f"{mock.world}-other")).status_code == 404


def test_a_new_picture_takes_the_place_of_the_one_before(mock: Mock) -> None:
    with mock.client("backoffice") as client:
        plain = client.get("/api/v1/users/8").json()["profile_image"]
        assert httpx.get(plain).headers["content-type"] == "image/svg+xml"
        upload(client, png())
        first = client.get("/api/v1/users/8").json()["profile_image"]
        upload(client, gif())
        second = client.get("/api/v1/users/8").json()["profile_image"]
    assert len({plain, first, second}) == 3
    assert (httpx.get(first).status_code, httpx.get(second).content) == (404, gif())
    assert [picture["size"] for picture in mock.state("backoffice")["pictures"]] == [len(gif())]


def test_a_field_for_a_file_that_was_not_chosen_changes_nothing(mock: Mock) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="profile_image"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--x--\r\n'
    with mock.client("backoffice") as client:
        answer = client.put("/api/v1/users/8", content=body, headers={"content-type": "multipart/form-data; boundary=x"})
        assert answer.status_code == 200
        assert client.get("/api/v1/users/8").json()["profile_image"].endswith("/assets/user-icon-white.svg")


def bomb() -> bytes:
    """A zip with 100 MB of zeros, in 100 kB."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("picture.png", b"\x00" * 100 * MIB)
    return packed.getvalue()


KIND = "must be a PNG, JPEG, GIF or WebP image"


@pytest.mark.parametrize(
    ("data", "name", "text"),
    [
        (b"#!/bin/sh\nrm -rf /\n", "picture.png", KIND),
        (b"<?php system($_GET['c']);", "picture.php.jpg", KIND),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "picture.svg", KIND),
        (b"MZ" + b"\x00" * 200, "picture.gif", KIND),
        (b"", "picture.png", KIND),
        (png()[:20], "picture.png", KIND),
        (png() + b"\x00" * 2 * MIB, "picture.png", "is too big (should be at most 2 MB)"),
        (png(60_000, 60_000), "picture.png", "has too many pixels (should be at most 25 million)"),
        (png(), "../../../etc/passwd", "must have a file name without a path"),
        (png(), "/etc/cron.d/picture.png", "must have a file name without a path"),
        (png(), "..\\..\\picture.png", "must have a file name without a path"),
    ],
)
def test_what_is_no_proper_picture_is_refused(mock: Mock, data: bytes, name: str, text: str) -> None:
    before = mock.state("backoffice")
    with mock.client("backoffice") as client:
        refused(upload(client, data, name, first_name="Nadie"), text)
    assert mock.state("backoffice") == before


def test_a_zip_bomb_is_no_picture_and_no_content_encoding_either(mock: Mock) -> None:
    with mock.client("backoffice") as client:
        refused(upload(client, bomb()), KIND)
        encoded = client.put(
            "/api/v1/users/8", content=bomb(), headers={"content-type": "multipart/form-data; boundary=x", "content-encoding": "deflate"}
        )
    assert (encoded.status_code, encoded.json()) == (415, {"error": "The content type is not supported."})


def test_a_file_in_a_field_for_text_is_refused(mock: Mock) -> None:
    with mock.client("backoffice") as client:
        answer = client.put("/api/v1/users/8", files={"first_name": ("a.png", png()), "password": ("b.png", png())})
    assert answer.json()["details"] == {"first_name": ["is invalid"], "password": ["is invalid"]}


def form(data: bytes, end: bytes = b"\r\n--x--\r\n") -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="profile_image"; filename="p.png"\r\n\r\n' + data + end


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (form(png() * 1_000, b""), "multipart/form-data; boundary=x"),
        (form(png(), b"\r\n--x"), "multipart/form-data; boundary=x"),
        (form(png()), "multipart/form-data; boundary=y"),
        (form(png()), "multipart/form-data"),
        (b"--x\r\n" * 2_000, "multipart/form-data; boundary=x"),
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * 2_000 + b"--x--\r\n", "multipart/form-data; boundary=x"),
    ],
    ids=["without its end", "with half an end", "of another boundary", "without boundary", "of boundaries only", "of too many parts"],
)
def test_a_truncated_or_broken_form_is_refused(mock: Mock, body: bytes, content_type: str) -> None:
    before = mock.state("backoffice")
    with mock.client("backoffice") as client:
        answer = client.put("/api/v1/users/8", content=body, headers={"content-type": content_type})
    assert (answer.status_code, answer.json()) == (400, UNREADABLE)
    assert mock.state("backoffice") == before


def test_a_form_that_breaks_off_on_the_wire_changes_nothing(mock: Mock) -> None:
    before = mock.state("backoffice")
    host = urlsplit(mock.url)
    headers = mock.api("backoffice")["credentials"][0]["headers"]
    head = f"PUT /~{mock.world}/backoffice/api/v1/users/8 HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "Content-Length: 500000\r\n\r\n"
    with closing(socket.create_connection((host.hostname or "", host.port or 0), timeout=10)) as connection:
        connection.sendall(head.encode() + form(png()))
    assert mock.state("backoffice") == before


def _chunks() -> Iterator[bytes]:
    yield form(png(), b"")
    for _ in range(50):
        yield b"\x00" * MIB


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Mock, psutil.Process, Path]]:
    """A separate server whose memory and temporary files are measured."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    server = Server()
    yield Mock(server.url, "watched"), psutil.Process(server.process.pid), tmp_path
    server.stop()


def written(process: psutil.Process) -> int:
    """Bytes that a process has written to disk; 0 if the system does not count them."""
    counters: Any = process.io_counters() if hasattr(process, "io_counters") else None
    return 0 if counters is None else int(counters.write_bytes)


def test_hostile_uploads_leave_neither_memory_nor_files_behind(watched: tuple[Mock, psutil.Process, Path]) -> None:
    mock, process, folder = watched
    hostile = [b"#!/bin/sh\n" * 1_000, bomb(), png() + b"\x00" * 3 * MIB]
    multipart = {"content-type": "multipart/form-data; boundary=x"}
    with mock.client("backoffice") as client:

        def attack() -> None:
            for data in hostile:
                assert upload(client, data).status_code == 400
            assert upload(client, png(), "../../escaped.png").status_code == 400
            assert client.put("/api/v1/users/8", content=form(png() * 10_000, b""), headers=multipart).json() == UNREADABLE
            fifty = client.put("/api/v1/users/8", content=form(b"\x00" * 50 * MIB), headers=multipart)
            assert (fifty.status_code, fifty.json()) == (413, TOO_LARGE)
            unannounced = client.put("/api/v1/users/8", content=_chunks(), headers=multipart)
            assert (unannounced.status_code, unannounced.json()) == (413, TOO_LARGE)
            with mock.control as control:
                control.post("/reset")  # forgets the journal, which keeps what came

        for _ in range(4):  # until the allocator has what it keeps
            attack()
        before, disk = process.memory_info().rss, written(process)
        for _ in range(8):
            attack()
        assert process.memory_info().rss - before < 48 * MIB  # about 100 MiB came in
        assert written(process) == disk
        assert list(folder.iterdir()) == []
        assert upload(client, png()).status_code == 200
        assert list(folder.iterdir()) == []
    assert "escaped" not in str(mock.state("backoffice"))
