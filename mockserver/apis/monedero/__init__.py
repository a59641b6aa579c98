"""Monedero: a Mexican loyalty wallet. Customers earn points for sales and pay with them."""

from mockserver import Api
from mockserver.apis.monedero import balance, contact, employee, sale, toolusers, wallet
from mockserver.apis.monedero.faults import render_fault
from mockserver.apis.monedero.records import DESCRIBED
from mockserver.apis.monedero.state import ACCOUNTS, BLACKLIST, CONTACTS, NUMBERS, USERTOOLS, WALLETS, verify_apikey

API = Api(
    slug="monedero",
    handlers=(toolusers, wallet, contact, sale, balance, employee),
    render_fault=render_fault,
    tables=(ACCOUNTS, WALLETS, USERTOOLS, CONTACTS, BLACKLIST, NUMBERS),
    verifiers={"apikey": verify_apikey},
    described=DESCRIBED,
)
