"""A document made a vendor: what the server asks of one, an Api, a Document and a Fixture."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from faker import Faker

from mockserver.core.base.faults import NotServed, Unauthenticated
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.engine.fixtures import Fixture
from mockserver.core.operation.api import Api, Credential, Sent
from mockserver.core.state.world import Transaction
from mockserver.generic.custom import load_custom, make_custom_handler
from mockserver.generic.handlers import Engine, OperationPlayer
from mockserver.generic.plans import examples_of, find_success
from mockserver.generic.refusals import Refusals
from mockserver.generic.seeds import Seeder
from mockserver.generic.values import ValueMaker
from mockserver.openapi.documents import Document
from mockserver.openapi.foreign.read import ForeignDocument
from mockserver.openapi.inference.infer import infer
from mockserver.openapi.inference.model import Kind, Model
from mockserver.openapi.inference.shapes import Shapes

KEY, TOKEN, USER, PASSWORD = "demo-key", "demo-token", "demo", "demo"
_REFUSED = ("invalid", "expired", "wrong", "revoked")
"""How a credential begins that is refused with that reason; any other one is accepted, and names a caller of its own."""


@dataclass
class GenericFixture:
    """The world of a document, and its demo credentials."""

    seeder: Seeder
    demo: Sequence[Credential]
    LOCALE: str = "en_US"
    SEEDED_RECORDS: Mapping[str, str] = field(default_factory=dict)

    def seed(self, world: Transaction, fake: Faker) -> None:  # noqa: ARG002 - values are made by the engine's own generator
        self.seeder.seed(world)

    def credentials(self, _world: Transaction | None = None) -> Sequence[Credential]:
        return self.demo


class GenericVendor(NamedTuple):
    """The parts of a vendor that was made from a document. ``model`` is what was understood, ``unserved`` what is answered 501."""

    api: Api
    document: Document
    fixture: Fixture
    model: Model
    unserved: Mapping[str, str]

    @property
    def summary(self) -> str:
        """How many operations are answered from state, from an example of the document, from generated data, and not at all."""
        found = {"stateful": 0, "by example": 0, "generated": 0, "not served": 0}
        for spec in self.document.operations:
            role = self.model.roles[spec.id]
            contents = find_success(spec, role).contents.values()
            has_example = any(True for media in contents for _ in examples_of(spec.document, media))
            by = "not served" if spec.id in self.unserved else "stateful" if role.is_stateful else "by example" if has_example else "generated"
            found[by] += 1
        return f"{sum(found.values())} operations: " + ", ".join(f"{number} {name}" for name, number in found.items())

    def sample_call(self, root: str) -> str:
        """A command that calls a list of the document, with its credential; empty if it has no list that needs nothing."""
        for spec in self.document.operations:
            needs = any(one.get("required") for one in spec.parameters)
            if self.model.roles[spec.id].kind is Kind.LIST and not needs:
                demo = self.fixture.credentials(None)[:1] if spec.security else ()  # type: ignore[arg-type]
                headers = "".join(f" -H '{name}: {value}'" for one in demo for name, value in one.headers.items())
                return f"curl{headers} {root}{self.document.base_path}{spec.path}"
        return ""


def make_vendor(foreign: ForeignDocument, *, locale: str = "en_US") -> GenericVendor:
    """A vendor that plays a document. The same document and locale give the same vendor."""
    document = foreign.document
    model = infer(document)
    values = ValueMaker(document, Shapes(document), locale)
    engine = Engine(document.slug, model, values)
    handlers: dict[str, Callable[..., Reply]] = {}
    custom = load_custom(document)
    roles = {}
    for spec in document.operations:
        player = OperationPlayer(spec, model.roles[spec.id], engine)
        if spec.id in custom:
            handlers[spec.id] = make_custom_handler(player, custom[spec.id])
        else:
            handlers[spec.id] = _handler(player) if spec.id not in foreign.unserved else _refuser(foreign.unserved[spec.id])
        roles[spec.id] = (spec, player.role, player.answers.success)
    api = Api(
        slug=document.slug,
        handlers=(handlers,),
        render_fault=Refusals(document.by_id, values).render,
        tables=engine.shelves.tables,
        verifiers={name: partial(_verify, name) for name in document.security_schemes},
        join_callers=_join,
    )
    fixture = GenericFixture(Seeder(engine, roles), _credentials(document), locale)
    return GenericVendor(api, document, fixture, model, foreign.unserved)


def _handler(player: OperationPlayer) -> Callable[..., Reply]:
    def handle(world: Transaction, request: Request, sent: Sent) -> Reply:
        return player(world, request, sent)

    return handle


def _refuser(why: str) -> Callable[..., Reply]:
    def refuse(sent: Sent) -> Reply:  # noqa: ARG001 - that it takes everything that was sent
        raise NotServed(why)

    return refuse


def _verify(scheme: str, _world: Transaction, credential: str) -> str:
    """The caller whom a credential names. Raises Unauthenticated for one that says itself that it is no good."""
    plain = credential.strip()
    if not plain or plain.lower().startswith(_REFUSED):
        raise Unauthenticated(scheme, next((word for word in _REFUSED if plain.lower().startswith(word)), "wrong"))
    return plain


def _join(identities: Mapping[str, Any]) -> str:
    return " ".join(str(identities[name]) for name in sorted(identities))


def _credentials(document: Document) -> list[Credential]:
    """One demo credential, good for every scheme that travels in a header or a cookie."""
    headers: dict[str, str] = {}
    for scheme in document.security_schemes.values():
        kind, where = scheme.get("type"), scheme.get("in")
        if kind == "apiKey" and where == "header":
            headers.setdefault(str(scheme["name"]), KEY)
        elif kind == "apiKey" and where == "cookie":
            headers["Cookie"] = "; ".join(filter(None, (headers.get("Cookie", ""), f"{scheme['name']}={KEY}")))
        elif kind == "http" and str(scheme.get("scheme", "")).lower() == "basic":
            headers.setdefault("Authorization", "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode())
        elif kind in ("http", "oauth2", "openIdConnect"):
            headers.setdefault("Authorization", f"Bearer {TOKEN}")
    return [Credential("demo", "A caller. Any other credential is accepted too, and names another one.", headers)] if headers else []
