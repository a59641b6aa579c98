"""One world of a mock server, as a test sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import count
from typing import Any, Self

import httpx

from mockserver.testing.client import Wire, trusted_certificates
from mockserver.testing.parts import Clock, Faults, Journal, Outbox, Services, Snapshot, State, Transitions
from mockserver.testing.records import Change


class Api:
    """One vendor's API in a world: its address, credentials, landmarks and records.

    The address contains the world, so that an app that only takes a base URL makes all its calls in that world.
    """

    def __init__(self, wire: Wire, told: Mapping[str, Any]) -> None:
        self._wire = wire
        self.slug: str = told["slug"]
        self.title: str = told["title"]
        self.base_url = f"{wire.url}/~{wire.world}{httpx.URL(told['base_url']).path}"
        self.credentials: dict[str, dict[str, str]] = {found["name"]: found["headers"] for found in told["credentials"]}
        self.logins: dict[str, dict[str, str]] = {found["name"]: found["login"] for found in told["credentials"] if found["login"]}
        self.state = State(wire, self.slug)
        self._clients: list[httpx.Client] = []

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the first published credential, which has all rights; none of an API without credentials."""
        return dict(next(iter(self.credentials.values()), {}))

    @cached_property
    def landmarks(self) -> dict[str, str]:
        """Ids and keys of the fixed records of every seeded world, by name."""
        found: dict[str, str] = self._wire.call("GET", f"/apis/{self.slug}/landmarks")["landmarks"]
        return found

    def client(self, credential: str | None = "", **options: Any) -> httpx.Client:
        """An HTTP client of the API with a published credential; the first without a name, none for None. It is closed together with the mock."""
        headers = {} if credential is None else self.credentials[credential] if credential else self.headers
        if "cert" not in options:  # it would be added to what every client has
            options = {"verify": trusted_certificates(), **options}
        client = httpx.Client(base_url=self.base_url, headers=headers, trust_env=False, **options)
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()


