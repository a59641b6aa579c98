"""Spellings of a path that reach the same operation, and spellings that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.conftest import Mock

CREDENTIALS = {"secretkey": "serpi-demo-secretkey", "Authorization": "Bearer serpi-demo-token"}


@pytest.mark.parametrize("path", ["/serpi/api/v1//Sucursales", "/serpi//api/v1/Sucursales/", "/serpi/api/v1/Sucursales//"])
@pytest.mark.parametrize("prefix", ["", "/~paths"])
def test_two_slashes_inside_a_path_count_as_one(mock: Mock, prefix: str, path: str) -> None:
    assert httpx.get(mock.url + prefix + path, headers=CREDENTIALS).status_code == 200


@pytest.mark.parametrize("path", ["//serpi/api/v1/Sucursales", "//_mock/health", "/~paths//_mock/health"])
def test_a_path_that_begins_with_two_is_another_one(mock: Mock, path: str) -> None:
    assert httpx.get(mock.url + path, headers=CREDENTIALS).status_code == 404
