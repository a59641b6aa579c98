"""The hooks of a staging system: reset, move or stop the clock, read the mails, break the provider, leave a payment page."""

import json
import re
import time
from collections.abc import Mapping
from datetime import datetime

from starlette.responses import Response
from whenever import Instant, ItemizedDelta

from tests.independent.trincico.database import now, rows, set_state, state
from tests.independent.trincico.seed import reset
from tests.independent.trincico.subscriptions import finish_checkout


def answer(method: str, name: str, query: Mapping[str, str]) -> Response:
    """Do one hook. Errors: 404 for an unknown one, 400 for a value that cannot be read."""
    if method == "GET" and name == "outbox":
        return as_json({"messages": [render_mail(mail) for mail in rows("select * from mails order by seq")]})
    if method != "POST":
        return as_json({"error": "unknown hook"}, 404)
    try:
        done = do(name, query)
    except (KeyError, ValueError) as error:
        return as_json({"error": str(error)}, 400)
    return as_json({"done": done}) if done else as_json({"error": "unknown hook"}, 404)


def do(name: str, query: Mapping[str, str]) -> str | None:
    if name == "reset":
        reset()
    elif name == "advance":
        later = Instant.from_timestamp(now()).to_tz("UTC").add(ItemizedDelta(query["duration"])).timestamp()
        if state("frozen"):
            set_state("frozen", str(later))
        else:
            set_state("offset", str(later - time.time()))
    elif name == "freeze":
        set_state("frozen", str(datetime.fromisoformat(query["moment"].replace(" ", "+")).timestamp()))
    elif name == "break":
        set_state("provider", "broken")
    elif name == "checkout":
        return finish_checkout(query["url"], query.get("outcome", "success"))
    else:
        return None
    return name


def render_mail(mail: Mapping[str, str]) -> dict[str, object]:
    codes = re.findall(r"Your code: (\w+)", mail["body"])
    return {"channel": mail["channel"], "to": mail["recipient"], "subject": mail["subject"], "body": mail["body"], "codes": codes, "links": []}


def as_json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status, media_type="application/json")
