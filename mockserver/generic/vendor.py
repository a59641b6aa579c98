"""A document made a vendor: what the server asks of one, an Api, a Document and a Fixture."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from faker import Faker

from mockserver.core.base.faults import NotServed
from mockserver.core.base.replies import Reply
from mockserver.core.engine.fixtures import Fixture
from mockserver.core.operation.api import Api, Credential, Sent
from mockserver.core.state.world import Transaction
from mockserver.generic.beside import FIXTURES, HANDLERS, find_beside, run_file
from mockserver.generic.custom import make_custom_handler, read_functions
from mockserver.generic.engine import Engine, Unsure
from mockserver.generic.events.emitter import Events
from mockserver.generic.forms import FamilyForm
from mockserver.generic.given_seeds import find_seeding, load_seeding, read_seed_files
from mockserver.generic.handlers import OperationPlayer
from mockserver.generic.plans import STATEFUL, find_basis
from mockserver.generic.refusals import Refusals
from mockserver.generic.seeds import Seeder
from mockserver.generic.sign_in.logins import wrap_login
from mockserver.generic.sign_in.service import addresses, make_sign_in, needs_sign_in, point_here, scopes_of
from mockserver.generic.sign_in.tokens import KEY, PASSWORD, TOKEN, USER, AuthMode, IssuedTokens
from mockserver.generic.values import ValueMaker
from mockserver.openapi.documents import Document
from mockserver.openapi.foreign.read import ForeignDocument
from mockserver.openapi.inference.infer import infer
from mockserver.openapi.inference.model import Kind, Model
from mockserver.openapi.inference.shapes import Shapes
from mockserver.openapi.operations import OperationSpec

_REASONS = 3
"""Reasons of operations that are not served, which the text at start shows."""


@dataclass
class GenericFixture:
    """The world of a document, and its demo credentials."""

    seeder: Seeder
    demo: Sequence[Credential]
    seeding: Callable[[Transaction], None] | None = None
    ANSWERS: str = ""
    LOCALE: str = "en_US"
    SEEDED_RECORDS: Mapping[str, str] = field(default_factory=dict)

    def seed(self, world: Transaction, fake: Faker) -> None:  # noqa: ARG002 - values are made by the engine's own generator
        self.seeder.seed(world)
        if self.seeding is not None:
            self.seeding(world)

    def credentials(self, _world: Transaction | None = None) -> Sequence[Credential]:
        return self.demo


Parts = tuple[Api, Document, Fixture]


class GenericVendor(NamedTuple):
    """The parts of a vendor that was made from a document.

    ``model`` is what was understood, ``unserved`` what is answered 501. ``beside`` are APIs that are served with it: its sign-in, if it has one.
    ``by_hand`` are the operations that functions of the user answer, ``files`` those that the vendor is made of besides the document.
    """

    api: Api
    document: Document
    fixture: Fixture
    model: Model
    unserved: Mapping[str, str]
    engine: Engine
    beside: tuple[Parts, ...] = ()
    by_hand: frozenset[str] = frozenset()
    files: tuple[Path, ...] = ()

    @property
    def parts(self) -> dict[str, Parts]:
        """What the server is to be handed, by slug."""
        return {api.slug: (api, document, fixture) for api, document, fixture in ((self.api, self.document, self.fixture), *self.beside)}

    @property
    def sign_in(self) -> Mapping[str, str]:
        """The paths at which a client gets tokens, by name; empty if the document has no such scheme."""
        return addresses(self.document)

    @property
    def summary(self) -> str:
        """How many operations are answered from state, by code, from an example of the document, from generated data, and not at all, and why."""
        found = dict.fromkeys(("stateful", "by code", "by example", "generated", "refused", "not served"), 0)
        for spec in self.document.operations:
            found[self._basis(spec)] += 1
        shown = [f"{number} {name}" for name, number in found.items() if number or name not in ("by code", "refused")]
        reasons = list(self.unserved.values())
        more = f" and {len(reasons) - _REASONS} more" if len(reasons) > _REASONS else ""
        return f"{sum(found.values())} operations: {', '.join(shown)}" + (f": {'; '.join(reasons[:_REASONS])}{more}" if reasons else "")

    def _basis(self, spec: OperationSpec) -> str:
        role = self.model.roles[spec.id]
        if spec.id in self.by_hand:
            return "by code"
        if spec.id in self.unserved:
            return "not served"
        if role.is_stateful:
            return STATEFUL
        return "refused" if self.engine.unsure == "refuse" else find_basis(spec, role)

    def sample_call(self, root: str) -> str:
        """A command that calls an operation with its credential: a list that needs nothing, else any read that needs nothing; empty without one."""
        free = [spec for spec in self.document.operations if spec.method == "GET" and not any(one.get("required") for one in spec.parameters)]
        free.sort(key=lambda spec: self.model.roles[spec.id].kind is not Kind.LIST)
        for spec in free:
            demo = self.fixture.credentials(None)[:1] if spec.security else ()  # type: ignore[arg-type]
            headers = "".join(f" -H '{name}: {value}'" for one in demo for name, value in one.headers.items())
            return f"curl{headers} {root}{self.document.base_path}{spec.path}"
        return ""


def make_vendor(
    foreign: ForeignDocument,
    *,
    locale: str = "en_US",
    auth: AuthMode = "any",
    unsure: Unsure = "answer",
    seed_files: Sequence[Path] = (),
    code: Any = None,
) -> GenericVendor:
    """A vendor that plays a document. The same document and locale give the same vendor.

    ``auth`` says which credentials it accepts, ``unsure`` what it does with an operation that has no state. ``seed_files`` hold records in place of
    those that are made. ``code`` is a module with functions for operations and for seeds; files beside the document win over it. Raises SetupError
    for a file that does not fit the document.
    """
    document = point_here(foreign.document)
    model = infer(document)
    values = ValueMaker(document, Shapes(document), locale)
    engine = Engine(document.slug, model, values, unsure)
    handlers: dict[str, Callable[..., Reply]] = {}
    handlers_file, fixtures_file = find_beside(foreign, HANDLERS), find_beside(foreign, FIXTURES)
    custom = read_functions(document, code if handlers_file is None else run_file(handlers_file))
    seeding = find_seeding(code) if fixtures_file is None else load_seeding(fixtures_file)
    schemes = document.security_schemes
    as_jwt = any(str(scheme.get("bearerFormat", "")).upper() == "JWT" for scheme in schemes.values())
    tokens = IssuedTokens(document.slug, scopes_of(document), mode=auth, as_jwt=as_jwt, taken=model.families)
    events = Events(document, engine)
    roles = {}
    for spec in document.operations:
        player = OperationPlayer(spec, model.roles[spec.id], engine)
        if spec.id in custom:
            handlers[spec.id] = events.wrap(spec, make_custom_handler(player, custom[spec.id]))
        elif spec.id in foreign.unserved:
            handlers[spec.id] = _refuser(foreign.unserved[spec.id])
        else:
            handlers[spec.id] = events.wrap(spec, wrap_login(player, tokens))
        roles[spec.id] = (spec, player.role, player.answers.success)
    api = Api(
        slug=document.slug,
        handlers=(handlers,),
        render_fault=Refusals(document.by_id, values, schemes).render,
        tables=(*engine.shelves.tables, tokens.table, events.table),
        verifiers={name: partial(tokens.verify, name) for name in schemes},
        join_callers=_join,
        scopes_of=tokens.scopes_of,
        deliveries=events.table,
        forms={name: FamilyForm(engine, name) for name in model.families},
    )
    seeder = Seeder(engine, roles, read_seed_files(seed_files, engine))
    fixture = GenericFixture(seeder, _credentials(document), None if seeding is None else partial(seeding, engine=engine), LOCALE=locale)
    beside = (make_sign_in(document, tokens),) if needs_sign_in(document) else ()
    files = tuple(file for file in (handlers_file, fixtures_file, *seed_files) if file is not None)
    made = GenericVendor(api, document, fixture, model, foreign.unserved, engine, beside, frozenset(custom), files)
    fixture.ANSWERS = made.summary
    return made


def _refuser(why: str) -> Callable[..., Reply]:
    def refuse(sent: Sent) -> Reply:  # noqa: ARG001 - that it takes everything that was sent
        raise NotServed(why)

    return refuse


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
