"""BackOffice: the back office of a network-marketing company. Members sponsor members, and report on their teams and wallets."""

from mockserver import Api, tables_of
from mockserver.apis.backoffice import (
    authentication,
    catalogues,
    dashboard,
    notices,
    pictures,
    products,
    resources,
    state,
    team,
    threads,
    tickets,
    tokens,
    users,
    wallets,
)
from mockserver.apis.backoffice.faults import render_fault
from mockserver.apis.backoffice.records import DESCRIBED
from mockserver.apis.backoffice.sessions import verify_api_key, verify_jwt

API = Api(
    slug="backoffice",
    handlers=(authentication, users, catalogues, tokens, dashboard, notices, products, team, resources, tickets, threads, wallets, pictures),
    render_fault=render_fault,
    tables=tables_of(state),
    verifiers={"x_api_key": verify_api_key, "jwt_token": verify_jwt},
    described=DESCRIBED,
)
