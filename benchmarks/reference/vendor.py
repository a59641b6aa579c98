"""The reference API as a vendor: ``python -m benchmarks.reference.vendor PORT`` serves it as `mockserver serve` serves its APIs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.reference import handlers, payloads, state
from mockserver import Api, App, ServerSettings, create_app
from mockserver.serving import listen, run

if TYPE_CHECKING:
    from mockserver import Fixture

API = Api(
    slug="reference",
    handlers=(handlers,),
    render_fault=state.render_fault,
    tables=(state.KEYS, state.PLANS, state.SUBSCRIPTIONS),
    verifiers={"key": state.verify_key},
)
FIXTURE: Fixture = state


def reference_app() -> App:
    """Our server with the reference API as its only vendor."""
    return create_app(ServerSettings(), {"reference": (API, payloads.reference_document(), FIXTURE)})


if __name__ == "__main__":
    run(reference_app(), listen("127.0.0.1", int(sys.argv[1])))
