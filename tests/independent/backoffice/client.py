"""Calls of the BackOffice as a client makes them, for the witnesses."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.independent.backoffice.world import API_KEY, PASSWORD


@dataclass(frozen=True)
class Reply:
    status: int
    kind: str
    body: Any


class Client:
    """A client of one server, signed in as the user 6."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.token: str = self.login().body["token"]

    def call(self, method: str, path: str, form: Mapping[str, str] | None = None, **headers: str | None) -> Reply:
        """An answer. ``headers`` replace the credentials; None leaves one out."""
        sent: dict[str, str | None] = {"x_api_key": API_KEY, "jwt_token": getattr(self, "token", ""), **headers}
        data = None if form is None else urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(self.origin + path, data, method=method)  # noqa: S310 - a server of ours
        for name, value in sent.items():
            if value is not None:
                request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:  # noqa: S310 - likewise
                return Reply(reply.status, reply.headers["content-type"], _read(reply.read()))
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.headers["content-type"], _read(error.read()))

    def get(self, path: str, **headers: str | None) -> Any:
        return self.call("GET", "/api/v1" + path, None, **headers).body

    def post(self, path: str, **form: str) -> Reply:
        return self.call("POST", "/api/v1" + path, form)

    def put(self, user: int, **form: str) -> Reply:
        return self.call("PUT", f"/api/v1/users/{user}", form)

    def upload(self, user: int) -> Reply:
        """Edit the picture of a user."""
        part = b'Content-Disposition: form-data; name="profile_image"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG'
        body = b"--cut\r\n" + part + b"\r\n--cut--\r\n"
        headers = {"x-api-key": API_KEY, "jwt-token": self.token, "content-type": "multipart/form-data; boundary=cut"}
        request = urllib.request.Request(f"{self.origin}/api/v1/users/{user}", body, headers, method="PUT")  # noqa: S310 - likewise
        with urllib.request.urlopen(request, timeout=20) as reply:  # noqa: S310 - likewise
            return Reply(reply.status, "", json.loads(reply.read()))

    def login(self, username: str = "mapache21", password: str = PASSWORD, **headers: str | None) -> Reply:
        return self.call("POST", "/api/v1/login/", {"username": username, "password": password}, **headers)

    def create(self, name: str = "zorro001", **fields: str) -> Reply:
        """A new user below the signed-in one."""
        values = {"sponsor": "mapache21", "first_name": "Nora", "last_name": "Llano", "email": f"{name}@mail.example.com", "user_name": name}
        return self.post("/users/", **{**values, "mobile": "70550001", "password": "Trebol-de-4", "country_code": "US", **fields})

    def made(self, name: str = "zorro001", **fields: str) -> dict[str, Any]:
        """What is read of a new user."""
        self.create(name, **fields)
        found: dict[str, Any] = self.get(f"/users/{self.id_of(name)}")
        return found

    def id_of(self, name: str, password: str = "Trebol-de-4") -> int:  # noqa: S107 - made up
        return int(self.login(name, password).body["id"])

    def subjects(self, user: int = 6) -> list[str]:
        return [row["subject"] for row in self.get(f"/user_tickets/{user}")["list"]]

    def contents(self, ticket: int = 1) -> list[str]:
        return [row["content"] for row in self.get(f"/threads/{ticket}")["list"]]

    def ticket(self, **fields: str) -> Reply:
        return self.post("/user_tickets", **{"user_id": "6", "subject": "Asunto", "comment": "Detalle", **fields})

    def page(self, number: int = 1, wallet: int = 1, user: int = 6) -> Any:
        return self.get(f"/wallets/{wallet}?user_id={user}&page={number}")

    def hook(self, name: str, **values: str) -> Any:
        data = json.dumps(values).encode() if values else None
        request = urllib.request.Request(f"{self.origin}/_staging/{name}", data, method="GET" if name == "outbox" else "POST")  # noqa: S310 - likewise
        with urllib.request.urlopen(request, timeout=20) as reply:  # noqa: S310 - likewise
            return json.loads(reply.read())

    def mail(self, user: int = 8) -> dict[str, Any]:
        """The mail that comes after a token is asked for."""
        before = len(self.hook("outbox")["messages"])
        self.post("/tokens", user_id=str(user))
        found: list[dict[str, Any]] = self.hook("outbox")["messages"][before:]
        return found[0] if found else {"to": "", "codes": [""]}


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """The results of calls that are made together."""
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [one.result() for one in [pool.submit(call) for call in calls]]


def is_now(moment: str) -> bool:
    """Whether a printed moment is less than a minute away."""
    return abs((dt.datetime.fromisoformat(moment) - dt.datetime.now(dt.UTC)).total_seconds()) < 60


def count_nodes(tree: list[dict[str, Any]]) -> int:
    return sum(1 + count_nodes(node["childs"]) for node in tree)


def _read(data: bytes) -> Any:
    text = data.decode()
    return json.loads(text) if re.match(r"\s*[\[{]", text) else text
