"""A request that may be repeated is sent again once, if the target has closed the connection under it."""

from __future__ import annotations

import httpx
import pytest

from contract_tests.suite.harness.transports import DISCONNECTED, PolicyTransport
from tests.verify.test_gate import policy


class Closing(httpx.BaseTransport):
    """Closes the connection under the first requests."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.asked = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.asked <= self.times:
            raise httpx.RemoteProtocolError(f"Server {DISCONNECTED}.", request=request)
        return httpx.Response(200, json={})


@pytest.mark.parametrize(
    ("method", "times", "asked", "answers"), [("GET", 1, 2, True), ("PUT", 1, 2, True), ("POST", 1, 1, False), ("GET", 2, 2, False)]
)
def test_a_request_that_may_be_repeated_is_repeated_once(method: str, times: int, asked: int, answers: bool) -> None:  # noqa: FBT001
    inner = Closing(times)
    transport = PolicyTransport(policy("http://127.0.0.1"), inner)
    request = httpx.Request(method, "http://127.0.0.1/x")
    if answers:
        assert transport.handle_request(request).status_code == 200
    else:
        with pytest.raises(httpx.RemoteProtocolError):
            transport.handle_request(request)
    assert inner.asked == asked
