"""Witnesses of bugs about plans, subscriptions, the profile, payouts, notifications, credentials and the forms of answers."""

from tests.independent.trincico.witness import BACK, NOBODY, PASSWORD, Server, Witness, known

READY = f"/invoices/{known('invoice/0')}"
FOREIGN_SUBSCRIPTION = f"/subscriptions/{known('subscription/other/Elite Monthly')}"
ENDED = f"/subscriptions/{known('subscription/leaver/Pro Monthly')}"
OF_PRO = f"/subscriptions/{known('subscription/pro/Pro Monthly')}"
ACTIVE = "/subscriptions/active/"
BALANCE = "/payouts/account/balance"


def plan_of(server: Server, user: str) -> str:
    return str(server.get(ACTIVE, user=user)["plan"]["name"])


def see_downgrade_at_once(server: Server) -> bool:
    server.upgrade("Basic", user="pro")
    return plan_of(server, "pro") != "Pro Monthly"


def see_upgrade_unsaved(server: Server) -> bool:
    server.upgrade("Elite Monthly", user="pro")
    return plan_of(server, "pro") != "Elite Monthly"


def see_profile_stale(server: Server) -> bool:
    server.get("/profile", user="pro")
    server.upgrade("Elite Monthly", user="pro")
    return bool(server.get("/profile", user="pro")["current_subscription"]["plan"]["name"] != "Elite Monthly")


def see_cancel_forgets(server: Server) -> bool:
    server.call("POST", f"{OF_PRO}/cancel/", user="pro")
    return server.get(ACTIVE, user="pro")["canceled_at"] is None


def see_cancel_url_optional(server: Server) -> bool:
    body = {"plan_id": known("plan/Pro Monthly"), "success_url": BACK["success_url"]}
    return server.call("POST", "/subscriptions/upgrade/", body).status == 428


def see_frequency_unsaved(server: Server) -> bool:
    server.call("PUT", "/payouts/account/frequency", {"frequency": "auto_3_days"}, user="elite")
    return bool(server.get("/payouts/account", user="elite")["frequency"] != "auto_3_days")


def see_frequency_of_all(server: Server) -> bool:
    server.call("PUT", "/payouts/account/frequency", {"frequency": "auto_3_days"}, user="elite")
    return bool(server.get("/payouts/account", user="automatic")["frequency"] != "auto_7_days")


def see_balance_race(server: Server) -> bool:
    answers = server.at_once(*[lambda: server.payout(300000)] * 5)
    return [one.status for one in answers].count(204) > 1


def see_balance_after(server: Server, left: int) -> bool:
    server.payout(1000)
    return server.funds() != left


def see_payout_in_cents(server: Server) -> bool:
    server.payout(1234)
    return bool(server.get("/payouts", user="elite", limit=1)["data"][0]["amount"] != 1234)


def see_payout_currency_fixed(server: Server) -> bool:
    server.payout(1234, currency="eur")
    return bool(server.get("/payouts", user="elite", limit=1)["data"][0]["currency"] != "eur")


def see_never_instant(server: Server) -> bool:
    server.payout(1234, instant=True)
    return bool(server.get("/payouts", user="elite", limit=1)["data"][0]["sent_method"] != "instant")


def see_enable_at_once(server: Server) -> bool:
    body = {"refresh_url": "https://shop.example.com/again", "return_url": "https://shop.example.com/done"}
    server.call("POST", "/payouts/account/enable", body, user="pro")
    return bool(server.get("/payouts/account", user="pro")["status"] != "pending")


def see_foreign_account(server: Server) -> bool:
    return server.call("GET", "/payouts/account").status == 200


def mails_of(server: Server, scope: str, target: str) -> list[str]:
    server.notify(scope, target)
    return [mail["to"] for mail in server.mails()]


def see_mail_without_code(server: Server) -> bool:
    server.notify("welcome", known("user/owner"))
    return not server.mails()[0]["codes"]


def status_of(server: Server, path: str, header: str) -> int:
    return server.call("GET", path, header=header).status


def see_one_default(server: Server) -> bool:
    return [plan["is_default"] for plan in server.get("/plans/")].count(True) != 1


def see_message_missing(server: Server) -> bool:
    return "message" not in server.call("GET", f"/invoices/{NOBODY}").body


