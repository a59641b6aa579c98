"""What only the owner of a target can do: at the mock it is found, elsewhere it takes hooks, and without them a test says why it cannot see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from contract_tests.harness import Api, Target
from contract_tests.harness.documents import base_path
from contract_tests.vendors.trincico.calls import send

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Mock

NOTHING = Target("trincico", "http://127.0.0.1:9/trincico")


class Hooks:
    """Hooks that note how they are used."""

    def __init__(self) -> None:
        self.used: list[str] = []

    def break_upstream(self, name: str) -> str:
        self.used.append(f"{name} broken")
        return ""

    def reset(self) -> str:
        self.used.append("reset")
        return ""


@pytest.fixture
def api(mock: Mock) -> Iterator[Api]:
    made = Api(Target.discover("trincico", mock.url + base_path("trincico")))
    yield made
    made.close()


def test_at_the_mock_an_upstream_is_broken_in_the_world_of_one_test_only(api: Api) -> None:
    other = api.fresh()
    api.break_upstream("provider")

    assert [send(one, "get_payout_balance").status_code for one in (api, other)] == [503, 200]


@pytest.mark.parametrize(
    ("hooks", "is_busy", "reason"),
    [
        ((), False, "not observable here: nothing is known that breaks the upstream provider of this target; the hook break_upstream would"),
        (("break_upstream",), False, "not observable here: the hook reset, which would put the upstream provider right again, is not given"),
        (("break_upstream", "reset"), True, "not observable here: calls that run beside this test would meet the upstream provider broken"),
    ],
    ids=["no hook", "no reset", "more workers"],
)
def test_elsewhere_the_reason_is_told_for_which_no_upstream_is_broken(hooks: tuple[str, ...], is_busy: bool, reason: str) -> None:  # noqa: FBT001
    owner = Hooks()
    api = Api(replace(NOTHING, is_busy=is_busy, hooks={name: getattr(owner, name) for name in hooks}))

    with pytest.raises(pytest.skip.Exception) as skipped:
        api.break_upstream("provider")
    api.close()

    assert str(skipped.value).startswith(reason)
    assert owner.used == []


def test_elsewhere_what_a_hook_has_broken_is_put_right_after_the_test() -> None:
    owner = Hooks()
    api = Api(replace(NOTHING, hooks={"break_upstream": owner.break_upstream, "reset": owner.reset}))

    api.break_upstream("provider")
    assert owner.used == ["provider broken"]
    api.close()

    assert owner.used == ["provider broken", "reset"]


def test_what_was_not_broken_is_not_reset() -> None:
    owner = Hooks()
    Api(replace(NOTHING, hooks={"reset": owner.reset})).close()

    assert owner.used == []
