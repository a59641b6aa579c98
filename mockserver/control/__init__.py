"""The control plane below ``/_mock``: an API like the vendors', with a document of its own, which reads and changes the mock itself.

What an operation does stands in ``openapi.yaml``.
"""

from __future__ import annotations

from mockserver.control import clock, conformance, faults, journal, metrics, outbox, server, snapshots, state, worlds
from mockserver.control.problems import render_fault
from mockserver.control.services import ControlServices
from mockserver.core.operation.api import Api

SLUG = "mock"


def control_api(control: ControlServices) -> Api:
    """The API of the control plane, with the services that its handlers need."""
    handlers = (server, worlds, state, snapshots, clock, faults, journal, outbox, conformance, metrics)
    return Api(slug=SLUG, handlers=handlers, render_fault=render_fault, provides={"control": control}, is_control=True)
