"""Violations planted in BackOffice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .mutants import Edit, Mutant, Spoil

if TYPE_CHECKING:
    from ..suite.harness import ApiClient

APIS = "mockserver/apis/backoffice"
MODULES = "authentication dashboard faults messages notices products resources sessions shown team threads tickets tokens trees users wallets state"
(
    AUTHENTICATION, DASHBOARD, FAULTS, MESSAGES, NOTICES, PRODUCTS, RESOURCES, SESSIONS, SHOWN, TEAM, THREADS, TICKETS, TOKENS, TREES, USERS, WALLETS, STATE,
) = (f"{APIS}/{name}.py" for name in MODULES.split())  # fmt: skip
DOCUMENT, BEHAVIOUR = "specs/backoffice.yaml", "specs/backoffice/behaviour.yaml"
NEW = {
    "sponsor": "admin", "first_name": "Ana", "last_name": "Luz", "email": "ana.luz@example.com", "user_name": "analuz99", "mobile": "5500000000",
    "password": "clave-larga", "country_code": "MX",
}  # fmt: skip


def _get(api: ApiClient, path: str, **options: Any) -> Any:
    return api.call("GET", f"/api/v1/{path}", **options)


def _join(api: ApiClient, **changes: Any) -> Any:
    return api.call("POST", "/api/v1/users/", data={**NEW, **changes})


def _login(api: ApiClient, **changes: Any) -> Any:
    return api.call("POST", "/api/v1/login/", data={**api.login(), **changes})


def _joined(api: ApiClient) -> Any:
    _join(api)
    return _get(api, f"users/{_login(api, username=NEW['user_name'], password=NEW['password']).json()['id']}").json()


def _edit(api: ApiClient, user: str = "edited_user", **fields: str) -> Any:
    return api.call("PUT", f"/api/v1/users/{api.known(user)}", files={name: (None, value) for name, value in fields.items()})


def _user(api: ApiClient, user: str = "edited_user") -> Any:
    return _get(api, f"users/{api.known(user)}").json()


def _ticket(api: ApiClient, **changes: Any) -> Any:
    return api.call("POST", "/api/v1/user_tickets", data={"user_id": api.known("ticket_user"), "subject": "Duda", "comment": "Hola", **changes})


def _tickets(api: ApiClient) -> Any:
    return _get(api, f"user_tickets/{api.known('ticket_user')}").json()["list"]


def _thread(api: ApiClient, **changes: Any) -> Any:
    return api.call("POST", "/api/v1/threads", data={"ticket_id": api.known("ticket"), "content": "Sigo", **changes})


def _threads(api: ApiClient, ticket: Any = None) -> Any:
    return _get(api, f"threads/{ticket or api.known('ticket')}").json()["list"]


def _wallet(api: ApiClient, page: Any = 1, wallet: str = "wallet") -> Any:
    return _get(api, f"wallets/{api.known(wallet)}", params={"user_id": api.known("user"), "page": page}).json()


def _walk(api: ApiClient) -> list[int]:
    return [row["id"] for page in range(1, _wallet(api)["total_pages"] + 1) for row in _wallet(api, page)["list"]]


def _token(api: ApiClient) -> str:
    api.call("POST", "/api/v1/tokens", data={"user_id": api.known("token_user")})
    return str(api.outbox()[-1]["codes"][0])


def _later(api: ApiClient, duration: str) -> bool:
    api.advance(duration)
    return True


MUTANTS = (
    Mutant(
        "backoffice.login_without_exp",
        "shape",
        "login",
        ("backoffice.login.r5",),
        (Spoil("login", 200, "body.pop('exp')"),),
        lambda api: "exp" in _login(api).json(),
    ),
    Mutant(
        "backoffice.user_with_password",
        "shape",
        "get_user",
        ("backoffice.get_user.r2",),
        (Spoil("get_user", 200, "body['password_digest'] = 'x'"),),
        lambda api: "password_digest" not in _user(api),
    ),
    Mutant(
        "backoffice.level_as_text",
        "shape",
        "get_teamview",
        (),
        (Spoil("get_teamview", 200, "body['teamview'][0]['user']['level'] = '1'"),),
        lambda api: _get(api, f"teamviews/{api.known('first_user')}").json()["teamview"][0]["user"]["level"] == 1,
    ),
    Mutant(
        "backoffice.balance_as_number",
        "shape",
        "get_wallet_transactions",
        (),
        (Spoil("get_wallet_transactions", 200, "body['list'][0]['balance'] = float(body['list'][0]['balance'])"),),
        lambda api: isinstance(_wallet(api)["list"][0]["balance"], str),
    ),
    Mutant(
        "backoffice.list_renamed",
        "shape",
        "list_legs",
        ("backoffice.list_legs.r1",),
        (Spoil("list_legs", 200, "body['legs'] = body.pop('list')"),),
        lambda api: "list" in _get(api, "legs").json(),
    ),
    Mutant(
        "backoffice.countries_as_text",
        "http",
        "list_countries",
        (),
        (Spoil("list_countries", 200, "media_type = 'text/plain'"),),
        lambda api: _get(api, "countries").headers["content-type"].startswith("application/json"),
    ),
    Mutant(
        "backoffice.unknown_user_410",
        "http",
        "get_products",
        ("backoffice.get_products.e1",),
        (Spoil("get_products", 404, "status = 410"),),
        lambda api: _get(api, "products/999999").status_code == 404,
    ),
    Mutant(
        "backoffice.crash_without_team",
        "http",
        "get_matrix",
        (),
        (Edit(TEAM, '    return {"user": shown,', '    assert level or any(children.values())\n    return {"user": shown,'),),
        lambda api: _get(api, f"matrixs/{api.known('user_without_team')}").status_code == 200,
    ),
    Mutant(
        "backoffice.body_of_any_size",
        "http",
        "create_user_ticket",
        (),
        (
            Edit(
                "specs/backoffice/tickets.yaml",
                "      requestBody:\n",
                "      requestBody:\n        x-max-bytes: 8388608\n",
                "operationId: create_user_ticket",
            ),
        ),
        lambda api: _ticket(api, more="1" * 1_048_577).status_code == 413,
    ),
    Mutant(
        "backoffice.any_api_key",
        "access",
        "list_legs",
        ("backoffice.login.e1",),
        (Edit(SESSIONS, 'find("api_key", credential)', 'find("api_key", credential) or next(world.table(SETTINGS).all())'),),
        lambda api: _get(api, "legs", role="wrong_key").status_code == 403,
        ("login", "create_user", "get_user", "update_user", "list_locales", "list_countries", "create_token"),
    ),
    Mutant(
        "backoffice.forged_jwt",
        "access",
        "get_user",
        (),
        (Edit(SESSIONS, '"require": ["user_id", "exp"]', '"verify_signature": False, "require": ["user_id", "exp"]'),),
        lambda api: _get(api, "legs", role="forged").status_code == 401,
        ("list_legs", "create_user", "update_user", "list_locales"),
    ),
    Mutant(
        "backoffice.dashboard_without_jwt",
        "access",
        "get_dashboard",
        (),
        (
            Edit(
                DOCUMENT,
                "      tags: [dashboard]\n",
                "      tags: [dashboard]\n      security:\n        - x_api_key: []\n",
                "operationId: get_dashboard",
            ),
        ),
        lambda api: _get(api, f"dashboards/{api.known('user')}", role="key_only").status_code == 403,
    ),
    Mutant(
        "backoffice.blank_subject",
        "input",
        "create_user_ticket",
        ("backoffice.create_user_ticket.r2", "backoffice.create_user_ticket.e2"),
        (Edit(DOCUMENT, 'subject: {$ref: "#/components/schemas/RequiredText"}', "subject: {type: string}", "\n    TicketCreate:"),),
        lambda api: _ticket(api, subject="").status_code == 404,
    ),
    Mutant(
        "backoffice.country_not_checked",
        "input",
        "create_user",
        ("backoffice.create_user.r6",),
        (
            Edit(
                USERS,
                'if "country_code" in fields and not is_country(fields["country_code"]):',
                'if "country_code" in fields and len(fields["country_code"]) != 2:',
            ),
            Edit(DASHBOARD, "countries()[code]", "countries().get(code, code)"),
        ),
        lambda api: _join(api, country_code="XX").status_code == 400,
        ("update_user",),
    ),
    Mutant(
        "backoffice.leg_not_checked",
        "input",
        "update_user",
        (),
        (
            Edit(DOCUMENT, "          enum: [left, right, binary_tank, balanced]\n", "", "\n    UserUpdate:"),
            Edit(BEHAVIOUR, "x-fault-codes: {type: not_included, enum: not_included}", "x-fault-codes: {type: not_included}", "schemas.UserUpdate\n"),
            Edit(
                USERS,
                "changes = {name: body[name] for name in _KEPT_AS_SENT if name in body}",
                'changes = {name: body[name] for name in _KEPT_AS_SENT if name in body and body[name] != "leftx"}',
            ),
        ),
        lambda api: _edit(api, default_leg="leftx").status_code == 400,
    ),
    Mutant(
        "backoffice.page_of_zero",
        "input",
        "get_wallet_transactions",
        (),
        (
            Edit(DOCUMENT, "minimum: 1", "minimum: 0", "name: page"),
            Edit(WALLETS, "(wallet_id, user_id)), page, PAGE_SIZE)", "(wallet_id, user_id)), max(1, page), PAGE_SIZE)"),
            Edit(WALLETS, '"current_page": page', '"current_page": max(1, page)'),
        ),
        lambda api: _get(api, "wallets/1", params={"user_id": 7, "page": 0}).status_code == 422,
    ),
    Mutant(
        "backoffice.unknown_user_as_list",
        "errors",
        "get_teamview",
        ("backoffice.get_teamview.e1", "backoffice.get_teamview.r3"),
        (
            Edit(BEHAVIOUR, "        user_unknown:", "        user_unknown_else:", "# get_teamview\n"),
            Edit(TEAM, 'VendorFault("user_unknown")', '__import__("mockserver.core.base.faults", fromlist=["NotFound"]).NotFound()'),
        ),
        lambda api: "user_id" in _get(api, "teamviews/999999").text,
        ("get_matrix",),
    ),
    Mutant(
        "backoffice.wrong_password_text",
        "errors",
        "login",
        (),
        (Edit(BEHAVIOUR, "message: Invalid username or password.", "message: Wrong password."),),
        lambda api: "Invalid username" in _login(api, password="x").text,
    ),
    Mutant(
        "backoffice.taken_name_accepted",
        "errors",
        "create_user",
        ("backoffice.create_user.r4",),
        (Edit(USERS, "found = [*_new_names(world, sound), *_shared", "found = [*_shared"),),
        lambda api: _join(api, user_name=api.known("taken_username")).status_code == 400,
    ),
    Mutant(
        "backoffice.taken_address_in_capitals",
        "errors",
        "create_user",
        ("backoffice.create_user.r5",),
        (
            Edit(
                USERS,
                'owner = user_at(world, fields["email"]) if "email" in fields else None',
                'owner = user_at(world, fields["email"]) if "email" in fields and fields["email"].islower() else None',
            ),
        ),
        lambda api: _join(api, email=api.known("taken_email").upper()).status_code == 400,
        ("update_user",),
    ),
    Mutant(
        "backoffice.one_text_for_a_missing_ticket",
        "errors",
        "create_thread",
        ("backoffice.create_thread.r3",),
        (Edit(BEHAVIOUR, "required: [blank, ticket_unknown]", "required: blank"),),
        lambda api: len(api.call("POST", "/api/v1/threads", data={"content": "x"}).json()["errors"]["ticket_id"]) == 2,
    ),
    Mutant(
        "backoffice.unknown_sponsor_accepted",
        "errors",
        "create_user",
        ("backoffice.create_user.e1",),
        (
            Edit(
                USERS,
                '    sponsor = user_named(world, sound.get("sponsor", ""))\n',
                '    sponsor = user_named(world, sound.get("sponsor", "")) or next(world.table(USERS).all())\n',
            ),
        ),
        lambda api: _join(api, sponsor="nobody_at_all").status_code == 400,
    ),
    Mutant(
        "backoffice.names_swapped",
        "persistence",
        "create_user",
        ("backoffice.create_user.r1",),
        (Edit(USERS, 'last_name=body["last_name"]', 'last_name=body["first_name"]'),),
        lambda api: _joined(api)["last_name"] == "Luz",
        ("get_user",),
    ),
    Mutant(
        "backoffice.change_not_stored",
        "persistence",
        "update_user",
        ("backoffice.update_user.r1",),
        (Edit(USERS, "    world.table(USERS).change(user, **changes)\n", ""),),
        lambda api: (_edit(api, first_name="Otro"), _user(api)["first_name"])[1] == "Otro",
    ),
    Mutant(
        "backoffice.change_wipes_mobile",
        "persistence",
        "update_user",
        ("backoffice.update_user.r1",),
        (Edit(USERS, "    language = body.get", '    changes.setdefault("mobile", "0")\n    language = body.get'),),
        lambda api: (before := _user(api)["mobile"], _edit(api, first_name="Otro"), _user(api)["mobile"])[2] == before,
    ),
    Mutant(
        "backoffice.ticket_of_another",
        "persistence",
        "create_user_ticket",
        ("backoffice.create_user_ticket.r1",),
        (Edit(TICKETS, 'body["user_id"], body["subject"]', '1, body["subject"]'),),
        lambda api: (before := len(_tickets(api)), _ticket(api), len(_tickets(api)))[2] == before + 1,
    ),
    Mutant(
        "backoffice.subject_shortened",
        "persistence",
        "create_user_ticket",
        ("backoffice.create_user_ticket.r1",),
        (Edit(TICKETS, 'body["subject"], NEW', 'body["subject"][:3], NEW'),),
        lambda api: (_ticket(api), _tickets(api)[-1]["subject"])[1] == "Duda",
    ),
    Mutant(
        "backoffice.comment_lost",
        "persistence",
        "create_user_ticket",
        ("backoffice.create_user_ticket.r1",),
        (Edit(TICKETS, '    add_message(world, ticket.id, body["comment"])\n', ""),),
        lambda api: (_ticket(api), len(_threads(api, _tickets(api)[-1]["id"])))[1] == 1,
        ("list_threads",),
    ),
    Mutant(
        "backoffice.message_twice",
        "persistence",
        "create_thread",
        ("backoffice.create_thread.r1",),
        (
            Edit(
                THREADS,
                '    add_message(world, body["ticket_id"], body["content"])\n',
                '    add_message(world, body["ticket_id"], body["content"])\n    add_message(world, body["ticket_id"], body["content"])\n',
            ),
        ),
        lambda api: (before := len(_threads(api)), _thread(api), len(_threads(api)))[2] == before + 1,
    ),
    Mutant(
        "backoffice.message_bare",
        "persistence",
        "create_thread",
        ("backoffice.list_threads.r2",),
        (Edit(MESSAGES, 'f"<div>{escape(text, quote=False)}</div>"', "text"),),
        lambda api: (_thread(api), _threads(api)[-1]["content"])[1].startswith("<"),
        ("create_user_ticket", "list_threads"),
    ),
    Mutant(
        "backoffice.edit_without_token",
        "workflow",
        "update_user",
        ("backoffice.update_user.r2", "backoffice.update_user.e1", "backoffice.update_user.r3"),
        (
            Edit(
                USERS,
                "if user.request_token_on_edit and not _is_valid_token",
                'if user.request_token_on_edit and "token" in sound and not _is_valid_token',
            ),
        ),
        lambda api: _edit(api, "token_user", first_name="Otra").status_code == 400,
    ),
    Mutant(
        "backoffice.token_of_another",
        "workflow",
        "update_user",
        ("backoffice.create_token.r1", "backoffice.update_user.e1", "backoffice.update_user.r2"),
        (Edit(USERS, 'world.table(EDIT_TOKENS).select("user", user.id))', "world.table(EDIT_TOKENS).all())"),),
        lambda api: (
            (
                api.call("POST", "/api/v1/tokens", data={"user_id": api.known("edited_user")}),
                _edit(api, "token_user", first_name="Otra", token=api.outbox()[-1]["codes"][0]).status_code,
            )[1]
            == 400
        ),
        ("create_token",),
    ),
    Mutant(
        "backoffice.sponsor_ignored",
        "workflow",
        "create_user",
        ("backoffice.create_user.r2", "backoffice.get_teamview.r1"),
        (Edit(USERS, "            sponsor_id=sponsor.id,", "            sponsor_id=1,"),),
        lambda api: (
            (
                _join(api, sponsor=api.known("username_without_team")),
                len(_get(api, f"teamviews/{api.known('user_without_team')}").json()["teamview"]),
            )[1]
            == 1
        ),
        ("get_dashboard", "get_teamview"),
    ),
    Mutant(
        "backoffice.matrix_level_stays",
        "workflow",
        "get_matrix",
        ("backoffice.get_matrix.r2",),
        (Edit(TEAM, '"level": level}\n', '"level": min(level, 1)}\n'),),
        lambda api: _get(api, f"matrixs/{api.known('user')}").json()["matrix"]["child_left"]["child_left"]["user"]["level"] == 2,
    ),
    Mutant(
        "backoffice.growth_without_today",
        "arithmetic",
        "get_dashboard",
        ("backoffice.get_dashboard.r2",),
        (Edit(DASHBOARD, '"users": [joined[day] for day in days]', '"users": [joined[day] for day in days[:-1]] + [0]'),),
        lambda api: (
            (
                before := sum(_get(api, f"dashboards/{api.known('user')}").json()["team_growth_chart"]["users"]),
                _join(api, sponsor=api.known("username")),
                sum(_get(api, f"dashboards/{api.known('user')}").json()["team_growth_chart"]["users"]),
            )[2]
            == before + 1
        ),
    ),
    Mutant(
        "backoffice.one_date_less",
        "arithmetic",
        "get_dashboard",
        ("backoffice.get_dashboard.r2",),
        (Edit(DASHBOARD, '"users": [joined[day] for day in days]', '"users": [joined[day] for day in days[1:]]'),),
        lambda api: len((chart := _get(api, f"dashboards/{api.known('user')}").json()["team_growth_chart"])["dates"]) == len(chart["users"]),
    ),
    Mutant(
        "backoffice.balance_of_before",
        "arithmetic",
        "get_wallet_transactions",
        ("backoffice.get_wallet_transactions.r5",),
        (Edit(WALLETS, "money(transaction.balance)", "money(transaction.balance - transaction.amount)"),),
        lambda api: float((rows := _wallet(api)["list"])[0]["amount"]) == float(rows[0]["balance"]),
    ),
    Mutant(
        "backoffice.pages_miscounted",
        "paging",
        "get_wallet_transactions",
        ("backoffice.get_wallet_transactions.r7",),
        (Edit(WALLETS, "max(1, found.pages)", "found.pages + 1"),),
        lambda api: len(_wallet(api, _wallet(api)["total_pages"])["list"]) > 0,
    ),
    Mutant(
        "backoffice.page_of_29",
        "paging",
        "get_wallet_transactions",
        ("backoffice.get_wallet_transactions.r3",),
        (Edit(WALLETS, "PAGE_SIZE = 30", "PAGE_SIZE = 29"),),
        lambda api: len(_wallet(api)["list"]) == 30,
    ),
    Mutant(
        "backoffice.gap_at_the_border",
        "paging",
        "get_wallet_transactions",
        ("backoffice.get_wallet_transactions.r1",),
        (Edit("mockserver/core/operation/paging.py", "items.slice((number - 1) * size, size)", "items.slice((number - 1) * (size + 1), size)"),),
        lambda api: len(_walk(api)) == int(api.known("wallet_transactions")),
    ),
    Mutant(
        "backoffice.newest_first",
        "paging",
        "get_wallet_transactions",
        ("backoffice.get_wallet_transactions.r6",),
        (Edit(WALLETS, "for transaction in found.items", "for transaction in reversed(list(found.items))"),),
        lambda api: (dates := [row["date"] for row in _wallet(api)["list"]]) == sorted(dates),
    ),
    Mutant(
        "backoffice.tickets_of_all",
        "paging",
        "list_user_tickets",
        ("backoffice.list_user_tickets.r1",),
        (Edit(TICKETS, 'world.table(TICKETS).select("user", id)', "world.table(TICKETS).all()"),),
        lambda api: _get(api, f"user_tickets/{api.known('user_without_team')}").json()["list"] == [],
    ),
    Mutant(
        "backoffice.notices_of_everybody",
        "tenants",
        "get_notices",
        ("backoffice.get_notices.r1",),
        (
            Edit(
                NOTICES,
                '"user_notices": _to(world, user.id, None)',
                '"user_notices": [{"id": n.id, "title": n.title, "content": n.content} for n in world.table(NOTICES).all() if n.user_id]',
            ),
        ),
        lambda api: (
            _get(api, f"notices/{api.known('user')}").json()["user_notices"]
            != _get(api, f"notices/{api.known('user_without_team')}").json()["user_notices"]
        ),
    ),
    Mutant(
        "backoffice.ledger_of_all_wallets",
        "tenants",
        "get_wallet_transactions",
        ("backoffice.get_wallet_transactions.r2",),
        (Edit(WALLETS, "(wallet_id, user_id)), page", "(1, user_id)), page"),),
        lambda api: (
            _wallet(api)["list"] != _wallet(api, wallet="second_wallet")["list"]
            if api.known("wallet") == "1"
            else _wallet(api, wallet="unused_wallet")["list"] == []
        ),
    ),
    Mutant(
        "backoffice.token_never_expires",
        "time",
        "update_user",
        ("backoffice.create_token.r3", "backoffice.update_user.r4"),
        (Edit(USERS, " and world.now < held.expires_at", ""),),
        lambda api: (token := _token(api), _later(api, "PT1H"), _edit(api, "token_user", first_name="Otra", token=token).status_code)[2] == 400,
        ("create_token",),
    ),
    Mutant(
        "backoffice.token_of_ten_minutes",
        "time",
        "create_token",
        ("backoffice.create_token.r3", "backoffice.update_user.r4"),
        (Edit(TOKENS, "LIFETIME = timedelta(hours=1)", "LIFETIME = timedelta(minutes=10)"),),
        lambda api: (token := _token(api), _later(api, "PT50M"), _edit(api, "token_user", first_name="Otra", token=token).status_code)[2] == 200,
        ("update_user",),
    ),
    Mutant(
        "backoffice.jwt_never_expires",
        "time",
        "list_legs",
        ("backoffice.login.r5",),
        (Edit(SESSIONS, "if world.now.timestamp() >= expiry:", "if world.now.timestamp() >= expiry + 864000:"),),
        lambda api: (
            (token := _login(api).json()["token"], _later(api, "PT24H"), _get(api, "legs", headers={"jwt-token": token}).status_code)[2] == 401
        ),
        ("login",),
    ),
    Mutant(
        "backoffice.no_mail",
        "notification",
        "create_token",
        ("backoffice.create_token.r2",),
        (Edit(TOKENS, '    world.send("backoffice", "mail", user.email, text, subject="Your security token", codes=(token,))\n', ""),),
        lambda api: (api.call("POST", "/api/v1/tokens", data={"user_id": api.known("token_user")}), len(api.outbox()))[1] == 1,
    ),
    Mutant(
        "backoffice.mail_to_the_first",
        "notification",
        "create_token",
        ("backoffice.create_token.r2",),
        (Edit(TOKENS, '"mail", user.email, text', '"mail", "admin@example.com", text'),),
        lambda api: (_token(api), api.outbox()[-1]["to"])[1] == api.known("token_user_email"),
    ),
)