class Mock:
    """One world of a mock server. ``mock.monedero`` is the API of the vendor of that slug."""

    def __init__(self, url: str, world: str = "default", token: str | None = None) -> None:
        self._wire = Wire(url, world, token)
        self._numbers = count(1)
        self._made: list[Mock] = []
        self.clock = Clock(self._wire)
        self.faults = Faults(self._wire)
        self.services = Services(self._wire)
        self.transitions = Transitions(self._wire)
        self.journal = Journal(self._wire)
        self.outbox = Outbox(self._wire)

    @property
    def url(self) -> str:
        return self._wire.url

    @property
    def world(self) -> str:
        return self._wire.world

    @property
    def headers(self) -> dict[str, str]:
        """The header that names the world, for calls to an address that does not."""
        return {"X-Mock-World": self.world}

    def api(self, slug: str) -> Api:
        """A vendor's API. Raises LookupError if the server has no API with that slug."""
        if slug not in self.apis:
            raise LookupError(f"the server has no API {slug}; there are {', '.join(self.apis)}")
        return self.apis[slug]

    def __getattr__(self, slug: str) -> Api:
        """The API of the vendor whose slug is written as an attribute."""
        if slug.startswith("_") or slug == "apis":
            raise AttributeError(slug)
        try:
            return self.api(slug)
        except LookupError as error:
            raise AttributeError(str(error)) from None

    @cached_property
    def apis(self) -> dict[str, Api]:
        """Every vendor's API by slug. Credentials are as published at the world's time when they are first asked for; see :meth:`refresh`."""
        return {told["slug"]: Api(self._wire, told) for told in self._wire.call("GET", "/apis")["apis"]}

    def refresh(self) -> None:
        """Load addresses and credentials again, after a large change of the clock."""
        self.__dict__.pop("apis", None)

    def reset(self, seed: int | None = None) -> None:
        self._wire.call("POST", "/reset", {} if seed is None else {"seed": seed})

    def snapshot(self, name: str | None = None) -> Snapshot:
        chosen = name or f"snapshot-{next(self._numbers)}"
        self._wire.call("PUT", f"/snapshots/{chosen}")
        return Snapshot(self, self._wire, chosen)

    def fork(self, name: str | None = None, *, before: int | None = None) -> Mock:
        """A new world that starts as this one is now, or as it was before the exchange of a number.

        Raises Refused (409) if the state before the exchange is not kept, as after a start of the server.
        """
        return self.create({"world": self.world} | ({} if before is None else {"before": before}), name)

    def rewind(self, number: int) -> None:
        """Go back to the state before the exchange of a number. The journal is kept. Raises Refused as :meth:`fork`."""
        self._wire.call("POST", f"/journal/{number}/rewind")

    def create(
        self,
        source: Mapping[str, Any] | None = None,
        name: str | None = None,
        *,
        anew: bool = False,
        born: str | None = None,
        label: str = "",
        faults: Sequence[Mapping[str, Any]] = (),
        clock: Mapping[str, Any] | None = None,
    ) -> Mock:
        """A world made from a source, such as ``{"scenario": "monedero.used-up"}``, ``{"seed": 7}``, ``{"world": "other"}``.

        ``born`` is its birth date, ISO 8601 with an offset or ``Z``: equal seeds and birth dates give equal records. ``label`` is shown in lists.
        ``faults`` are its first fault rules, with the fields that ``POST /faults`` takes; ``clock`` is a change of its clock, such as
        ``{"freeze": "2026-01-01T00:00:00Z"}``. A reset brings both back. Raises Refused with the key that cannot be used.
        """
        chosen = name or f"{self.world[:48]}.{next(self._numbers)}"
        parts = {"born": born, "label": label, "faults": list(map(dict, faults)), "clock": clock and dict(clock)}
        more = {key: value for key, value in parts.items() if value}
        self._wire.call("POST", "/worlds", {"name": chosen, "from": dict(source or {}), "anew": anew, **more})
        made = Mock(self.url, chosen, self._wire.token)
        self._made.append(made)
        return made

    def diff(self, other: Mock | str | None = None, *, call: int | None = None) -> list[Change]:
        """Every record that changed since the start of the world, or since the exchange ``call``, or that differs from another world."""
        name = other.world if isinstance(other, Mock) else other
        return list(map(Change.read, self._wire.call("GET", "/diff", params={"other": name, "call": call})["changes"]))

    @property
    def digest(self) -> str:
        """A hash of everything that calls can change in the world; an equal hash means that nothing changed."""
        return str(self._wire.call("GET", f"/worlds/{self.world}/digest")["digest"])

    def outcome(self) -> dict[str, Any]:
        """What happened since the start of the world: the exchanges with what each wrote, the changed records as they were and are, the messages."""
        return self._wire.get(f"/worlds/{self.world}/outcome")

    def export(self) -> dict[str, Any]:
        return self._wire.get(f"/worlds/{self.world}/export")

    def load(self, data: Mapping[str, Any]) -> None:
        """Let the world start from exported data."""
        self._wire.call("PUT", f"/worlds/{self.world}", dict(data))

    def pin(self) -> None:
        """Let the world stay until it is deleted, however full the server is."""
        self._wire.call("PUT", f"/worlds/{self.world}/pin")

    def unpin(self) -> None:
        """Let the world leave for another one again."""
        self._wire.call("DELETE", f"/worlds/{self.world}/pin")

    def delete(self) -> None:
        self._wire.call("DELETE", f"/worlds/{self.world}")

    def delete_all(self) -> None:
        """Forget the world and those that were made from here."""
        for made in self._made:
            made.delete_all()
        if any(world["name"] == self.world for world in self._wire.call("GET", "/worlds", params={"prefix": self.world})["worlds"]):
            self.delete()

    def call(self, method: str, path: str, json: Any = None, params: Mapping[str, Any] | None = None) -> Any:
        """Any call to the control plane, such as ``mock.call("GET", "/worlds")``."""
        return self._wire.call(method, path, json, params)

    def close(self) -> None:
        for made in self._made:
            made.close()
        for api in self.__dict__.get("apis", {}).values():
            api.close()
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Mock {self.world} at {self.url}>"
