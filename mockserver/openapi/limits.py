"""Every bound that the server, the control plane, the suite and the traffic tools hold, in one table.

This module imports the media type of problems only. The other modules read a bound from here as ``limits.NAME.value``. ``docs/limits.md`` is
generated from :data:`LIMITS`. A bound that an option of a command sets has its default here.
"""

from __future__ import annotations

from dataclasses import dataclass

from mockserver.openapi.problems import PROBLEM

MIB = 1024 * 1024
REFUSALS = frozenset({413, 429, 431, 503})
"""The statuses of refusals beyond a limit."""
SHOWN_NAME = 40
"""Characters of a limit's name that are taken from an answer."""

REFUSED = "The call is refused with 413."
HEAD_REFUSED = "The call is refused with 431."
BUSY = "The call is refused with 503."
BROKEN = "The call is refused as malformed."
ENDS = "The connection is closed."
OLDEST = "The oldest goes."
UNREAD = "The document is refused with exit code 2."


@dataclass(frozen=True, slots=True)
class Limit:
    """One bound.

    ``value`` is counted in ``unit``. ``bounds`` says what is bounded, and ``beyond`` what happens beyond it; the page shows both. ``option`` is the
    option of a command that sets another value, empty if there is none.
    """

    name: str
    value: int
    unit: str
    bounds: str
    beyond: str
    option: str = ""


# Documents

DOCUMENT = Limit("document", 32 * MIB, "bytes", "One file of a document.", UNREAD)
DOCUMENT_FILES = Limit("document-files", 1000, "files", "The files of one document.", UNREAD)
DOCUMENT_VALUES = Limit(
    "document-values", 3_000_000, "values", "The values of a document, those of all its files, with YAML aliases copied out.", UNREAD
)
DOCUMENT_DEPTH = Limit("document-depth", 100, "levels", "Nesting in a file of a document.", UNREAD)
DOCUMENT_SECONDS = Limit("document-seconds", 30, "seconds", "The time in which a document has to arrive from an address.", UNREAD)

# What a client sends

JSON_DEPTH = Limit(
    "json-depth",
    100,
    "levels",
    "Nesting of JSON: bodies, imported worlds, recordings, answers of targets.",
    "The body is refused as malformed; a recording is refused with exit code 2.",
)
DIGITS = Limit("digits", 400, "digits", "One number in a header, a query, a form, a path or a recording.", "The number is refused as malformed.")
HEAD = Limit("head", 64 * 1024, "bytes", "Request line and headers together.", HEAD_REFUSED)
HEADER_VALUE = Limit("header-value", 8 * 1024, "bytes", "The value of one header that is read, such as Prefer.", HEAD_REFUSED)
QUERY = Limit("query", 16 * 1024, "bytes", "The query of an address.", BROKEN)
BODY = Limit("body", MIB, "bytes", "A body without files, if its document sets no other bound.", REFUSED)
FILES_BODY = Limit("files-body", 8 * MIB, "bytes", "A multipart body, if its document sets no other bound.", REFUSED)
FORM_FIELDS = Limit("form-fields", 1000, "fields", "The fields of one form.", BROKEN)
FORM_DEPTH = Limit("form-depth", 8, "levels", "Brackets in the name of a form field, such as a[b][c].", BROKEN)
DELAY = Limit("delay", 60, "seconds", "The delay of a fault rule and of Prefer.", "The rule or the call is refused.")

# Worlds

