"""Formulas of the documents, over the request, the answer, and reads before and after.

``after.points == before.points + sent.transaction_amount * known.wallet_percent / 100``. Names stand for JSON; ``.name`` of a list is the list of
that field; numbers may be written as text. Only arithmetic, comparison and a few functions are available.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from ..harness.findings import in_words
from ..harness.sameness import CLOSE, number, same

_ARITHMETIC: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}


class Names(dict[str, Any]):
    """What the names of a formula stand for. Numbers that differ by less than ``close`` are equal."""

    close: Decimal = CLOSE


class KnownValues(dict[str, str]):
    """The known records of a target by name, each looked up when a formula names it."""

    def __init__(self, look_up: Callable[[str], str]) -> None:
        super().__init__()
        self._look_up = look_up

    def __missing__(self, name: str) -> str:
        return self._look_up(name)


class Unreadable(LookupError):
    """A formula names something that is not there."""


def _whole(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_HALF_UP))


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sum": lambda items: sum((number(item) for item in items), Decimal(0)),
    "count": lambda items: Decimal(len(items)),
    "round": lambda value, digits=Decimal(0): number(value).quantize(Decimal(1).scaleb(-_whole(digits)), ROUND_HALF_UP),
    "differences": lambda items: [number(after) - number(before) for before, after in pairwise(items)],
    "rest": lambda items: [number(item) for item in items[1:]],
    "products": lambda left, right: [number(one) * number(two) for one, two in zip(left, right, strict=True)],
    "sums": lambda left, right: [number(one) + number(two) for one, two in zip(left, right, strict=True)],
    "rounded": lambda items, digits=Decimal(0): [_FUNCTIONS["round"](item, digits) for item in items],
    "portions": lambda left, right: [number(one) * number(two) / 100 for one, two in zip(left, right, strict=True)],
    "minus": lambda left, right: [number(one) - number(two) for one, two in zip(left, right, strict=True)],
    "number": number,
    "length": lambda text: Decimal(len(text)),
    "upper": lambda text: text.upper(),
    "part": lambda text, separator, position: text.split(separator)[_whole(position)],
    "text": str,
    "tail": lambda text, length: str(text)[-_whole(length) :],
    "sorted": sorted,
    "keys": sorted,
    "distinct": lambda items: sorted(set(items)),
}


def holds(formula: str, names: Mapping[str, Any]) -> bool:
    """Whether a formula is true for these names. Raises Unreadable if it uses a name that is missing."""
    tree = ast.parse(formula, mode="eval").body
    try:
        return bool(_value(tree, names))
    except (KeyError, IndexError, TypeError, AttributeError, ArithmeticError, ValueError) as error:
        raise Unreadable(f"{formula}: {in_words(error)}") from None


def evaluate(formula: str, names: Mapping[str, Any]) -> Any:
    """The value of a formula; a whole number as an int. Raises Unreadable if it uses a name that is missing."""
    try:
        value = _value(ast.parse(formula, mode="eval").body, names)
    except (KeyError, IndexError, TypeError, AttributeError, ArithmeticError, ValueError) as error:
        raise Unreadable(f"{formula}: {in_words(error)}") from None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def sides(formula: str, names: Mapping[str, Any]) -> tuple[Any, Any]:
    """The two sides of a comparison, as far as they can be read."""
    tree = ast.parse(formula, mode="eval").body
    if not isinstance(tree, ast.Compare):
        return True, False
    try:
        return _shown(_value(tree.comparators[0], names)), _shown(_value(tree.left, names))
    except Exception:  # noqa: BLE001 - only for showing
        return None, None


def _shown(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return [_shown(item) for item in value] if isinstance(value, list) else value


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:  # noqa: PLR0911 - one branch for each kind of node
    if isinstance(node, ast.Constant):
        return number(node.value) if not isinstance(node.value, str) else node.value
    if isinstance(node, ast.Name):
        return {"true": True, "false": False, "null": None}[node.id] if node.id in ("true", "false", "null") else names[node.id]
    if isinstance(node, ast.Attribute):
        return _field(_value(node.value, names), node.attr)
    if isinstance(node, ast.Subscript):
        index = _value(node.slice, names)
        return _value(node.value, names)[_whole(index) if isinstance(index, Decimal) else index]
    if isinstance(node, ast.List):
        return [_value(item, names) for item in node.elts]
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, names), _value(node.right, names)
        if isinstance(node.op, ast.Add) and isinstance(left, str) and isinstance(right, str):
            return left + right
        return _ARITHMETIC[type(node.op)](number(left), number(right))
    if isinstance(node, ast.UnaryOp):
        operand = _value(node.operand, names)
        return not operand if isinstance(node.op, ast.Not) else -number(operand)
    if isinstance(node, ast.BoolOp):
        parts = (bool(_value(part, names)) for part in node.values)
        return all(parts) if isinstance(node.op, ast.And) else any(parts)
    if isinstance(node, ast.Compare):
        return _compare(node, names)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _FUNCTIONS[node.func.id](*(_value(argument, names) for argument in node.args))
    raise TypeError(f"{ast.dump(node)} cannot be said in a formula")


def _compare(node: ast.Compare, names: Mapping[str, Any]) -> bool:
    left, right = _value(node.left, names), _value(node.comparators[0], names)
    close = names.close if isinstance(names, Names) else CLOSE
    kind = node.ops[0]
    if isinstance(kind, ast.Eq | ast.NotEq):
        return same(left, right, close) is isinstance(kind, ast.Eq)
    if isinstance(kind, ast.In | ast.NotIn):
        found = str(left) in right if isinstance(right, str) else any(same(left, item) for item in right)
        return found is isinstance(kind, ast.In)
    order: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge}
    return order[type(kind)](number(left), number(right))


def _field(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_field(item, name) for item in value]
    return value[name]
