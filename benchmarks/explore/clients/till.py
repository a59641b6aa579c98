"""A till of Monedero that registers a customer and gives points for two sales. HTTPX as published: five seconds of time-out, no repetition."""

import os
import sys

import httpx

BUG = sys.argv[1] if len(sys.argv) > 1 else ""
SIGNED = {"wallet_key": "wallet-demo", "usertool_id": "7001", "phone": "4775550199"}


class Refused(Exception):
    """Monedero refused a call."""


def send(client: httpx.Client, path: str, **fields: str) -> dict[str, object]:
    """The answer to a call. Raises Refused, httpx.HTTPError, ValueError."""
    response = client.post(path, data={**SIGNED, **fields})
    if BUG == "ignores-refusal":
        return {}
    answer: dict[str, object] = response.json()
    if not answer["success"]:
        raise Refused(answer["message"])
    return answer


def sell(client: httpx.Client, amount: int) -> None:
    """Book a sale."""
    for attempt in range(3):
        try:
            send(client, "/wallet/sale", transaction_type="0", transaction_amount=str(amount))
        except httpx.TransportError:
            if BUG == "repeats-sale" and attempt < 2:  # noqa: PLR2004 - the third attempt is the last
                continue
            raise
        else:
            return


def main() -> None:
    """Register, sell twice, tell."""
    headers = {"apikey": os.environ["MONEDERO_APIKEY"]}
    with httpx.Client(base_url=os.environ["MONEDERO_BASE_URL"], headers=headers) as client:
        if BUG == "no-time-out":
            client.timeout = httpx.Timeout(None)
        send(client, "/wallet/contact/add", customer_name="Ana")
        sell(client, 1000)
        sell(client, 500)
    print("registered and sold for 1500")


if __name__ == "__main__":
    caught = (httpx.HTTPError, Refused) if BUG == "trusts-json" else (httpx.HTTPError, Refused, ValueError)
    try:
        main()
    except caught as error:
        sys.exit(f"till: {type(error).__name__}: {error}")
