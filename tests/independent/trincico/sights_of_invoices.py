"""Witnesses of bugs about invoices, their items and their list."""

from tests.independent.trincico.witness import BACK, NOBODY, Server, Witness, known

DRAFT = f"/invoices/{known('invoice/1')}"
READY = f"/invoices/{known('invoice/0')}"
CANCELED = f"/invoices/{known('invoice/3')}"
PAID = f"/invoices/{known('invoice/4')}"
FOREIGN = f"/invoices/{known('invoice/8')}"
ITEM = f"{DRAFT}/items/{known('item/1/0')}"
ATELIER = known("service/atelier")
MINUTE = "PT2M"


def kept(server: Server, reference: str) -> str:
    """The reference of a new invoice, as it is read back."""
    made = server.new(reference).body
    return str(server.get(f"/invoices/{made['id']}")["reference"])


def described(server: Server, text: str) -> str:
    path = server.draft("W-D", description=text)
    return str(server.get(path)["items"][0]["description"])


def put(server: Server, path: str, **fields: object) -> int:
    return server.call("PUT", path, fields).status


def see_lost_update(server: Server) -> bool:
    path = server.draft()
    server.at_once(*[lambda: server.item(path, price=100, quantity=1)] * 6)
    return server.amount(path) != 2600


def see_reference_race(server: Server) -> bool:
    answers = server.at_once(*[lambda: server.new("W-R")] * 6)
    return [one.status for one in answers].count(201) > 1


def see_page_of(server: Server, limit: int, **query: str) -> list[str]:
    return server.walk("/invoices", "owner", limit=limit, **query)


def see_unstable_order(server: Server) -> bool:
    server.hook("freeze", moment="2031-05-05T10:00:00Z")
    for number in range(12):
        server.new(f"W-{number}")
    found = [see_page_of(server, 100) for _ in range(4)]
    return any(one != found[0] for one in found)


def see_stale_read(server: Server) -> bool:
    server.get(DRAFT)
    put(server, DRAFT, reference="W-NEW")
    return bool(server.get(DRAFT)["reference"] != "W-NEW")


def see_amount_stale(server: Server) -> bool:
    before = server.amount(DRAFT)
    server.item(DRAFT)
    return server.amount(DRAFT) == before


def see_view_stale(server: Server) -> bool:
    before = server.get(f"{DRAFT}/view")["amount"]
    server.item(DRAFT)
    return bool(server.get(f"{DRAFT}/view")["amount"] == before)


def see_denied_yet_written(server: Server) -> bool:
    put(server, READY, currency="eur")
    return bool(server.get(READY)["currency"] == "eur")


def see_refused_yet_written(server: Server) -> bool:
    before = len(see_page_of(server, 100))
    server.new("AT001")
    return len(see_page_of(server, 100)) != before


def see_updated_at_kept(server: Server) -> bool:
    before = server.get(DRAFT)["updated_at"]
    put(server, DRAFT, currency="eur")
    return bool(server.get(DRAFT)["updated_at"] == before)


def see_update_resets_currency(server: Server) -> bool:
    put(server, DRAFT, currency="eur")
    put(server, DRAFT, reference="W-X")
    return bool(server.get(DRAFT)["currency"] != "eur")


def see_customer_unchanged(server: Server) -> bool:
    put(server, DRAFT, service_customer_id=known("customer/tove"))
    return bool(server.get(DRAFT)["payer"]["id"] != known("customer/tove"))


def see_update_lost(server: Server) -> bool:
    put(server, DRAFT, reference="W-X")
    return bool(server.get(DRAFT)["reference"] != "W-X")


def see_own_reference_taken(server: Server) -> bool:
    return put(server, DRAFT, reference=server.get(DRAFT)["reference"]) != 204


def see_reference_global(server: Server) -> bool:
    server.new("W-G")
    return server.new("W-G", "garage", "rafe").status != 201


def see_null_tax_kept(server: Server) -> bool:
    put(server, ITEM, tax=None)
    return bool(server.get(DRAFT)["items"][0]["tax"])


def see_zero_kept(server: Server) -> bool:
    put(server, ITEM, price=0)
    return bool(server.get(DRAFT)["items"][0]["price"])


def see_item_update_clears(server: Server) -> bool:
    put(server, ITEM, name="Other")
    return bool(server.get(DRAFT)["items"][0]["description"] != "hours")


def see_delete_forgets(server: Server) -> bool:
    server.call("DELETE", ITEM)
    return len(server.get(DRAFT)["items"]) != 1


def see_item_of_other_invoice(server: Server) -> bool:
    other = f"/invoices/{known('invoice/6')}"
    return server.call("DELETE", f"{other}/items/{known('item/1/0')}").status == 204


def see_paid_at_once(server: Server) -> bool:
    server.call("POST", f"{READY}/pay", BACK)
    return bool(server.get(READY)["status"] != "ready")


def see_ready_without_items(server: Server) -> bool:
    path = f"/invoices/{server.new('W-E').body['id']}"
    return server.move(path, "ready") != 400


def see_foreign_invoice(server: Server) -> bool:
    return server.call("GET", FOREIGN).status == 200


def see_filter_lost_on_page(server: Server) -> bool:
    return len(see_page_of(server, 1, status="ready")) != 3


def see_one_filter_only(server: Server) -> bool:
    found = server.get("/invoices", limit=100, status="ready", service_id=ATELIER)["data"]
    return any(row["service"]["id"] != ATELIER for row in found)


def see_order_ignored(server: Server) -> bool:
    server.draft("A-1", price=1)
    server.draft("Z-1", price=99)
    found = [row["reference"] for row in server.get("/invoices", limit=100, order_by="reference")["data"]]
    return found not in (sorted(found), sorted(found, reverse=True))