WORLDS = Limit("worlds", 10_000, "worlds", "Worlds of a server.", "Another world leaves; if none may, the call is refused with 503.", "--max-worlds")
FOREIGN_WORLDS = Limit("foreign-worlds", 100, "worlds", "Worlds that pages of another site have made.", OLDEST)
WORLD_IDLE_SECONDS = Limit(
    "world-idle-seconds",
    3600,
    "seconds",
    "The time without use after which a world may leave for another one of the client that holds most.",
    "The world leaves when the server is full.",
    "--idle",
)
WORLD_RECORDS = Limit("world-records", 250_000, "records", "Records of one world.", REFUSED)
WORLD_BYTES = Limit("world-bytes", 64 * MIB, "bytes", "The export of one world, which is also the longest import.", REFUSED)
SNAPSHOTS = Limit("snapshots", 100, "snapshots", "Snapshots of one world.", OLDEST)
ALL_SNAPSHOTS = Limit("all-snapshots", 10_000, "snapshots", "Snapshots of all worlds.", OLDEST)
DROPPED_NAMES = Limit("dropped-names", 10_000, "names", "Names of dropped worlds that are remembered for a notice.", OLDEST)
FAULT_RULES = Limit("fault-rules", 100, "rules", "Fault rules of one world.", "The rule is refused with 409.")
OUTBOX = Limit("outbox", 1000, "messages", "Messages in the outbox of one world, and webhooks of one API on their way.", OLDEST)
SENDING_WORLDS = Limit(
    "sending-worlds", 100, "worlds", "Worlds whose webhooks are sent at the same time.", "The others wait for a later call to them."
)
WEBHOOKS_AT_ONCE = Limit(
    "webhooks-at-once", 20, "webhooks", "Webhooks of one world that are sent one after the other before others are looked for.", "They wait."
)
DELIVERY_ATTEMPTS = Limit("delivery-attempts", 20, "attempts", "Attempts to send one webhook that its delivery log keeps.", OLDEST)

# Journal

JOURNAL_ENTRIES = Limit("journal-entries", 1000, "entries", "Journal entries of one world.", OLDEST, "--keep")
JOURNAL_WORLD_BYTES = Limit("journal-world-bytes", 16 * MIB, "bytes", "The journal of one world: heads, paths and bodies, about.", OLDEST)
JOURNAL_BYTES = Limit("journal-bytes", 64 * MIB, "bytes", "The journals of all worlds: heads, paths and bodies, about.", OLDEST)

# Connections

CONNECTIONS = Limit("connections", 500, "connections", "Open connections of the server.", "A further connection is answered 503 and closed.")
STREAMS = Limit("streams", 20, "streams", "Live streams of one world.", BUSY)
WAITING = Limit("waiting", 100, "calls", "Calls of one world that wait for a message or for a moment.", BUSY)
HEAD_SECONDS = Limit("head-seconds", 10, "seconds", "The time in which the head of a request has to arrive.", ENDS)
BODY_SECONDS = Limit("body-seconds", 60, "seconds", "The time in which the body of a request has to arrive.", ENDS)
IDLE_SECONDS = Limit("idle-seconds", 10, "seconds", "The time for which a connection is kept without a request.", ENDS)
"""Longer than the five seconds after which common clients give up an idle connection, so that no request meets one that is being closed."""
STOP_SECONDS = Limit("stop-seconds", 3, "seconds", "The time that calls have to end when the server stops.", ENDS)

# Console, conformance runs and metrics

CONSOLE_FORM = Limit("console-form", MIB, "bytes", "A form of the console.", REFUSED)
REPORT_FILE = Limit("report-file", 64 * MIB, "bytes", "A file of a report that the server shows.", "The file is not shown.")
METRIC_SERIES = Limit(
    "metric-series", 5000, "series", "Pairs of operation and status that the metrics tell apart.", "Further statuses are counted by their class."
)

# Suite, traffic tools and tools for agents

