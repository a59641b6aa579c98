"""How a status of a vendor that changes by itself does so in a world: when, and with which outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mockserver.core.base.clock import LATEST, later, parse_duration


@dataclass(frozen=True, slots=True)
class TransitionPolicy:
    """The policy of one transition, named ``<slug>.<transition>``. What is None is as the vendor does it.

    ``after`` is an ISO 8601 duration from the start to the end of the transition. ``reads`` is the number of the read of a record that shows it at
    its end. ``outcome`` is the status at the end.
    """

    # The names of the fields are the keys of exported worlds.

    name: str
    after: str | None = None
    reads: int | None = None
    outcome: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether everything is as the vendor does it."""
        return self.after is None and self.reads is None and self.outcome is None

    def ends(self, start: datetime) -> datetime | None:
        """When a transition that starts at a moment ends; None if the vendor decides."""
        if self.after is None:
            return None
        try:
            return later(start, parse_duration(self.after))
        except ValueError:  # beyond the years that a clock can show
            return LATEST

    def is_sound(self) -> bool:
        """Whether the duration can be read, as it may not be in a file that was changed by hand."""
        try:
            parse_duration(self.after or "PT0S")
        except ValueError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Transition:
    """A transition as a vendor declares it: what changes, and the statuses with which it can end; the first is the vendor's."""

    description: str
    outcomes: tuple[str, ...]
