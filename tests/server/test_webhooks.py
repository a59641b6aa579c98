"""Webhooks of a served document by every door: clients, command line, console and agents. The receiver is one of this test, on a loopback address."""

from __future__ import annotations

import json
import re
import shlex
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx
import pytest
from click.testing import CliRunner

from mockserver.agents.connection import ServerConnection
from mockserver.cli import cli
from mockserver.testing import Mock, Refused
from tests.agents.asking import Agent, ToolRefused
from tests.conftest import ROOT, Server
from tests.console.conftest import PageProblems
from tests.console.places import read
from tests.console.test_browser import AXE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

EVENTS = ROOT / "tests" / "generic" / "events.yaml"


@dataclass
class Receiver:
    """Answers with the first of ``answers``, and with 204 when they are used up."""

    answers: list[int] = field(default_factory=list)
    got: list[bytes] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.got.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(found.answers.pop(0) if found.answers else 204)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = listening.server_port
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield found
    listening.shutdown()
    listening.server_close()


@pytest.fixture(scope="module")
def sending(receiver: Receiver) -> Iterator[Server]:
    """A server of a document with webhooks that may call the receiver."""
    running = Server(str(EVENTS), "--allow-targets", f"127.0.0.1:{receiver.port}")
    yield running
    running.stop()


@pytest.fixture
def hooked(sending: Server, receiver: Receiver, request: pytest.FixtureRequest) -> Iterator[Mock]:
    """A world with a frozen clock and one message, a callback that the receiver refused; the next attempts succeed."""
    receiver.answers[:] = [500]
    receiver.got.clear()
    with Mock(sending.url, world=re.sub(r"\W", "-", request.node.name)[:60]) as mock:
        mock.clock.freeze("2031-01-01T00:00:00Z")
        order(mock, receiver.url)
        mock.outbox.wait(channel="webhook", timeout=10)
        yield mock


def order(mock: Mock, url: str) -> None:
    with mock.apis["events"].client() as client:
        assert client.post("orders", json={"amount": 7, "notify_url": url}).status_code == 201


def failed(mock: Mock) -> int:
    """The id of the callback, once its first attempt is noted."""
    number = next(one.id for one in mock.outbox.messages if one.delivery is not None)
    for _ in range(500):
        delivery = mock.outbox.message(number).delivery
        assert delivery is not None
        if delivery.made:
            return number
        threading.Event().wait(0.02)
    raise AssertionError("no attempt was made")


def unheard(mock: Mock) -> int:
    """The id of a webhook without a subscriber."""
    return next(one.id for one in mock.outbox.messages if not one.to)


def test_the_python_client_reads_the_log_and_sends_again(hooked: Mock, receiver: Receiver) -> None:
    number = failed(hooked)
    told = hooked.outbox.resend(number).delivery
    assert told is not None
    assert (told.state, [one.status for one in told.attempts], [one.by_hand for one in told.attempts]) == ("delivered", [500, 204], [False, True])
    assert told.attempts[0].next_at is not None
    assert (told.attempts[0].next_at - told.attempts[0].at).seconds == 5
    assert receiver.got[0] == receiver.got[1]
    with pytest.raises(Refused) as refusal:
        hooked.outbox.resend(unheard(hooked))
    assert (refusal.value.status, "no subscriber" in refusal.value.text) == (409, True)
    order(hooked, "http://127.0.0.1:9/hook")
    with pytest.raises(Refused) as refusal:
        hooked.outbox.resend(next(one.id for one in reversed(hooked.outbox.messages) if one.to))
    assert (refusal.value.status, "--allow-targets 127.0.0.1:9" in refusal.value.text) == (403, True)


def test_the_commands_show_the_log_and_send_again(hooked: Mock) -> None:
    def type_(line: str, code: int = 0) -> str:
        result = CliRunner(env={"MOCKSERVER_URL": hooked.url, "MOCKSERVER_WORLD": hooked.world}).invoke(cli, shlex.split(line))
        assert result.exit_code == code, result.output
        return result.output

    number = failed(hooked)
    assert "pending after 1 attempts, next at 2031-01-01T00:00:05Z" in type_(f"outbox show {number}")
    sent = type_(f"outbox resend {number}")
    assert "delivered after 2 attempts" in sent
    assert re.search(r"2031-01-01T00:00:00Z  204  \d+ ms  by hand", sent)
    assert json.loads(type_(f"outbox show {number} --json"))["delivery"]["made"] == 2
    assert "not sent" in type_(f"outbox show {unheard(hooked)}")
    assert "no subscriber" in type_(f"outbox resend {unheard(hooked)}", 1)


def test_an_agent_sends_a_webhook_again(hooked: Mock, sending: Server) -> None:
    number = failed(hooked)
    agent = Agent(ServerConnection(sending.url, hooked.world, None), hooked.world)
    found = agent.ask("resend_webhook", message=number)
    assert [one["status"] for one in found["delivery"]["attempts"]] == [500, 204]
    assert agent.ask("read_outbox")["messages"][-1]["delivery"]["state"] in ("delivered", "pending")
    with pytest.raises(ToolRefused, match="no subscriber"):
        agent.ask("resend_webhook", message=unheard(hooked))


def test_the_console_sends_again_and_says_why_not(hooked: Mock) -> None:
    number = failed(hooked)
    headers = {"origin": hooked.url, "sec-fetch-site": "same-origin"}
    with httpx.Client(base_url=f"{hooked.url}/~{hooked.world}", headers=headers, follow_redirects=True, timeout=20) as console:
        shown = " ".join(read(console.get(f"/console/outbox/{number}").text).text)
        assert "500" in shown
        assert "next at 2031-01-01 00:00:05" in " ".join(shown.split())
        sent = " ".join(read(console.post(f"/console/outbox/{number}/resend").text).text)
        assert "Sent: the receiver answered 204." in sent
        assert "by hand" in sent
        refused = console.post(f"/console/outbox/{unheard(hooked)}/resend").text
        assert "no subscriber" in refused
        listed = console.get("/console/outbox?channel=webhook").text
        assert "delivered" in listed
        assert console.get("/console/outbox/4711").status_code == 404


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 390])
def test_the_log_fits_the_page_and_resend_is_a_button(browser: Browser, hooked: Mock, scheme: str, width: int) -> None:
    number = failed(hooked)
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, base_url=f"{hooked.url}/~{hooked.world}/")  # type: ignore[arg-type]
    page = context.new_page()
    problems = PageProblems()
    problems.watch(page)
    page.goto(f"console/outbox/{number}")
    page.get_by_role("button", name="Resend").click()
    page.get_by_text("Sent: the receiver answered 204.").wait_for()
    assert page.get_by_role("region", name="Attempts").get_by_role("row").count() == 3
    page.evaluate(AXE)
    assert [one["id"] for one in page.evaluate("axe.run()")["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()
    assert problems == []
