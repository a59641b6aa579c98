"""The result of one request to a world, as a value that the stages of the engine hand on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from mockserver.core.base.replies import Reply
from mockserver.core.state.world import Change, World


@dataclass(frozen=True, slots=True)
class AppliedEffect:
    """One effect of a fault rule or of the header ``Prefer`` on a call.

    ``source`` is ``rule 3`` or ``prefer``; ``effect`` describes it in words.
    """

    source: str
    effect: str


@dataclass(slots=True, kw_only=True)  # not frozen: one is made for every call, and freezing doubles the cost
class Outcome:
    """The result of one request.

    ``at`` is the world's time when the request was handled, ``world`` the world afterwards, and ``changed`` says whether it differs from the one
    before; ``touched`` says whether the call itself changed it, and not only the timers that were due. ``number`` is the place of the exchange in the
    order of all exchanges, which follows the commits; 0 if it is not known yet. ``fault`` is the error that ``reply`` reports, if any. ``writes``
    counts the records written and ``changes`` holds them before and after. ``payload`` is the encoded body of ``reply`` if it is known. ``effects``
    lists the effects of fault rules and of ``Prefer``.
    """

    reply: Reply
    at: datetime
    world: World
    fault: Exception | None = None
    changed: bool = False
    touched: bool = False
    number: int = 0
    writes: int = 0
    changes: tuple[Change, ...] = ()
    payload: bytes | None = None
    effects: tuple[AppliedEffect, ...] = ()

    def add_header(self, name: str, value: str) -> None:
        """Add a header to the reply. The reply of the handler stays as it is, because a handler may return one object more than once."""
        self.reply = replace(self.reply, headers={**self.reply.headers, name: value})
