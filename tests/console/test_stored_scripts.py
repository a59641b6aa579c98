"""Nothing that a client sent runs in the console: markup in fields, headers, file names and messages is shown as text."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import httpx
import pytest
import uvicorn
from jinja2 import ChoiceLoader, DictLoader

from mockserver.app import App, create_app
from mockserver.serving import listen
from tests.conftest import Server
from tests.console.marks import MARK, assert_shown_as_text, leave_marks, showing
from tests.console.places import PAGES, crawl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.conftest import Mock

PLANTS = [
    ("journal_rows.html", "{{ one.path|short(120) }}"),
    ("journal.html", "<dd>{{ value }}</dd>"),
    ("journal.html", "{{ curl }}</pre>"),
    ("parts.html", "{{ node.text }}{% endif %}</span>"),
    ("parts.html", "{{ label }}</span> {% endif %}{{ leaf(node) }}"),
    ("parts.html", '{{ field.after|plain or "null" }}'),
    ("table_rows.html", "{{ value|dated(column.name)|short(48) }}"),
    ("record_fields.html", 'value="{{ one.text }}"'),
    ("outbox.html", "{{ message.body|texted(message.codes) }}"),
    ("outbox.html", "{{ opened.body|linked }}"),
    ("outbox_list.html", "{{ message.body|short(90) }}"),
    ("faults.html", "<code>{{ rule.path }}</code>"),
]
"""Template expressions that show something a client sent."""
MARKING = re.compile(r"\|(linked|texted\(.*?\))")
"""Filters that escape by themselves."""


def starts(client: httpx.Client) -> tuple[str, ...]:
    """The pages that show each kind of mark."""
    listed = client.get("/_mock/journal", params={"limit": 1000}).json()["exchanges"]
    telling = {(one["api"], one["status"], bool(one["records_written"])): one["number"] for one in listed}
    messages = client.get("/_mock/outbox").json()["messages"]
    exchanges = tuple(f"/console/journal/{number}" for number in telling.values())
    return (
        *PAGES,
        *exchanges,
        *(f"/console/outbox/{message['id']}" for message in (*messages[:3], *messages[-2:])),
        "/console/state/backoffice/users/6",
        "/console/state/backoffice/users",
    )


def look(client: httpx.Client) -> dict[str, str]:
    """Check each of these pages."""
    pages = {}
    for path in starts(client):
        pages[path] = client.get(path).text
        assert_shown_as_text({path: pages[path]})
    return pages


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A separate server: it holds records that no call could have made, so its answers must not enter the audit of all tests."""
    running = Server()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def app() -> App:
    return create_app()


@pytest.fixture(scope="module")
def client(app: App) -> Iterator[httpx.Client]:
    """A client of an in-process server whose templates a test can change."""
    with listen("127.0.0.1", 0) as bound:
        bound.listen()
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", ws="none", log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{bound.getsockname()[1]}", timeout=20) as client:
            leave_marks(client)
            yield client
        server.should_exit = True
        thread.join(20)


def test_markup_from_clients_shows_as_text_on_every_page(mock: Mock) -> None:

    with httpx.Client(base_url=f"{mock.url}/~{mock.world}", timeout=20) as client:
        assert leave_marks(client) > 60
        pages = crawl(client, most=500)
    assert_shown_as_text(pages)
    assert len(showing(pages)) > 60


def test_the_pages_that_the_plants_are_found_on_are_sound_without_them(client: httpx.Client) -> None:
    assert len(showing(look(client))) > 15


@pytest.mark.parametrize(("template", "field"), PLANTS)
def test_a_field_that_is_not_escaped_is_found(app: App, client: httpx.Client, template: str, field: str) -> None:
    environment = app.console.templates
    sound = environment.loader
    assert sound is not None
    source = sound.get_source(environment, template)[0]
    name = field[field.index("{{") + 2 : field.index("}}")]
    assert field in source
    planted = source.replace(field, field.replace(name, f" ({MARKING.sub('', name)})|safe ", 1))
    environment.loader = ChoiceLoader([DictLoader({template: planted}), sound])
    assert environment.cache is not None
    environment.cache.clear()
    try:
        with pytest.raises(AssertionError, match="what a client sent became"):
            look(client)
    finally:
        environment.loader = sound
        environment.cache.clear()


def test_a_browser_runs_nothing_of_it(page: Page, mock: Mock) -> None:

    with httpx.Client(base_url=f"{mock.url}/~{mock.world}", timeout=20) as client:
        leave_marks(client)
        wanted = starts(client)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    for path in wanted:
        page.goto("." + path)
        assert page.locator("x-stored").count() == 0, path
    assert dialogs == []


def test_an_html_mail_is_shown_in_a_sandbox(mock: Mock) -> None:

    with httpx.Client(base_url=f"{mock.url}/~{mock.world}", timeout=20) as client:
        file = client.get(f"/_mock/worlds/{mock.world}/export").json() if client.get("/_mock/clock").is_success else {}
        mail = {
            "id": 1,
            "api": "monedero",
            "channel": "mail",
            "to": "ana@example.com",
            "subject": MARK,
            "body": f"<!doctype html><p>Hi{MARK}",
            "sent_at": "2026-01-01T00:00:00Z",
            "codes": [],
        }
        assert client.put(f"/_mock/worlds/{mock.world}", json={**file, "outbox": [mail]}).is_success
        shown = client.get("/console/outbox/1").text
        assert_shown_as_text({"page": shown})
        assert "<iframe" in shown
        assert " sandbox " in shown
        body = client.get("/console/outbox/1/body")
        assert body.headers["content-security-policy"].startswith("sandbox; default-src 'none';")
