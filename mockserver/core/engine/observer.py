"""What looks at calls after they were answered: the meter, and what writes log lines and traces."""

from __future__ import annotations

from typing import Protocol

from mockserver.core.base.replies import Reply
from mockserver.core.engine.journal import JournalEntry
from mockserver.core.operation.compiled import Operation


class CallObserver(Protocol):
    """Receives each call when its answer is known. It must neither fail nor wait, because the answer is sent afterwards."""

    def observe(self, slug: str, operation: Operation | None, reply: Reply, seconds: float, entry: JournalEntry | None) -> None:
        """Take note of a call.

        ``slug`` is that of the API, ``operation`` None if none was reached, ``seconds`` the time that the answer took, and ``entry`` the entry of
        the journal, None for calls of the control plane and for those that the store refused.
        """
