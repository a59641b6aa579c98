"""Violations planted in Troyansys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .mutants import Edit, Mutant, Spoil

if TYPE_CHECKING:
    from ..suite.harness import ApiClient

APIS = "mockserver/apis/troyansys"
AUTH, CALLERS, COMPANY, DOCUMENTS, INVOICING, REPORTS, SUBSCRIPTION, FAULTS, SHAPES = (
    f"{APIS}/{name}.py" for name in ("auth", "callers", "company", "documents", "invoicing", "reports", "subscription", "faults", "shapes")
)
DOCUMENT, BEHAVIOUR = "specs/troyansys.yaml", "specs/troyansys/behaviour.yaml"
UPGRADE = {"transactionStatus": "Approved", "reference": "SUB-PLAN-PREMIUM-20260317-001"}


def _user(api: ApiClient, method: str, path: str, role: str = "", **options: Any) -> Any:
    headers = {name: value for name, value in api.credentials(role).items() if name != "X-API-Key"}
    return api.call(method, path, role=None, headers={**headers, **options.pop("headers", {})}, **options)


def _login(api: ApiClient, **changes: Any) -> Any:
    return api.call("POST", "/auth/login", role=None, json={**api.login(), **changes})


def _me(api: ApiClient, token: str) -> int:
    return int(_user(api, "GET", "/auth/me", headers={"Authorization": f"Bearer {token}"}).status_code)


def _invoice(api: ApiClient, *items: tuple[int, int], role: str = "", **customer: Any) -> Any:
    body = {
        "customer": {"identification": "3000000004", "name": "Cliente", **customer},
        "items": [{"product_id": product, "quantity": quantity} for product, quantity in items or ((101, 3),)],
    }
    return _user(api, "POST", "/documents/invoices", role, json=body)


def _report(api: ApiClient, **query: Any) -> Any:
    return _user(api, "GET", "/reports/inventory", params=query).json()


def _plan(api: ApiClient) -> str:
    return str(api.call("GET", "/company/subscription/plans").json()["meta"]["current_plan_code"])


def _notify(api: ApiClient, **fields: Any) -> Any:
    return api.call("POST", "/payphone/subscription/webhook", role=None, json=fields)


def _later(api: ApiClient, duration: str) -> bool:
    api.advance(duration)
    return True


MUTANTS = (
    Mutant(
        "troyansys.token_type_small",
        "shape",
        "login_user",
        ("troyansys.login.r5",),
        (Spoil("login_user", 200, "body['token_type'] = 'bearer'"),),
        lambda api: _login(api).json()["token_type"] == "Bearer",
    ),
    Mutant(
        "troyansys.user_without_company",
        "shape",
        "get_authenticated_user",
        ("troyansys.auth_me.r2",),
        (Spoil("get_authenticated_user", 200, "body.pop('company')"),),
        lambda api: "company" in _user(api, "GET", "/auth/me").json(),
    ),
    Mutant(
        "troyansys.amount_as_text",
        "shape",
        "list_plans",
        (),
        (Spoil("list_plans", 200, "body['data'][0]['amount'] = str(body['data'][0]['amount'])"),),
        lambda api: not isinstance(_user(api, "GET", "/subscription/plans").json()["data"][0]["amount"], str),
    ),
    Mutant(
        "troyansys.row_without_stock",
        "shape",
        "get_inventory_report",
        (),
        (Spoil("get_inventory_report", 200, "body['data'][-1].pop('stock')"),),
        lambda api: all("stock" in row for row in _report(api)["data"]),
    ),
    Mutant(
        "troyansys.password_in_answer",
        "shape",
        "login_user",
        (),
        (Spoil("login_user", 200, "body['user']['password_digest'] = 'x'"),),
        lambda api: "password_digest" not in _login(api).json()["user"],
    ),
    Mutant(
        "troyansys.invoice_200",
        "http",
        "create_invoice",
        (),
        (Spoil("create_invoice", 201, "status = 200"),),
        lambda api: _invoice(api).status_code == 201,
    ),
    Mutant(
        "troyansys.notice_as_text",
        "http",
        "receive_payphone_notification",
        (),
        (Spoil("receive_payphone_notification", 200, "media_type = 'text/plain'"),),
        lambda api: _notify(api).headers["content-type"].startswith("application/json"),
    ),
    Mutant(
        "troyansys.logout_204",
        "http",
        "logout_user",
        ("troyansys.logout.r3",),
        (Spoil("logout_user", 200, "status = 202"),),
        lambda api: _user(api, "POST", "/auth/logout", "spare").status_code == 200,
    ),
    Mutant(
        "troyansys.any_key",
        "access",
        "get_company",
        ("troyansys.company_me.r1", "troyansys.company_subscription_plans.r1"),
        (
            Edit(
                CALLERS,
                'find("api_key", credential)\n    if company is None:',
                'find("api_key", credential) or next(world.table(COMPANIES).all())\n    if company is None:',
            ),
        ),
        lambda api: api.call("GET", "/company/me", role=None, headers={"X-API-Key": "nobody"}).status_code == 401,
        ("list_company_plans", "create_invoice", "get_inventory_report"),
    ),
    Mutant(
        "troyansys.plans_without_token",
        "access",
        "list_company_plans",
        ("troyansys.company_subscription_plans.r1",),
        (
            Edit(DOCUMENT, "        - api_key: []\n", "        - api_key: []\n        - {}\n", "operationId: list_company_plans"),
            Edit(
                SUBSCRIPTION,
                "    return _plans(world, caller)\n\n\ndef receive",
                "    from mockserver.apis.troyansys.callers import Caller\n    from mockserver.apis.troyansys.state import COMPANIES\n\n    return _plans(world, caller or Caller(next(world.table(COMPANIES).all())))\n\n\ndef receive",
            ),
            Edit(CALLERS, '    if "api_key" in identities:', '    if not identities:\n        return None\n    if "api_key" in identities:'),
        ),
        lambda api: api.call("GET", "/company/subscription/plans", role=None).status_code == 401,
    ),
    Mutant(
        "troyansys.expired_token_works",
        "access",
        "get_authenticated_user",
        (),
        (Edit(CALLERS, "session.closed_at is not None or world.now >= session.expires_at", "session.closed_at is not None"),),
        lambda api: _user(api, "GET", "/auth/me", "expired").status_code == 401,
        ("list_plans", "logout_user", "create_invoice", "get_inventory_report"),
    ),
    Mutant(
        "troyansys.address_without_at",
        "input",
        "login_user",
        ("troyansys.login.r3",),
        (Edit(DOCUMENT, "email: {type: string, format: email}", "email: {type: string}", "\n    LoginRequest:"),),
        lambda api: _login(api, email="nobody").status_code == 422,
    ),
    Mutant(
        "troyansys.password_may_be_missing",
        "input",
        "login_user",
        ("troyansys.login.r2",),
        (
            Edit(DOCUMENT, "required: [email, password]", "required: [email]", "\n    LoginRequest:"),
            Edit(
                AUTH,
                'user.password_digest != password_digest(body["password"])',
                'user.password_digest != password_digest(body.get("password", "Demo12345"))',
            ),
        ),
        lambda api: api.call("POST", "/auth/login", role=None, json={"email": api.login()["email"]}).status_code == 422,
    ),
    Mutant(
        "troyansys.quantity_of_zero",
        "input",
        "create_invoice",
        (),
        (
            Edit(DOCUMENT, "minimum: 1\n", "minimum: 0\n", "\n    InvoiceItem:"),
            Edit(DOCUMENT, "quantity: {type: integer, minimum: 1}", "quantity: {type: integer}", "\n    InvoicedItem:"),
        ),
        lambda api: _invoice(api, (101, 0)).status_code == 422,
    ),
    Mutant(
        "troyansys.empty_invoice",
        "input",
        "create_invoice",
        (),
        (
            Edit(DOCUMENT, "minItems: 1\n", "minItems: 0\n", "\n    InvoiceCreate:"),
            Edit(DOCUMENT, "minItems: 1\n", "minItems: 0\n", "\n    Invoice:"),
        ),
        lambda api: (
            _user(api, "POST", "/documents/invoices", json={"customer": {"identification": "3000000004", "name": "C"}, "items": []}).status_code
            == 422
        ),
    ),
    Mutant(
        "troyansys.wrong_password_is_422",
        "errors",
        "login_user",
        (),
        (
            Edit(BEHAVIOUR, "credenciales_incorrectas: {status: 401", "credenciales_incorrectas: {status: 422"),
            Edit(
                BEHAVIOUR,
                '    update: {x-emits: {$ref: "#/components/schemas/ValidationMessage"}}\n',
                "    update: {}\n",
            ),
        ),
        lambda api: _login(api, password="wrong").status_code == 401,
    ),
    Mutant(
        "troyansys.unknown_identification",
        "errors",
        "create_invoice",
        (),
        (Edit(DOCUMENTS, "if not _is_identification(customer.identification):", "if not customer.identification:"),),
        lambda api: _invoice(api, identification="3000000005").status_code == 422,
    ),
    Mutant(
        "troyansys.wrong_text_for_unknown_product",
        "errors",
        "create_invoice",
        (),
        (Edit(DOCUMENTS, '"producto_desconocido"', '"stock_insuficiente"'),),
        lambda api: "no existe" in _invoice(api, (999, 1)).text,
    ),
    Mutant(
        "troyansys.unknown_company_passes",
        "errors",
        "get_authenticated_user",
        (),
        (Edit(CALLERS, '    if company.id not in signed_in.company_ids:\n        raise VendorFault("tenant_restringido")\n', ""),),
        lambda api: _user(api, "GET", "/auth/me", headers={"X-Company-Id": "4"}).status_code == 403,
        ("logout_user", "list_plans", "create_invoice", "get_inventory_report"),
    ),
    Mutant(
        "troyansys.email_not_kept",
        "persistence",
        "create_invoice",
        (),
        (Edit(DOCUMENTS, '"email": invoice.email}', '"email": None}'),),
        lambda api: _invoice(api, email="c@example.com").json()["data"]["customer"]["email"] == "c@example.com",
    ),
    Mutant(
        "troyansys.name_shortened",
        "persistence",
        "create_invoice",
        (),
        (Edit(INVOICING, "name=customer.name", "name=customer.name[:5]"),),
        lambda api: _invoice(api, name="Cliente largo").json()["data"]["customer"]["name"] == "Cliente largo",
    ),
    Mutant(
        "troyansys.report_takes_stock",
        "persistence",
        "get_inventory_report",
        (),
        (
            Edit(
                REPORTS,
                "    company = caller.company\n",
                '    company = caller.company\n    from mockserver.apis.troyansys.invoicing import move\n\n    for product in world.table(PRODUCTS).select("company", company.id):\n        if stock_of(world, product.id) > 1:\n            move(world, product, -1, "sale", world.now)\n',
            ),
        ),
        lambda api: _report(api)["meta"]["total_stock"] == _report(api)["meta"]["total_stock"],
    ),
    Mutant(
        "troyansys.number_repeated",
        "persistence",
        "create_invoice",
        (),
        (Edit(INVOICING, 'world.draw(f"troyansys.sequence {company.id}")', "1"),),
        lambda api: _invoice(api).json()["data"]["document_number"] != _invoice(api).json()["data"]["document_number"],
    ),
    Mutant(
        "troyansys.logout_leaves_open",
        "workflow",
        "logout_user",
        ("troyansys.logout.r1",),
        (Edit(AUTH, "    world.table(SESSIONS).change(caller.signed_in.session, closed_at=world.now)\n", ""),),
        lambda api: (_user(api, "POST", "/auth/logout", "spare"), _user(api, "GET", "/auth/me", "spare").status_code)[1] == 401,
    ),
    Mutant(
        "troyansys.logout_closes_all",
        "workflow",
        "logout_user",
        ("troyansys.logout.r1",),
        (
            Edit(
                AUTH,
                "    world.table(SESSIONS).change(caller.signed_in.session, closed_at=world.now)\n",
                "    for session in list(world.table(SESSIONS).all()):\n        world.table(SESSIONS).change(session, closed_at=world.now)\n",
            ),
        ),
        lambda api: (token := _login(api).json()["token"], _user(api, "POST", "/auth/logout", "spare"), _me(api, token))[2] == 200,
    ),
    Mutant(
        "troyansys.approval_ignored",
        "workflow",
        "receive_payphone_notification",
        ("troyansys.payphone_subscription_webhook.r2",),
        (Edit(SUBSCRIPTION, "plan_id=charge.plan_id, status=ACTIVE", "status=ACTIVE"),),
        lambda api: (_notify(api, **UPGRADE), _plan(api))[1] == "plan-premium",
    ),
    Mutant(
        "troyansys.plan_for_less",
        "workflow",
        "receive_payphone_notification",
        ("troyansys.payphone_subscription_webhook.r2",),
        (Edit(SUBSCRIPTION, "elif amount is None or amount * 100 == charge.amount:", "else:"),),
        lambda api: (_notify(api, **UPGRADE, amount=1), _plan(api))[1] == "plan-basico",
    ),
    Mutant(
        "troyansys.failure_ignored",
        "workflow",
        "receive_payphone_notification",
        ("troyansys.payphone_subscription_webhook.r2",),
        (Edit(SUBSCRIPTION, "        world.table(SUBSCRIPTIONS).change(subscription, status=PAST_DUE)\n", ""),),
        lambda api: (
            (
                _notify(api, transactionStatus="Canceled", reference="SUB-PLAN-BASICO-20260317-002"),
                _user(api, "GET", "/reports/inventory").status_code,
            )[1]
            == 403
        ),
    ),
    Mutant(
        "troyansys.sold_without_module",
        "workflow",
        "create_invoice",
        (),
        (Edit(DOCUMENTS, '    require_module(world, company, "sales")\n', ""),),
        lambda api: _invoice(api, (301, 1), role="no_sales").status_code == 403,
    ),
    Mutant(
        "troyansys.inactive_plan_listed",
        "workflow",
        "list_plans",
        ("troyansys.subscription_plans.r1",),
        (Edit(SUBSCRIPTION, " for plan in world.table(PLANS).all() if plan.is_active]", " for plan in world.table(PLANS).all()]"),),
        lambda api: "plan-legado" not in _user(api, "GET", "/subscription/plans").text,
        ("list_company_plans",),
    ),
    Mutant(
        "troyansys.sold_more_than_there_is",
        "arithmetic",
        "create_invoice",
        (),
        (Edit(DOCUMENTS, "        wanted[product.id] += quantity\n", "        wanted[product.id] = quantity\n"),),
        lambda api: _invoice(api, (103, 2), (103, 2)).status_code == 422,
    ),
    Mutant(
        "troyansys.tax_rounded_down",
        "arithmetic",
        "create_invoice",
        (),
        (Edit(INVOICING, "(subtotal * product.tax_rate + 50) // 100", "(subtotal * product.tax_rate) // 100"),),
        lambda api: _invoice(api, (101, 5)).json()["data"]["items"][0]["tax"] == 3.19,
    ),
    Mutant(
        "troyansys.total_without_tax",
        "arithmetic",
        "create_invoice",
        (),
        (Edit(DOCUMENTS, '"total": dollars(invoice.subtotal + invoice.tax)', '"total": dollars(invoice.subtotal)'),),
        lambda api: _invoice(api).json()["data"]["total"] == 14.66,
    ),
    Mutant(
        "troyansys.stock_not_taken",
        "arithmetic",
        "create_invoice",
        (),
        (
            Edit(
                INVOICING,
                "        move(world, product, -quantity, SALE, at, invoice.id)\n",
                "        move(world, product, -1, SALE, at, invoice.id)\n",
            ),
        ),
        lambda api: (before := _report(api)["meta"]["total_stock"], _invoice(api), before - _report(api)["meta"]["total_stock"])[2] == 3,
        ("get_inventory_report",),
    ),
    Mutant(
        "troyansys.value_at_price",
        "arithmetic",
        "get_inventory_report",
        (),
        (Edit(REPORTS, '"value": dollars(stock * product.unit_cost)', '"value": dollars(stock * product.unit_price)'),),
        lambda api: (row := _report(api, product_id=101)["data"][0], row["value"])[1] == row["stock"] * row["unit_cost"],
    ),
    Mutant(
        "troyansys.total_of_first_row",
        "arithmetic",
        "get_inventory_report",
        (),
        (Edit(REPORTS, '"total_stock": sum(stocks.values())', '"total_stock": max(stocks.values(), default=0)'),),
        lambda api: _report(api)["meta"]["total_stock"] == sum(row["stock"] for row in _report(api)["data"]),
    ),
    Mutant(
        "troyansys.filter_ignored",
        "paging",
        "get_inventory_report",
        (),
        (Edit(REPORTS, " if product_id in (None, product.id)]", "]"),),
        lambda api: len(_report(api, product_id=101)["data"]) == 1,
    ),
    Mutant(
        "troyansys.filter_inverted",
        "paging",
        "get_inventory_report",
        (),
        (Edit(REPORTS, "if product_id in (None, product.id)]", "if product_id is None or product_id != product.id]"),),
        lambda api: _report(api, product_id=101)["data"][0]["product_id"] == 101,
    ),
    Mutant(
        "troyansys.foreign_product_sold",
        "tenants",
        "create_invoice",
        (),
        (Edit(DOCUMENTS, "if product is not None and product.company_id == company.id else None", ""),),
        lambda api: _invoice(api, (401, 1)).status_code == 422,
    ),
    Mutant(
        "troyansys.foreign_inventory",
        "tenants",
        "get_inventory_report",
        (),
        (Edit(REPORTS, 'world.table(PRODUCTS).select("company", company.id)', "world.table(PRODUCTS).all()"),),
        lambda api: 401 not in [row["product_id"] for row in _report(api)["data"]],
    ),
    Mutant(
        "troyansys.first_company_shown",
        "tenants",
        "get_company",
        ("troyansys.company_me.r2",),
        (
            Edit(
                COMPANY,
                "    company = caller.company\n",
                "    from mockserver.apis.troyansys.state import COMPANIES\n\n    company = next(world.table(COMPANIES).all())\n",
            ),
        ),
        lambda api: api.call("GET", "/company/me", role="other").json()["company"]["id"] == 4,
    ),
    Mutant(
        "troyansys.session_never_ends",
        "time",
        "login_user",
        ("troyansys.login.r5",),
        (Edit(CALLERS, "world.now >= session.expires_at", "world.now.year > session.expires_at.year + 1"),),
        lambda api: (token := _login(api).json()["token"], _later(api, "PT24H"), _me(api, token))[2] == 401,
        ("logout_user", "get_authenticated_user", "list_plans"),
    ),
    Mutant(
        "troyansys.session_of_an_hour",
        "time",
        "login_user",
        ("troyansys.login.r5",),
        (Edit(AUTH, "LIFETIME = timedelta(hours=24)", "LIFETIME = timedelta(hours=1)"),),
        lambda api: (token := _login(api).json()["token"], _later(api, "PT23H"), _me(api, token))[2] == 200,
        ("get_authenticated_user",),
    ),
    Mutant(
        "troyansys.invoice_not_mailed",
        "notification",
        "create_invoice",
        (),
        (Edit(DOCUMENTS, "        _mail(world, company, invoice, invoice.email)\n", "        pass\n"),),
        lambda api: (_invoice(api, email="c@example.com"), len(api.outbox()))[1] == 1,
    ),
    Mutant(
        "troyansys.mailed_to_the_company",
        "notification",
        "create_invoice",
        (),
        (Edit(DOCUMENTS, 'world.send("troyansys", "mail", to,', 'world.send("troyansys", "mail", "ventas@example.com",'),),
        lambda api: (_invoice(api, email="c@example.com"), api.outbox()[0]["to"])[1] == "c@example.com",
    ),
)
