"""Vendors that echo, made of documents, in place of those that the generic engine makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from faker import Faker

from mockserver.app import ServerSettings, create_app
from mockserver.core.base.faults import Fault
from mockserver.core.base.problems import problem_reply
from mockserver.core.base.replies import Reply
from mockserver.core.engine.fixtures import Fixture
from mockserver.core.operation.api import Api, Credential, FaultContext, Sent
from mockserver.core.state.world import Transaction
from mockserver.openapi.documents import Document
from mockserver.openapi.foreign.read import ForeignDocument
from tests.hostile.application import Application


class EmptyFixture:
    """A fixture without records and credentials."""

    LOCALE = "en_US"
    SEEDED_RECORDS: Mapping[str, str] = {}

    def seed(self, world: Transaction, fake: Faker) -> None:
        """Add nothing."""

    def credentials(self, world: Transaction) -> Sequence[Credential]:
        assert world.seed
        return ()


def _echo(slug: str, name: str) -> Any:
    def echo(sent: Sent) -> Reply:
        return Reply(200, {"api": slug, "operation": name, "path": sent.path, "query": sent.query, "body": sent.body})

    return echo


def _refuse(fault: Fault, _context: FaultContext) -> Reply:
    reply = problem_reply(fault.status, str(fault))
    return replace(reply, is_undocumented=True)


def make_vendor(found: ForeignDocument, _settings: ServerSettings) -> tuple[Api, Document, Fixture]:
    echoed = {"200": {"description": "", "content": {"application/json": {}}}}
    paths = {
        path: {key: {**spec, "responses": echoed} if isinstance(spec, dict) and "responses" in spec else spec for key, spec in item.items()}
        for path, item in found.document.raw["paths"].items()
    }
    document = replace(found.document, raw={**found.document.raw, "paths": paths})
    handlers = {spec.id: _echo(document.slug, spec.id) for spec in document.operations}
    verifiers = dict.fromkeys(document.security_schemes, lambda _world, credential: credential)
    return Api(document.slug, (handlers,), _refuse, verifiers=verifiers), document, EmptyFixture()


def serve(*documents: ForeignDocument) -> Application:
    """A server of documents, called without a socket."""
    return Application(create_app(found={found.document.slug: make_vendor(found, ServerSettings()) for found in documents}))
