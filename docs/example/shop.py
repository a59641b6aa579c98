"""An app that uses two vendors: a till that gives points, and a job that pushes branches to an ERP."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

BUSY = (429, 503)
"""Statuses after which the same call may be repeated."""


class Declined(Exception):
    """The vendor refused the call; ``code`` is its reason."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code


@dataclass(frozen=True)
class Till:
    """A till that registers customers and gives them points."""

    base_url: str
    headers: Mapping[str, str]
    wallet: str
    cashier: str

    def register(self, phone: str, name: str) -> None:
        """Register a customer. Raises Declined."""
        self._call("/wallet/contact/add", phone=phone, customer_name=name)

    def sell(self, phone: str, amount: float) -> float:
        """Sell something; returns the customer's points. Raises Declined."""
        return float(self._call("/wallet/sale", phone=phone, transaction_type="0", transaction_amount=str(amount))["newBalance"])

    def _call(self, path: str, **fields: str) -> Any:
        sent = {"wallet_key": self.wallet, "usertool_id": self.cashier, **fields}
        answer = httpx.post(self.base_url + path, headers=dict(self.headers), data=sent).json()
        if not answer["success"]:
            raise Declined(answer["code"], answer["message"])
        return answer


@dataclass(frozen=True)
class Sync:
    """A job that pushes branches to the ERP and tries again if the ERP is busy or an answer is lost."""

    base_url: str
    headers: Mapping[str, str]
    attempts: int = 4

    def push(self, branches: Iterable[Mapping[str, Any]]) -> int:
        """Create the branches that do not exist yet; returns how many it created."""
        known = set(self._list_names())
        missing = [branch for branch in branches if branch["descripcion"] not in known]
        for branch in missing:
            self._call("POST", branch)
        return len(missing)

    def _list_names(self) -> Iterator[str]:
        """The names of the branches that exist, page by page; the page after the last one is empty."""
        for page in count(1):
            found = self._call("GET", page=page).get("result")
            if not found:
                return
            yield from (branch["descripcion"] for branch in found)

    def _call(self, method: str, body: Mapping[str, Any] | None = None, page: int | None = None) -> Any:
        query = {} if page is None else {"pagina": page}
        for _ in range(self.attempts):
            try:
                answer = httpx.request(method, f"{self.base_url}/Sucursales", params=query, headers=dict(self.headers), json=body)
            except httpx.TransportError:
                if method == "GET":
                    continue
                raise  # the call may have succeeded: the caller must check before it tries again
            if answer.status_code not in BUSY:
                try:
                    return answer.raise_for_status().json()
                except ValueError as error:  # neither JSON nor text: likewise
                    raise Declined("unreadable", f"the answer of the ERP cannot be read: {error}") from None
        raise Declined("busy", f"the ERP was busy {self.attempts} times")
