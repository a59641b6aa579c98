"""SERPI: synchronisation of branches (sucursales) with a Colombian ERP."""

from mockserver import Api, tables_of
from mockserver.apis.serpi import state, sucursales
from mockserver.apis.serpi.faults import render_fault
from mockserver.apis.serpi.records import DESCRIBED
from mockserver.apis.serpi.state import same_client, verify_secretkey, verify_token

API = Api(
    slug="serpi",
    handlers=(sucursales,),
    render_fault=render_fault,
    tables=tables_of(state),
    verifiers={"secretkey": verify_secretkey, "bearer": verify_token},
    join_callers=same_client,
    services={"erp": "The ERP behind all three calls; while it is down they are answered 503."},
    described=DESCRIBED,
)
