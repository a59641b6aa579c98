"""The result of one request to a world, as a value that the stages of the engine hand on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from mockserver.core.base.replies import Reply
from mockserver.core.state.world import Change, Transaction, World


@dataclass(frozen=True, slots=True)
class AppliedEffect:
    """One effect of a fault rule or of the header ``Prefer`` on a call.

    ``source`` is ``rule 3`` or ``prefer``; ``effect`` describes it in words.
    """

    source: str
    effect: str

    def __str__(self) -> str:
        return f"{self.source}: {self.effect}"


@dataclass(slots=True, kw_only=True)  # not frozen: one is made for every call, and freezing doubles the cost
class Outcome:
    """The result of one request.

    ``at`` is the world's time when the request was handled, ``world`` the world afterwards, and ``changed`` says whether it differs from the one
    before; ``touched`` says whether the call itself changed it, and not only the timers that were due. ``number`` is the place of the exchange in the
    order of its world's exchanges, that of the commits; 0 if it is not known yet. ``fault`` is the error that ``reply`` reports, if any. ``writes``
    counts the records written and ``changes`` holds them before and after. ``payload`` is the encoded body of ``reply`` if it is known. ``effects``
    lists the effects of fault rules and of ``Prefer``. ``steps`` are the transactions that lead from the world before to ``world``.
    ``before`` is the world before the call and before the rules that it met were counted; None if it is not known.
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
    steps: tuple[Transaction, ...] = ()
    before: World | None = None

    @property
    def steps_written(self) -> int:
        """How many records the steps wrote, those of timers included."""
        return sum(step.writes for step in self.steps)

    def add_header(self, name: str, value: str) -> None:
        """Add a header to the reply. The reply of the handler stays as it is, because a handler may return one object more than once."""
        self.reply = replace(self.reply, headers={**self.reply.headers, name: value})