ANSWER = Limit("answer", 20_000_000, "bytes", "An answer of a target that the suite judges.", "The rest is not read, and the answer is not judged.")
DECODED = Limit(
    "decoded", 16 * MIB, "bytes", "A recorded or proxied body without its content encoding.", "The body is not judged, and the report says so."
)
RECORDED_BODY = Limit("recorded-body", 16 * MIB, "bytes", "A body that serve --record writes.", "The entry says that the body is too long.")
RECORDING_ENTRY = Limit(
    "recording-entry", 64 * MIB, "bytes", "One entry of a recording, a HAR file or JSON Lines.", "The recording is refused with exit code 2."
)
TRAFFIC_FIELDS = Limit("traffic-fields", 10_000, "fields", "The fields of one form in traffic that is judged.", "The form is a finding.")
FINDING_KINDS = Limit("finding-kinds", 10_000, "kinds", "Kinds of findings that an audit keeps apart.", "The finding is counted without its place.")
PROXY_BODY = Limit("proxy-body", MIB, "bytes", "A body that the proxy keeps for the judge.", "The body passes and is not judged.", "--limit")
PROXY_CALLS = Limit("proxy-calls", 1000, "calls", "Calls in the journal of the proxy.", OLDEST)
PROXY_CONNECTIONS = Limit(
    "proxy-connections", 200, "connections", "Connections of the proxy to its upstream.", "The call waits, and is answered 503 after ten seconds."
)
PROXY_IDLE_SECONDS = Limit("proxy-idle-seconds", 30, "seconds", "The time for which the proxy keeps a client's idle connection.", ENDS)
PROXY_FINDINGS = Limit("proxy-findings", 2000, "characters", "The header X-Contract-Violations.", "The rest is left out; the journal has all.")
AGENT_ANSWER = Limit("agent-answer", 24 * 1024, "bytes", "The answer of a tool of mcp.", "Texts and lists in it are shortened, and it says so.")
AGENT_ROWS = Limit("agent-rows", 200, "rows", "One page of a tool of mcp.", "The call is refused.")
AGENT_TRIALS = Limit("agent-trials", 40, "calls", "The calls with which mcp searches for a request that would pass.", "The search ends.")

LIMITS: tuple[tuple[str, tuple[Limit, ...]], ...] = (
    ("Documents", (DOCUMENT, DOCUMENT_FILES, DOCUMENT_VALUES, DOCUMENT_DEPTH, DOCUMENT_SECONDS)),
    ("What a client sends", (JSON_DEPTH, DIGITS, HEAD, HEADER_VALUE, QUERY, BODY, FILES_BODY, FORM_FIELDS, FORM_DEPTH, DELAY)),
    (
        "Worlds",
        (
            WORLDS,
            FOREIGN_WORLDS,
            WORLD_IDLE_SECONDS,
            WORLD_RECORDS,
            WORLD_BYTES,
            SNAPSHOTS,
            ALL_SNAPSHOTS,
            DROPPED_NAMES,
            FAULT_RULES,
            OUTBOX,
            SENDING_WORLDS,
            WEBHOOKS_AT_ONCE,
            DELIVERY_ATTEMPTS,
        ),
    ),
    ("Journal", (JOURNAL_ENTRIES, JOURNAL_WORLD_BYTES, JOURNAL_BYTES)),
    ("Connections", (CONNECTIONS, STREAMS, WAITING, HEAD_SECONDS, BODY_SECONDS, IDLE_SECONDS, STOP_SECONDS)),
    ("Console, conformance runs and metrics", (CONSOLE_FORM, REPORT_FILE, METRIC_SERIES)),
    (
        "Suite, traffic tools and tools for agents",
        (
            ANSWER,
            DECODED,
            RECORDED_BODY,
            RECORDING_ENTRY,
            TRAFFIC_FIELDS,
            FINDING_KINDS,
            PROXY_BODY,
            PROXY_CALLS,
            PROXY_CONNECTIONS,
            PROXY_IDLE_SECONDS,
            PROXY_FINDINGS,
            AGENT_ANSWER,
            AGENT_ROWS,
            AGENT_TRIALS,
        ),
    ),
)
"""Every limit under its heading, in the order of the page."""


def find_limit_name(status: int, media_type: str, named: str) -> str:
    """The name of the limit beyond which a mock refused a call, by an answer's status, Content-Type and X-Mock-Limit; empty for any other answer."""
    is_problem = media_type.partition(";")[0].strip().lower() == PROBLEM
    return named[:SHOWN_NAME] if status in REFUSALS and is_problem else ""


def find_limit(name: str) -> Limit:
    """The limit of this name. Raises StopIteration if there is none."""
    return next(limit for limit in all_limits() if limit.name == name)


def all_limits() -> tuple[Limit, ...]:
    """Every limit, in the order of the page."""
    return tuple(limit for _, group in LIMITS for limit in group)
