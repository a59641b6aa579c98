"""One witness for each planted bug: true at a server with this bug, false at a conforming one. The page entitles a tester to each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

TOKEN, OTHER = "5|Ow9vT3mKp7Lx2QrZs8Nd", "6|Gc4bY1hJf6Ut0EaWk5Ri"
KEY, SECOND_KEY, OTHER_KEY = "ka_live_Qm7Zr2Xp9LtV4sWb", "kb_live_Hd3Nf8Tc5JyK1gRe", "kc_live_Uw6Mb4Vz0PxS2qAn"
EMAIL, PASSWORD = "cliente@example.com", "Clave-Larga-2041"


class Api:
    """Calls of one server."""

    def __init__(self, origin: str) -> None:
        self.client = httpx.Client(base_url=f"{origin}/api/v1", timeout=20)
        self.origin = origin

    def close(self) -> None:
        self.client.close()

    def login(self, **changes: Any) -> httpx.Response:
        return self.client.post("/auth/login", json={"email": EMAIL, "password": PASSWORD, "device_name": "prueba", **changes})

    def token(self) -> str:
        return str(self.login().json()["token"])

    def user(self, path: str = "/auth/me", token: str = TOKEN, company: str = "1", method: str = "GET", scheme: str = "Bearer ") -> httpx.Response:
        return self.client.request(method, path, headers={"Authorization": scheme + token, "X-Company-Id": company})

    def company(self, path: str = "/company/me", key: str = KEY) -> httpx.Response:
        return self.client.get(path, headers={"X-API-Key": key})

    def plan(self) -> dict[str, Any]:
        found: dict[str, Any] = self.company("/company/subscription/plans").json()["data"][0]
        return found

    def advance(self, seconds: int) -> None:
        httpx.post(f"{self.origin}/_staging/advance", json={"duration": f"PT{seconds}S"}).raise_for_status()


def _seconds_left(api: Api, shown: str) -> int:
    now = dt.datetime.fromisoformat(httpx.post(f"{api.origin}/_staging/advance", json={"duration": "PT0S"}).json()["now"])
    return int((dt.datetime.fromisoformat(shown) - now).total_seconds())


def _ends_before_it_says(api: Api) -> bool:
    answer = api.login().json()
    api.advance(_seconds_left(api, answer["expires_at"]) - 600)
    return api.user(token=answer["token"]).status_code == 401


def _lives_longer_than_it_says(api: Api) -> bool:
    answer = api.login().json()
    api.advance(_seconds_left(api, answer["expires_at"]) + 600)
    return api.user(token=answer["token"]).status_code != 401


def _first_dies_at_second_login(api: Api) -> bool:
    first = api.token()
    api.token()
    return api.user(token=first).status_code != 200


def _second_dies_at_logout_of_first(api: Api) -> bool:
    first, second = api.token(), api.token()
    api.user("/auth/logout", first, method="POST")
    return first != second and api.user(token=second).status_code == 401


def _token_lives_after_logout(api: Api) -> bool:
    token = api.token()
    api.user("/auth/logout", token, method="POST")
    return api.user(token=token).status_code == 200


def _companies_are_mixed(api: Api) -> bool:
    wanted = ["1", "2"] * 12
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda one: api.user(company=one).json()["company"]["id"], wanted))
    return found != [int(one) for one in wanted]


def _status(wanted: int, call: Callable[[Api], httpx.Response]) -> Callable[[Api], bool]:
    """A witness of a call that is not answered with the status that the page demands."""
    return lambda api: call(api).status_code not in (wanted, 201 if wanted == 200 else wanted)


WITNESSES: dict[str, Callable[[Api], bool]] = {
    "zone_lie": lambda api: _lives_longer_than_it_says(api) or _ends_before_it_says(api),
    "zone_missing": lambda api: dt.datetime.fromisoformat(api.login().json()["expires_at"]).tzinfo is None,
    "expired_at_birth": lambda api: _seconds_left(api, api.login().json()["expires_at"]) <= 5,
    "no_expiry": _lives_longer_than_it_says,
    "logout_closes_nothing": _token_lives_after_logout,
    "logout_closes_all": _second_dies_at_logout_of_first,
    "one_session": _first_dies_at_second_login,
    "token_of_the_second": lambda api: len({api.token() for _ in range(3)}) < 3,
    "token_type_small": lambda api: api.login().json()["token_type"] != "Bearer",
    "token_any_case": _status(401, lambda api: api.user(token=TOKEN.swapcase())),
    "any_scheme": _status(401, lambda api: api.user(scheme="Basic ")),
    "key_any_case": _status(401, lambda api: api.company(key=KEY.swapcase())),
    "key_prefix": _status(401, lambda api: api.company(key=KEY[:-2] + "zz")),
    "key_trimmed_of_letters": _status(401, lambda api: api.company(key=KEY + "x")),
    "token_opens_company": _status(401, lambda api: api.user("/company/me")),
    "first_company_for_keys": lambda api: api.company(key=OTHER_KEY).json()["company"]["id"] == api.company().json()["company"]["id"],
    "first_company_for_all": lambda api: api.login(email="vecino@example.com", password="Otra-Clave-7730").json()["user"]["active_company_id"] == 1,
    "password_trimmed": lambda api: api.login(password=f" {PASSWORD} ").is_success,
    "password_cut": lambda api: api.login(password=PASSWORD[:-1] + "9").is_success,
    "password_any_case": lambda api: api.login(password=PASSWORD.swapcase()).is_success,
    "password_returned": lambda api: PASSWORD in api.login().text,
    "password_may_lack": _status(422, lambda api: api.client.post("/auth/login", json={"email": EMAIL})),
    "email_unchecked": _status(422, lambda api: api.login(email="sin arroba")),
    "two_faults": _status(422, lambda api: api.client.post("/auth/login", json={"email": 1, "password": False})),
    "device_required": _status(200, lambda api: api.client.post("/auth/login", json={"email": EMAIL, "password": PASSWORD})),
    "broken_json_crashes": lambda api: api.client.post("/auth/login", content=b"{", headers={"Content-Type": "application/json"}).status_code >= 500,
    "errors_as_html": lambda api: "json" not in api.user(token="none").headers["content-type"],
    "message_with_accent": lambda api: api.user("/auth/logout", api.token(), method="POST").json()["message"] != "Sesion API cerrada.",
    "any_company": _status(403, lambda api: api.user(company="3")),
    "company_not_found": _status(403, lambda api: api.user(company="3")),
    "company_id_cut": lambda api: api.user(company="1abc").is_success,
    "company_of_another_call": _companies_are_mixed,
    "name_mojibake": lambda api: api.user().json()["company"]["name"] != api.company().json()["company"]["name"],
    "email_in_capitals": lambda api: api.user().json()["email"] != api.login().json()["user"]["email"],
    "ruc_as_number": lambda api: not isinstance(api.company().json()["company"]["ruc"], str),
    "ruc_without_zero": lambda api: api.company().json()["company"]["ruc"] != "0990000000001",
    "modules_in_capitals": lambda api: not all(one["code"].islower() for one in api.company().json()["active_modules"]),
    "plans_without_meta": lambda api: "meta" not in api.company("/company/subscription/plans").json(),
    "plans_inactive": lambda api: "plan-antiguo" in api.user("/subscription/plans").text,
    "plan_of_the_first": lambda api: (
        api.company("/company/subscription/plans", OTHER_KEY).json()["meta"]["current_plan_id"]
        == api.user("/subscription/plans").json()["meta"]["current_plan_id"]
    ),
    "plan_code_of_another": lambda api: (
        {one["id"]: one["code"] for one in api.user("/subscription/plans").json()["data"]}[1]
        != api.user("/subscription/plans").json()["meta"]["current_plan_code"]
    ),
    "amount_as_text": lambda api: isinstance(api.plan()["amount"], str),
    "amount_in_cents": lambda api: api.plan()["amount"] == 3990,
    "amount_as_float": lambda api: api.plan()["amount"] != 39.9 and round(api.plan()["amount"], 2) == 39.9,
    "flags_as_numbers": lambda api: not all(isinstance(one, bool) for one in api.plan()["feature_flags"].values()),
    "modules_as_text": lambda api: not isinstance(api.plan()["module_codes"], list),
    "webhook_needs_token": _status(200, lambda api: api.client.post("/payphone/subscription/webhook", json={"transactionStatus": "Approved"})),
    "webhook_needs_reference": _status(200, lambda api: api.client.post("/payphone/subscription/webhook", json={"amount": 99.9})),
}
