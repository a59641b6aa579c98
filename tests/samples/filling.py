"""What is replaced in a sample before it runs: its host, credentials and placeholders, and what is broken on the page."""

from __future__ import annotations

import re
from typing import NamedTuple

from fixtures import backoffice, monedero, trincico
from mockserver.apis.backoffice.sessions import sign
from tests.samples.reading import PrintedSample


class Repair(NamedTuple):
    """A slip of a page that keeps a sample from running, by its discrepancy."""

    discrepancy: str
    broken: str
    whole: str


REPAIRS = (
    Repair("trincico.D19", r"\}''$", "}'"),
    Repair("trincico.D20", r",(?=\s*\}'$)", ""),
    Repair("trincico.D21", r"'/view$", "/view'"),
    Repair("trincico.D22", r"^curl X GET", "curl -X GET"),
    Repair("trincico.D23", r"(?<!\\)\n(?=  -H)", " \\\\\n"),
    Repair("trincico.D78", r"(?<=/build-reference)(?=')", "?service_id=77"),
    Repair("monedero.D33", r"(?<=type['\"]) =:", ":"),
    Repair("monedero.D34", r"set_form_data\(\)", "set_form_data({})"),
)
"""The first five mend the shell and JSON of Trincico's commands; then a required value that one lacks, and syntax of Monedero's programs."""

_TRINCICO = trincico.SEEDED_RECORDS
_MONEDERO = {
    "your_apikey": "monedero-demo-apikey",
    "your_wallet_key": monedero.SEEDED_RECORDS["wallet"],
    "client_phone_number": monedero.CONTACT_PHONE,
    "client_name": "Clienta",
    "cashier_id": monedero.SEEDED_RECORDS["cashier"],
    "employee_number": "4775550299",
    "employee_name": "Nueva",
    "employee_business": "Centro",
    "business_name": "Centro",
    "employee_password": "clave",
    "cajero": "cajero",
}
"""Monedero's placeholders; in programs they are names without quotes."""
_PER_CALL = {
    "/wallet/contact/add": {"client_phone_number": monedero.NEW_PHONE},
    "/employee/disable": {"employee_number": monedero.SEEDED_RECORDS["number_to_archive"]},
}
_ROLES = (
    (r"/subscriptions/active|/payouts/frequencies|/payouts/account/enable", "pro"),
    (r"-X GET '[^']*/payouts|-X PUT '[^']*/payouts|/payouts' ", "elite"),
)
"""The user of Trincico who can send a call; all others are sent by demo."""


def fill(sample: PrintedSample, url: str) -> str:
    """The text of a sample, to be sent to the vendor's API at ``url``, which ends before the paths that the page prints."""
    return {"backoffice": _backoffice, "monedero": _monedero, "serpi": _serpi, "trincico": _trincico, "troyansys": _troyansys}[sample.slug](
        sample, url
    )


def repair(sample: PrintedSample) -> tuple[PrintedSample, list[str]]:
    """The sample as it can run, and the discrepancies that were repaired in it."""
    done = []
    text = sample.text
    for discrepancy, broken, whole in REPAIRS:
        if discrepancy.startswith(sample.slug) and re.search(broken, text):
            text = re.sub(broken, whole, text)
            done.append(discrepancy)
    return sample._replace(text=text), done


def _backoffice(sample: PrintedSample, url: str) -> str:
    ids = {"products": "6", "notices": "6", "user_tickets": "8", "threads": str(backoffice.TICKET), "resources": "1"}
    token = sign(backoffice.JWT_SECRET, backoffice.DEMO, backoffice.NEVER)
    text = sample.text.replace("{{HOST}}", url).replace("{{API_KEY}}", backoffice.API_KEY).replace("{{JWT_TOKEN}}", token)
    text = re.sub(r"/(\w+)/\{\{ID\}\}", lambda found: f"/{found[1]}/{ids.get(found[1], backoffice.SEEDED_RECORDS['user'])}", text)
    text = text.replace("{{WALLET_ID}}", "5").replace("{{USER_ID}}", "6").replace("{{PAGE}}", "1")
    return re.sub(r"@\"[^\"]+\"", '@"picture.png"', text)


def _monedero(sample: PrintedSample, url: str) -> str:
    text = re.sub(r'(["\'])(/(?:toolusers|wallet|employee)/[\w/]+)\1', rf"\1{url}\2\1", sample.text)
    call = re.search(r"/(?:toolusers|wallet|employee)/[\w/]+", sample.text)
    values = {**_MONEDERO, **_PER_CALL.get(call[0] if call else "", {})}
    for name, value in values.items():
        if sample.language == "curl":
            text = re.sub(rf"(?<=[=: ]){name}(?=[&\"])", value, text)
        else:
            text = text.replace(f'apikey: {name}"', f'apikey: {value}"')  # within a text already
            text = re.sub(rf"(?<![\w'\"]){name}(?![\w'\"])", f'"{value}"', text)
    return text


def _serpi(sample: PrintedSample, url: str) -> str:
    text = sample.text.replace("https://localhost:44305", url)
    return text.replace("{{secret key}}", "serpi-demo-secretkey").replace("{{token}}", "serpi-demo-token")


def _trincico(sample: PrintedSample, url: str) -> str:
    role = next((role for pattern, role in _ROLES if re.search(pattern, sample.text)), "demo")
    invoice = _TRINCICO["ready_invoice" if "/pay'" in sample.text else "draft_invoice"]
    text = re.sub(r"https?://(?:backend-staging\.trincico\.net|localhost:8005)", url, sample.text, count=1)
    text = re.sub(r"\{\{ ?token ?\}\}", f"trincico-{role}-token", text)
    text = text.replace("{{ base64_encode(:api_password) }}", "OnRyaW5jaWNvLWFwaS1wYXNzd29yZA==")
    text = text.replace("/subscriptions/:id", f"/subscriptions/{_TRINCICO['subscription']}")
    return text.replace("/invoices/:id", f"/invoices/{invoice}").replace("/items/:item-id", f"/items/{_TRINCICO['item']}")


def _troyansys(sample: PrintedSample, url: str) -> str:
    text = sample.text.replace("https://troyansys.com", url)
    return text.replace("{token}", "troyansys-demo-token").replace("{api_key_empresa}", "troyansys-demo-apikey")
