"""One witness for each planted bug: true at a server with this bug, false at a conforming one. The page entitles a tester to each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import httpx

KEY, OTHER_KEY, FULL_KEY = "AKx7Tq2mLr9Vb4Nc", "BKp3Wd8sJf6Hy1Zg", "DKv9Bt4yGh1Qw6Sl"
WALLET, TICKET, FOREIGN, FULL = "mw-centro-41", "mw-ticket-42", "mw-ajeno-51", "mw-lleno-71"
KNOWN, VETOED, NEIGHBOUR = "4770123456", "4770999999", "4770123457"
NAME = "Rosa Peña"
_numbers = count(1)


class Api:
    """Calls of one server."""

    def __init__(self, origin: str) -> None:
        self.client = httpx.Client(base_url=f"{origin}/api", timeout=20)
        self.origin = origin

    def close(self) -> None:
        self.client.close()

    def send(self, path: str, key: str | None = KEY, **form: Any) -> httpx.Response:
        return self.client.post(path, data=form, headers={} if key is None else {"apikey": key})

    def call(self, path: str, key: str | None = KEY, **form: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.send(path, key, **form).json()
        return found

    def add(self, phone: str = "", wallet: str = WALLET, key: str = KEY, **form: Any) -> str:
        """The code of the answer."""
        sent = {"wallet_key": wallet, "phone": phone or new_phone(), "customer_name": NAME, "usertool_id": "501", **form}
        return str(self.call("/wallet/contact/add", key, **sent)["code"])

    def contact(self, phone: str = KNOWN, wallet: str = WALLET, key: str = KEY) -> dict[str, Any]:
        found: dict[str, Any] = self.call("/wallet/contact/get", key, wallet_key=wallet, phone=phone)["result"]
        return found

    def points(self, phone: str = KNOWN, wallet: str = WALLET, key: str = KEY) -> float:
        return float(self.contact(phone, wallet, key)["contact_balance"])

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("/wallet/contact/get", wallet_key=WALLET)["result"]
        return found

    def sale(self, kind: int = 0, phone: str = KNOWN, wallet: str = WALLET, **form: Any) -> dict[str, Any]:
        amount = {"transaction_amount": "100"} if kind == 0 else {"points_used": "1"}
        sent = {"wallet_key": wallet, "phone": phone, "usertool_id": "501", "transaction_type": str(kind), **amount, **form}
        return self.call("/wallet/sale", **sent)

    def update(self, kind: int = 0, amount: str = "1", phone: str = KNOWN, **form: Any) -> dict[str, Any]:
        sent = {"wallet_key": WALLET, "phone": phone, "usertool_id": "501", "transaction_type": str(kind), "transaction_amount": amount, **form}
        return self.call("/wallet/balance/update", **sent)

    def hire(self, **form: Any) -> dict[str, Any]:
        number = next(_numbers)
        sent = {
            "type": "cajero",
            "employee_name": f"Caja {number}",
            "business_name": "Plaza",
            "number": f"4778{number:06}",
            "password": f"p-{number}",
        }
        return self.call("/employee/add", **{**sent, **form})

    def tools(self, key: str = KEY) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("/toolusers/get", key)["result"]
        return found

    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = httpx.get(f"{self.origin}/_staging/outbox").json()["messages"]
        return found


def new_phone() -> str:
    return f"4776{next(_numbers):06}"


def _name(text: str) -> Callable[[Api], bool]:
    """A witness that registers a name and reads it back."""

    def sees(api: Api) -> bool:
        phone = new_phone()
        api.add(phone, customer_name=text)
        return bool(api.contact(phone)["contact_name"] != text)

    return sees


def _birthdate(text: str) -> Callable[[Api], bool]:
    def sees(api: Api) -> bool:
        phone = new_phone()
        api.add(phone, customer_birthdate=text)
        return bool(api.contact(phone)["contact_birthdate"] != text)

    return sees


def _at_once(calls: Iterable[Callable[[], Any]]) -> list[Any]:
    with ThreadPoolExecutor(8) as pool:
        return [one.result() for one in [pool.submit(call) for call in calls]]


def _loses_sales(api: Api) -> bool:
    before = api.points()
    _at_once([api.sale] * 8)
    return round(api.points() - before, 2) != 60


def _loses_changes(api: Api) -> bool:
    before = api.points()
    _at_once([api.update] * 8)
    return round(api.points() - before, 2) != 8


def _uses_points_twice(api: Api) -> bool:
    phone = new_phone()
    api.add(phone)
    api.update(amount="5", phone=phone)
    codes = Counter(one["code"] for one in _at_once([lambda: api.sale(1, phone, points_used="5")] * 6))
    return codes["new_sale_01"] != 1


def _registers_twice(api: Api) -> bool:
    phone = new_phone()
    return Counter(_at_once([lambda: api.add(phone)] * 6))["contact_add_01"] != 1


def _gives_equal_ids(api: Api) -> bool:
    ids = [one["collaboratorId"] for one in _at_once([api.hire] * 6)]
    return len(set(ids)) != len(ids)


def _delta(call: Callable[[Api], Any], wanted: float, phone: str = KNOWN, wallet: str = WALLET) -> Callable[[Api], bool]:
    """A witness that compares the points before and after a call."""

    def sees(api: Api) -> bool:
        before = api.points(phone, wallet)
        call(api)
        return round(api.points(phone, wallet) - before, 2) != wanted

    return sees


def _not_code(wanted: str, call: Callable[[Api], Any]) -> Callable[[Api], bool]:
    def sees(api: Api) -> bool:
        answer = call(api)
        return bool((answer if isinstance(answer, str) else answer["code"]) != wanted)

    return sees


def _message(wanted: int, **form: Any) -> Callable[[Api], bool]:
    """A witness that counts the messages with a link to a new contact."""

    def sees(api: Api) -> bool:
        phone = new_phone()
        api.add(phone, **form)
        return len([one for one in api.messages() if one["to"] == phone and one["links"]]) != wanted

    return sees


def _says_something_when_refused(api: Api) -> bool:
    before = len(api.messages())
    api.add(KNOWN)
    return len(api.messages()) > before


def _lists_less(api: Api) -> bool:
    phones = [new_phone() for _ in range(12)]
    for phone in phones:
        api.add(phone)
    return not {KNOWN, *phones} <= {one["contact_phone"] for one in api.listed()}


def _lists_old_points(api: Api) -> bool:
    api.listed()
    api.update(amount="3.25")
    return bool(next(one for one in api.listed() if one["contact_phone"] == KNOWN)["contact_balance"] != api.points())


def _archives_wrongly(api: Api) -> bool:
    before = [one["usertool_number"] for one in api.tools()]
    first, second = (api.hire(number=f"4779{next(_numbers):06}", business_name="Sur") for _ in range(2))
    numbers = [one["usertool_number"] for one in api.tools() if one["usertool_id"] in (first["collaboratorId"], second["collaboratorId"])]
    api.call("/employee/disable", number=numbers[0])
    return sorted(one["usertool_number"] for one in api.tools()) != sorted([*before, numbers[1]])


def _archives_for_others(api: Api) -> bool:
    before = api.tools(OTHER_KEY)
    api.call("/employee/disable", number="4770020001")
    return api.tools(OTHER_KEY) != before


def _empty(api: Api) -> str:
    phone = new_phone()
    api.add(phone)
    return phone


def _takes_names_for_branches(api: Api) -> bool:
    new = api.hire(employee_name="Caja Nueva", business_name="Sucursal Nueva")["collaboratorId"]
    return any(one["usertool_id"] == new and one["usertool_branch"] != "Sucursal Nueva" for one in api.tools())


def _shows_other_points_in_the_list(api: Api) -> bool:
    api.update(amount="0.75")
    return any(one["contact_balance"] != api.contact(one["contact_phone"])["contact_balance"] for one in api.listed())


def _shows_float(api: Api) -> bool:
    phone = _empty(api)
    return str(api.update(amount="1.3", phone=phone)["newBalance"]) != "1.3"


WITNESSES: dict[str, Callable[[Api], bool]] = {
    "sales_lost_at_once": _loses_sales,
    "changes_lost_at_once": _loses_changes,
    "points_used_twice_at_once": _uses_points_twice,
    "registered_twice_at_once": _registers_twice,
    "equal_ids_at_once": _gives_equal_ids,
    "name_trimmed": _name("  Rosa Peña "),
    "name_titled": _name("rosa de la Peña"),
    "name_without_accents": _name("Zoë Ibáñez"),
    "name_cut": _name("Maria Guadalupe de los Angeles Fernandez de Cordoba"),
    "name_escaped": _name("Rosa & Luis 'Peña'"),
    "name_decoded_twice": _name("Rosa 100%25"),
    "name_without_astral": _name("Rosa \U0001f600"),
    "birthdate_a_day_early": _birthdate("1988-07-21"),
    "birthdate_day_and_month": _birthdate("1988-07-05"),
    "phone_formatted": lambda api: api.contact()["contact_phone"] != KNOWN,
    "phone_with_spaces": _not_code("balance_get_03", lambda api: api.call("/wallet/contact/get", wallet_key=WALLET, phone="477 012 3456")),
    "phone_too_long": _not_code("balance_get_03", lambda api: api.call("/wallet/contact/get", wallet_key=WALLET, phone=KNOWN + "7")),
    "comma_in_amount": _not_code("new_sale_07", lambda api: api.sale(transaction_amount="1,000")),
    "letters_after_amount": _not_code("new_sale_07", lambda api: api.sale(transaction_amount="12abc")),
    "exponent_in_amount": _not_code("new_sale_07", lambda api: api.sale(transaction_amount="1e3")),
    "negative_amount": _not_code("balance_update_07", lambda api: api.update(amount="-5")),
    "percent_without_decimals": _delta(lambda api: api.sale(transaction_amount="1000"), 75),
    "amount_clamped": _delta(lambda api: api.sale(transaction_amount="50000"), 3750),
    "points_as_float": _shows_float,
    "balance_of_before": lambda api: api.sale()["newBalance"] != api.contact()["contact_balance"],
    "balance_below_zero": _not_code("wallet_balance_update_07", lambda api: api.update(1, "5", phone=_empty(api))),
    "empty_balance_crashes": lambda api: (
        api.send("/wallet/sale", wallet_key=WALLET, phone=_empty(api), usertool_id="501", transaction_type="1", points_used="1").status_code >= 500
    ),
    "points_used_when_earning": _delta(lambda api: api.sale(points_used="3"), 7.5),
    "earned_when_using": _delta(lambda api: api.sale(1, transaction_amount="100"), -1),
    "credited_though_refused": _delta(lambda api: api.sale(phone=VETOED), 0, phone=VETOED),
    "equal_sale_dropped": _delta(lambda api: [api.sale(transaction_amount="222") for _ in range(2)], 33.3),
    "ticket_for_earning_only": _not_code("new_sale_11", lambda api: api.sale(1, wallet=TICKET)),
    "blank_ticket": _not_code("new_sale_11", lambda api: api.sale(wallet=TICKET, ticket="   ")),
    "codes_exchanged": _not_code("new_sale_13", lambda api: api.sale(usertool_id="511")),
    "code_of_the_sale": _not_code("balance_update_03", lambda api: api.update(phone="")),
    "tool_of_anybody": _not_code("new_sale_13", lambda api: api.sale(usertool_id="511")),
    "permission_for_sales_only": _not_code("balance_update_12", lambda api: api.update(usertool_id="503")),
    "archived_may_sign": _not_code("new_sale_14", lambda api: api.sale(usertool_id="504")),
    "blacklist_ignored": _not_code("wallet_redeem_14", lambda api: api.sale(1, phone=VETOED)),
    "blacklist_of_all": _not_code("new_sale_01", lambda api: api.sale(phone=NEIGHBOUR)),
    "points_of_all_wallets": _delta(lambda api: api.sale(), 0, wallet=TICKET),
    "contact_of_any_wallet": lambda api: api.call("/wallet/contact/get", wallet_key=TICKET, phone=NEIGHBOUR)["success"],
    "wallet_of_anybody": lambda api: "Ajeno" in api.send("/wallet/contact/get", wallet_key=FOREIGN).text,
    "wallets_of_all": lambda api: FOREIGN in api.send("/wallet/get").text,
    "tools_of_all": lambda api: any(str(one["usertool_id"]) == "511" for one in api.tools()),
    "list_of_ten": _lists_less,
    "list_without_oldest": _lists_less,
    "list_from_cache": _lists_old_points,
    "list_in_whole_points": _shows_other_points_in_the_list,
    "no_message_with_birthdate": _message(1, customer_birthdate="1990-01-31"),
    "message_to_another": _message(1),
    "message_without_link": _message(1),
    "message_when_registered": _says_something_when_refused,
    "fixed_line_accepted": _not_code("wallet_manager_14", lambda api: api.add("4420001234")),
    "quota_ignored": _not_code("wallet_manager_18", lambda api: api.add(wallet=FULL, key=FULL_KEY, usertool_id="531")),
    "two_faults": lambda api: api.send("/wallet/contact/add", customer_name=NAME).status_code >= 500,
    "errors_as_html": lambda api: "json" not in api.send("/wallet/contact/get").headers["content-type"],
    "key_any_case": _not_code("auth_01", lambda api: api.call("/wallet/contact/get", KEY.swapcase(), wallet_key=WALLET)),
    "key_prefix": _not_code("auth_01", lambda api: api.call("/wallet/contact/get", KEY + "zz", wallet_key=WALLET)),
    "key_in_the_form": _not_code("auth_01", lambda api: api.call("/wallet/contact/get", None, wallet_key=WALLET, apikey=KEY)),
    "passwords_listed": lambda api: "clave-501" in api.send("/toolusers/get").text,
    "same_password_accepted": _not_code("err_toolusers_03", lambda api: api.hire(password="clave-502")),
    "branch_is_the_name": _takes_names_for_branches,
    "archives_of_anybody": _archives_for_others,
    "archives_the_newest": _archives_wrongly,
    "archives_nothing": _archives_wrongly,
    "archives_all_of_the_branch": _archives_wrongly,
}
