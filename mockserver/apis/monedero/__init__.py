"""Monedero: a Mexican loyalty wallet. Customers earn points for sales and pay with them."""

from mockserver import Api, tables_of
from mockserver.apis.monedero import balance, card, contact, employee, sale, state, toolusers, wallet
from mockserver.apis.monedero.faults import render_fault
from mockserver.apis.monedero.records import DESCRIBED
from mockserver.apis.monedero.state import verify_apikey

API = Api(
    slug="monedero",
    handlers=(toolusers, wallet, contact, sale, balance, employee, card),
    render_fault=render_fault,
    tables=tables_of(state),
    verifiers={"apikey": verify_apikey},
    described=DESCRIBED,
)
