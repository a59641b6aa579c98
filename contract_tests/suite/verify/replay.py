"""Send recorded requests again, in a fresh world if the target has worlds, and find the fewest that still show a violation.

Values that an answer gave and a later request used (ids, tokens, links) are taken from the new answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from ..harness.findings import Exchange
from ..harness.policy import PolicyError
from .session import VerifySession

NOT_REPLAYED = {"host", "content-length", "connection", "accept-encoding", "transfer-encoding", "x-mock-world", "x-schemathesis-testcaseid"}
SHORTEST = 4
"""Characters below which an equal value in an answer and a request is taken as chance."""


def replay(session: VerifySession, exchanges: tuple[Exchange, ...], shows: Callable[[tuple[Exchange, ...]], bool]) -> tuple[Exchange, ...] | None:
    """The shortest replay found that still shows a violation; None if the whole of it does not.

    The last request alone is tried first, then the requests before it are left out one by one. A target that the hook reset makes anew is tried as it
    is, and then after the reset, which may remove what shows the violation.
    """
    found = _replay(session, exchanges, shows)
    if found is None and "reset" in session.target.hooks:
        session.target.hooks["reset"]()
        found = _replay(session, exchanges, shows)
    return found


def _replay(session: VerifySession, exchanges: tuple[Exchange, ...], shows: Callable[[tuple[Exchange, ...]], bool]) -> tuple[Exchange, ...] | None:
    if len(exchanges) == 1:
        return _replay_once(session, exchanges, shows)
    if len(exchanges) > 1:
        alone = _replay_once(session, exchanges[-1:], shows)
        if alone is not None:
            return alone
    whole = _replay_once(session, exchanges, shows)
    if whole is None:
        return None
    kept, index = list(exchanges), 0
    while index < len(kept) - 1 and session.target.control is not None:
        fewer = (*kept[:index], *kept[index + 1 :])
        shorter = _replay_once(session, fewer, shows)
        if shorter is None:
            index += 1
        else:
            kept, whole = list(fewer), shorter
    return whole


def _replay_once(
    session: VerifySession, exchanges: tuple[Exchange, ...], shows: Callable[[tuple[Exchange, ...]], bool]
) -> tuple[Exchange, ...] | None:
    again = _send_again(session, exchanges)
    return again if again and len(again) == len(exchanges) and shows(again) else None


def _send_again(session: VerifySession, exchanges: tuple[Exchange, ...]) -> tuple[Exchange, ...]:
    """The exchanges of the same requests, up to the first that could not be sent."""
    world, got = session.world(), list[Exchange]()
    names: dict[str, str] = {}
    with session.client(got) as client:
        for old in exchanges:
            headers = {name: _rename(value, names) for name, value in old.request_headers.items() if name.lower() not in NOT_REPLAYED}
            body = old.request_body
            if names and body:
                body = _rename(body.decode("latin-1"), names).encode("latin-1", "replace")
            try:
                client.send(client.build_request(old.method, _rename(old.url, names), headers={**headers, **world}, content=body or None))
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, PolicyError):
                break
            if not got:
                break
            names.update(_changed_values(old, got[-1]))
    return tuple(got)


def _rename(text: str, names: dict[str, str]) -> str:
    for old, new in names.items():
        text = text.replace(old, new)
    return text


def _changed_values(old: Exchange, new: Exchange) -> dict[str, str]:
    """Texts and numbers of an old answer that differ in the new one, at the same place."""
    try:
        before, after = dict(_leaves(json.loads(old.response_body))), dict(_leaves(json.loads(new.response_body)))
    except ValueError:
        return {}
    return {value: after[place] for place, value in before.items() if place in after and after[place] != value and len(value) >= SHORTEST}


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{place}/{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{place}/{number}")
    elif isinstance(value, (str, int)) and not isinstance(value, bool):
        yield place, str(value)
