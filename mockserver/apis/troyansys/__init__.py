"""Troyansys: an Ecuadorian ERP with electronic invoicing, for client users with a token and for other systems with the key of a company."""

from mockserver import Api, tables_of
from mockserver.apis.troyansys import auth, company, documents, reports, state, subscription
from mockserver.apis.troyansys.callers import join_callers, verify_api_key, verify_company, verify_token
from mockserver.apis.troyansys.faults import render_fault
from mockserver.apis.troyansys.records import DESCRIBED

API = Api(
    slug="troyansys",
    handlers=(auth, company, subscription, documents, reports),
    render_fault=render_fault,
    tables=tables_of(state),
    verifiers={"bearer": verify_token, "company": verify_company, "api_key": verify_api_key},
    join_callers=join_callers,
    described=DESCRIBED,
)
