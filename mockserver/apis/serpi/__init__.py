"""SERPI: synchronisation of branches (sucursales) with a Colombian ERP."""

from mockserver import Api
from mockserver.apis.serpi import sucursales
from mockserver.apis.serpi.faults import render_fault
from mockserver.apis.serpi.records import DESCRIBED
from mockserver.apis.serpi.state import BRANCHES, CLIENTS, same_client, verify_secretkey, verify_token

API = Api(
    slug="serpi",
    handlers=(sucursales,),
    render_fault=render_fault,
    tables=(CLIENTS, BRANCHES),
    verifiers={"secretkey": verify_secretkey, "bearer": verify_token},
    join_callers=same_client,
    services={"erp": "The ERP behind all three calls; while it is down they are answered 503."},
    described=DESCRIBED,
)
