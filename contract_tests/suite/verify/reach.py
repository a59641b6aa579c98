"""Reach the target for the first time: what may be sent to it, what a mock says of itself, what the target file says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

import httpx

from ..harness import Target
from ..harness.hooks import make_hooks
from ..harness.policy import Limits, PolicyError, RequestPolicy
from ..harness.target import own_records
from ..harness.transports import PolicyTransport, describe_error
from .creations import creating
from .events import Event, NoteMade
from .needs import find_needs, find_unfit
from .options import CannotRun, RunPlan


class _AnyName(Mapping[str, str]):
    """The known values of a dry run: every name, as itself."""

    def __getitem__(self, name: str) -> str:
        return f"<{name}>"

    def __contains__(self, _name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def make_policy(plan: RunPlan) -> RequestPolicy:
    """The request policy of a run; a read-only run calls no other origin than the target's."""
    options, file = plan.options, plan.file
    known = {name: value for name, value in file.limits.items() if name != "budget"}
    parts = urlsplit(plan.url)
    names = frozenset(creating(plan.contract, frozenset()))
    return RequestPolicy(
        frozenset({f"{parts.scheme}://{parts.netloc}", *(() if options.read_only else file.also)}),
        lambda method, called: plan.contract.find(plan.url, method, called),
        Limits(**{**known, "budget": plan.budget}),
        read_only=options.read_only,
        dry_run=options.dry_run,
        excluded=file.excluded,
        creates=names.__contains__,
        documents=lambda name, status: str(status) in plan.contract.operations[name].statuses if name in plan.contract.operations else False,
    )


def reach(plan: RunPlan, policy: RequestPolicy, inner: httpx.BaseTransport, emit: Callable[[Event], None]) -> Target:
    """The target, after a first call.

    Raises:
        CannotRun: it gives no answer.
    """
    target = _placeholder(plan) if policy.dry_run else _discover(plan, PolicyTransport(policy, inner), emit)
    contract = plan.contract
    strict = target.strict and not plan.options.any_implementation
    return replace(target, strict=strict, document=contract.document if contract.is_foreign else None)


def _placeholder(plan: RunPlan) -> Target:
    """A target for a dry run; a value that the target file does not give is its name."""
    file = plan.file
    headers = {name: f"<{name}>" for name in sorted(plan.contract.document.credential_headers)}
    logins = {"owner": {"username": "<username>", "password": "<password>", "email": "<email>"}}
    known = {**file.known} if file.known else _AnyName()
    return Target(plan.contract.slug, plan.url, file.credentials or {"owner": headers}, known, file.logins or logins)


def _discover(plan: RunPlan, transport: PolicyTransport, emit: Callable[[Event], None]) -> Target:
    """The target with what a mock says of itself and what the target file says; the file wins."""
    policy, file, url, slug = transport.policy, plan.file, plan.url, plan.contract.slug
    with httpx.Client(transport=transport, timeout=policy.limits.timeout, trust_env=False) as client:
        try:
            answer = client.get(url)
        except httpx.TransportError as error:
            raise CannotRun(_explain_silence(url, error)) from None
        except httpx.InvalidURL as error:
            raise CannotRun(f"{url} is no URL: {error}; write for example http://127.0.0.1:8000/acme/v1") from None
        except PolicyError as error:
            raise CannotRun(f"{url} could not be called: {error}") from None
        emit(NoteMade(f"the target answers ({answer.status_code} in {answer.elapsed.total_seconds() * 1000:.0f} ms)"))
        with suppress(PolicyError, httpx.HTTPError):
            found = Target.discover(slug, url, client)
            policy.stopped = None
            if found.control is not None:
                emit(NoteMade(f"it is a mock: {len(found.credentials)} roles and {len(found.known)} known ids are taken from its control plane"))
            if file.hooks and policy.read_only:
                emit(NoteMade("hooks are not used in a read-only run"))
            unfit = {} if found.control is not None else find_unfit(find_needs(plan.contract), file.known)
            for reason in unfit.values():
                emit(NoteMade(f"{reason}; what needs it is not observable here"))
            return replace(
                found,
                unfit=unfit,
                credentials={**file.credentials, **{role: headers for role, headers in found.credentials.items() if role not in file.credentials}},
                known={**found.known, **file.known},
                logins={**found.logins, **file.logins},
                hooks={} if policy.read_only else make_hooks(file.hooks, policy.limits.timeout),
                parallel=policy.limits.parallel,
                own={} if found.control is not None or policy.read_only or plan.contract.is_foreign else own_records(slug),
            )
    raise CannotRun(f"{url} answered once and then no more; is it still running?")


def _explain_silence(url: str, error: Exception) -> str:
    text = describe_error(error)
    if "CERTIFICATE" in text.upper() or "SSL" in text.upper():
        return (
            f"the certificate of {url} is not trusted ({text}); name its authority as ca_file under [tls] of the target file, or set verify = false"
        )
    if isinstance(error, httpx.TimeoutException):
        return f"{url} did not answer in time ({text}); check the address and the server, or raise timeout under [limits] of the target file"
    if isinstance(error, httpx.ConnectError):
        return f"nothing answers at {url} ({text}); start the server, or correct the address"
    return f"{url} answered nothing that can be read as HTTP ({text}); is it the right port?"