def see_oldest_first(server: Server) -> bool:
    found = [row["created_at"] for row in server.get("/invoices", limit=100)["data"]]
    return found != sorted(found, reverse=True)


def see_length_unchecked(server: Server) -> bool:
    return server.item(DRAFT, name="n" * 31).status == 201


def see_extra_share(server: Server, price: int, quantity: int, tax: str) -> int:
    before = server.amount(DRAFT)
    server.item(DRAFT, price=price, quantity=quantity, tax=tax)
    return server.amount(DRAFT) - before


WITNESSES: dict[str, Witness] = {
    "lost_update": see_lost_update,
    "reference_race": see_reference_race,
    "unstable_order": see_unstable_order,
    "stale_read": see_stale_read,
    "amount_stale": see_amount_stale,
    "view_stale": see_view_stale,
    "view_needs_token": lambda server: server.call("GET", f"{READY}/view", header="").status != 200,
    "denied_yet_written": see_denied_yet_written,
    "refused_yet_written": see_refused_yet_written,
    "updated_at_kept": see_updated_at_kept,
    "update_resets_currency": see_update_resets_currency,
    "customer_unchanged": see_customer_unchanged,
    "update_lost": see_update_lost,
    "update_in_any_status": lambda server: put(server, READY, currency="eur") == 204,
    "own_reference_taken": see_own_reference_taken,
    "reference_global": see_reference_global,
    "reference_twice": lambda server: server.new("AT001").status == 201,
    "reference_taken": lambda server: server.new(server.get("/invoices/build-reference", service_id=ATELIER)["reference"]).status != 201,
    "reference_trimmed": lambda server: kept(server, " W 1 ") != " W 1 ",
    "reference_upper": lambda server: kept(server, "w-low") != "w-low",
    "leading_zeros_lost": lambda server: kept(server, "00042") != "00042",
    "accents_lost": lambda server: kept(server, "Güell-1") != "Güell-1",
    "currency_fixed": lambda server: server.new("W-C", currency="eur").body["currency"] != "eur",
    "any_customer": lambda server: server.new("W-F", "atelier", "noor").status == 201,
    "foreign_service": lambda server: server.call("GET", "/invoices", limit=5, service_id=known("service/bakery")).status == 200,
    "foreign_invoice": see_foreign_invoice,
    "list_of_all": lambda server: known("invoice/8") in see_page_of(server, 100),
    "service_ignored": lambda server: any(row["service"]["id"] != ATELIER for row in server.get("/invoices", limit=100, service_id=ATELIER)["data"]),
    "status_ignored": lambda server: any(row["status"] != "ready" for row in server.get("/invoices", limit=100, status="ready")["data"]),
    "filter_lost_on_page": see_filter_lost_on_page,
    "one_filter_only": see_one_filter_only,
    "order_ignored": see_order_ignored,
    "oldest_first": see_oldest_first,
    "limit_ignored": lambda server: len(server.get("/invoices", limit=2)["data"]) != 2,
    "limit_plus_one": lambda server: len(server.get("/invoices", limit=2)["data"]) != 2,
    "page_overlap": lambda server: len(see_page_of(server, 2)) != 8,
    "page_gap": lambda server: len(see_page_of(server, 2)) != 8,
    "oldest_lost": lambda server: len(see_page_of(server, 7)) != 8,
    "page_after_end": lambda server: server.get("/invoices", limit=100)["next_page"] is not None,
    "null_tax_kept": see_null_tax_kept,
    "zero_kept": see_zero_kept,
    "item_update_clears": see_item_update_clears,
    "delete_forgets": see_delete_forgets,
    "delete_takes_all": see_delete_forgets,
    "item_of_other_invoice": see_item_of_other_invoice,
    "item_in_any_status": lambda server: server.item(READY).status == 201,
    "item_update_in_any_status": lambda server: put(server, f"{READY}/items/{known('item/0/0')}", name="x") == 204,
    "item_delete_in_any_status": lambda server: server.call("DELETE", f"{READY}/items/{known('item/0/0')}").status == 204,
    "name_cut": lambda server: server.item(DRAFT, name="n" * 30).body["name"] != "n" * 30,
    "length_unchecked": see_length_unchecked,
    "description_escaped": lambda server: described(server, "a & b < c") != "a & b < c",
    "description_ascii": lambda server: described(server, "smile 😀") != "smile 😀",
    "description_cut": lambda server: described(server, "d" * 90) != "d" * 90,
    "item_price_float": lambda server: isinstance(server.get(DRAFT)["items"][0]["price"], float),
    "list_totals_untaxed": lambda server: server.amount(DRAFT) != 23550,
    "quantity_ignored": lambda server: see_extra_share(server, 100, 3, "0") != 300,
    "tax_on_price": lambda server: see_extra_share(server, 100, 3, "50") != 450,
    "tax_whole": lambda server: see_extra_share(server, 10000, 2, "15.25") != 23050,
    "paid_by_hand": lambda server: server.move(READY, "paid") == 204,
    "canceled_reopened": lambda server: server.move(CANCELED, "draft") == 204,
    "ready_is_final": lambda server: server.move(READY, "draft") != 204,
    "ready_without_items": see_ready_without_items,
    "paid_at_once": see_paid_at_once,
    "pay_any_status": lambda server: server.call("POST", f"{DRAFT}/pay", BACK).status == 428,
    "any_method": lambda server: server.call("POST", f"{READY}/pay", {**BACK, "payment_method_id": NOBODY}).status == 428,
}
