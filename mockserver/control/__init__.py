"""The control plane under ``/_mock``: an API like the vendors', with a document of its own, whose state is the mock itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.control import clock, outbox, server, state
from mockserver.control.problems import render_fault
from mockserver.core.api import Api

if TYPE_CHECKING:
    from mockserver.control.laboratory import Laboratory

SLUG = "mock"


def control_api(lab: Laboratory) -> Api:
    """The control plane over a laboratory."""
    return Api(slug=SLUG, handlers=(server, state, clock, outbox), render_fault=render_fault, provides={"lab": lab})