WITNESSES: dict[str, Witness] = {
    "inactive_plans": lambda server: known("plan/Founders") in [plan["id"] for plan in server.get("/plans/")],
    "inactive_methods": lambda server: len(server.get("/payment-methods/")) != 1,
    "two_defaults": see_one_default,
    "price_text": lambda server: isinstance(server.get("/plans/")[1]["price"], str),
    "milliseconds": lambda server: server.get(ACTIVE)["end_at"] > 10**11,
    "foreign_active": lambda server: server.call("GET", ACTIVE, user="leaver").status == 200,
    "extra_accepted": lambda server: server.upgrade("Pro Monthly", user="owner", coupon="x").status == 428,
    "cancel_url_optional": see_cancel_url_optional,
    "inactive_upgrade": lambda server: server.upgrade("Founders", user="owner").status == 428,
    "two_accepted": lambda server: server.upgrade("Pro Yearly", user="twofold").status == 200,
    "same_plan": lambda server: server.upgrade("Pro Monthly", user="pro").status == 200,
    "unconfigured": lambda server: server.upgrade("Elite Yearly", user="owner").status == 428,
    "always_checkout": lambda server: server.upgrade("Elite Monthly", user="pro").status == 428,
    "downgrade_at_once": see_downgrade_at_once,
    "upgrade_unsaved": see_upgrade_unsaved,
    "foreign_subscription": lambda server: server.call("POST", f"{FOREIGN_SUBSCRIPTION}/cancel/").status == 204,
    "cancel_twice": lambda server: server.call("POST", f"{ENDED}/cancel/", user="leaver").status == 204,
    "cancel_forgets": see_cancel_forgets,
    "update_payment_200": lambda server: server.call("POST", f"{OF_PRO}/update-payment/", BACK, user="pro").status == 200,
    "profile_of_first": lambda server: server.get("/profile", user="pro")["email"] != "pro@people.example",
    "profile_open": lambda server: status_of(server, "/profile", "") == 200,
    "profile_stale": see_profile_stale,
    "services_of_all": lambda server: len(server.get("/profile")["services"]) != 3,
    "frequencies_of_all": lambda server: "auto_daily" in server.get("/payouts/frequencies", user="pro"),
    "frequencies_of_basic": lambda server: len(server.get("/payouts/frequencies", user="elite")) < 3,
    "any_frequency": lambda server: server.call("PUT", "/payouts/account/frequency", {"frequency": "auto_daily"}, user="pro").status == 204,
    "frequency_unsaved": see_frequency_unsaved,
    "frequency_of_all": see_frequency_of_all,
    "second_account": lambda server: server.call("POST", "/payouts/account", {}, user="elite").status == 204,
    "enable_at_once": see_enable_at_once,
    "foreign_account": see_foreign_account,
    "pending_is_enough": lambda server: server.call("GET", BALANCE, user="pro").status == 200,
    "balance_major": lambda server: server.funds("usd") != 500000,
    "automatic_payout": lambda server: server.payout(100, user="automatic").status == 204,
    "overdraft": lambda server: server.payout(500001).status == 204,
    "balance_off_by_one": lambda server: server.payout(500001).status == 204,
    "last_cent_refused": lambda server: server.payout(500000).status != 204,
    "balance_race": see_balance_race,
    "balance_kept": lambda server: see_balance_after(server, 499000),
    "charged_twice": lambda server: see_balance_after(server, 499000),
    "payout_in_cents": see_payout_in_cents,
    "payout_currency_fixed": see_payout_currency_fixed,
    "never_instant": see_never_instant,
    "foreign_payout_account": lambda server: server.payout(100, payout_account_id=known("account/other")).status == 204,
    "payouts_of_all": lambda server: known("payout/4") in server.walk("/payouts", user="elite", limit=100),
    "status_of_payouts_ignored": lambda server: len(server.walk("/payouts", user="elite", limit=100, status="failed")) != 1,
    "sms_accepted": lambda server: server.notify("welcome", known("user/owner"), "sms_notification") == 204,
    "any_scope": lambda server: server.notify("invoice_lost", known("invoice/0")) == 204,
    "draft_shared": lambda server: server.notify("invoice_created", known("invoice/1")) == 204,
    "code_not_needed": lambda server: server.notify("welcome", known("user/pro")) == 204,
    "mail_missing": lambda server: not mails_of(server, "invoice_created", known("invoice/0")),
    "mail_twice": lambda server: len(mails_of(server, "invoice_created", known("invoice/0"))) != 1,
    "mail_to_owner": lambda server: mails_of(server, "invoice_created", known("invoice/0")) != ["mira@clients.example"],
    "mail_without_code": see_mail_without_code,
    "password_case": lambda server: server.notify("welcome", known("user/owner"), password=PASSWORD.upper()) == 204,
    "password_prefix": lambda server: server.notify("welcome", known("user/owner"), password=PASSWORD[:-1]) == 204,
    "token_case": lambda server: status_of(server, "/profile", "Bearer TK_OWNER_ZQ7RM2") == 200,
    "token_prefix": lambda server: status_of(server, "/profile", "Bearer tk_owner_Zq7Rm") == 200,
    "any_token": lambda server: status_of(server, "/profile", "Bearer anything") == 200,
    "refused_with_200": lambda server: server.call("GET", f"/invoices/{NOBODY}").status == 200,
    "html_errors": lambda server: server.call("GET", f"/invoices/{NOBODY}").headers["content-type"].startswith("text/html"),
    "message_missing": see_message_missing,
    "plain_text": lambda server: server.call("GET", "/plans/").headers["content-type"].startswith("text/plain"),
    "ok_for_empty": lambda server: server.call("PUT", READY + "/status", {"status": "draft"}).status == 200,
}
