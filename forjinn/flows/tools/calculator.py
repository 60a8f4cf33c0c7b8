from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

from simpleeval import InvalidExpression, SimpleEval

from forjinn.errors import DomainError
from forjinn.flows.call import Scope
from forjinn.flows.tools.base import Result, Tool, schema

LONGEST_EXPRESSION = 1000
# Above this, a power takes longer to work out and to write than anybody waits.
MOST_BITS = 4096
# A float has no more decimals, and no number of flows so many digits.
MOST_DIGITS = 320
NODES = (ast.Expr, ast.BinOp, ast.UnaryOp, ast.Call, ast.Name, ast.Constant)


def power(base: float, exponent: float) -> float:
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and abs(base) > 1 and int(base).bit_length() * exponent > MOST_BITS:
        raise OverflowError
    return _real(operator.pow(base, exponent))


def rounded(number: float, digits: float = 0) -> float:
    # `round(5, -10**9)` would work out 10**10**9.
    if not isinstance(digits, int) or abs(digits) > MOST_DIGITS:
        raise DomainError("round takes a small number of digits.")
    return round(number, digits) if digits else round(number)


OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: power,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "round": rounded,
    "min": min,
    "max": max,
    "sqrt": math.sqrt,
    "floor": math.floor,
    "ceil": math.ceil,
    "log": math.log,
    "exp": math.exp,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
}


class Calculator(Tool):
    name = "calculator"
    description = (
        "Work out an arithmetic expression such as `2 * (3.5 + 4) ** 2`. "
        f"It knows + - * / // % **, pi, e, and {', '.join(FUNCTIONS)}."
    )
    parameters = schema({"input": {"type": "string", "description": "The expression."}}, ["input"])

    def __init__(self, config: dict[str, Any]) -> None:
        """It has no settings."""

    def call(self, scope: Scope, arguments: dict[str, Any]) -> Result:
        return Result(_written(calculate(str(arguments.get("input", "")))))


def calculate(expression: str) -> float:
    """Raises DomainError."""
    if len(expression) > LONGEST_EXPRESSION:
        raise DomainError(f"the expression is longer than {LONGEST_EXPRESSION} characters.")
    try:
        # As on paper; there are no bits to combine here.
        parsed = ast.parse(expression.strip().replace("^", "**"), mode="eval").body
        return _real(_Numbers().eval(expression, parsed))
    except ZeroDivisionError:
        raise DomainError("a division by zero.") from None
    except OverflowError:
        raise DomainError("the number is too large.") from None
    except (InvalidExpression, SyntaxError, TypeError, ValueError, MemoryError, RecursionError):
        raise DomainError("this cannot be calculated: it takes numbers and arithmetic only.") from None


class _Numbers(SimpleEval):
    """Nothing but numbers: no text, no comparison, no member of anything."""

    def __init__(self) -> None:
        super().__init__(OPERATORS, FUNCTIONS, {"pi": math.pi, "e": math.e})
        for kind in self.nodes.keys() - set(NODES):
            del self.nodes[kind]
        self.nodes[ast.Constant] = lambda node: _real(node.value)


def _real(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError("not a number")
    if value.bit_length() > MOST_BITS if isinstance(value, int) else not math.isfinite(value):
        raise OverflowError
    return value


def _written(number: float) -> str:
    # 0.1 + 0.2 is 0.3 to the one who asked.
    return str(number) if isinstance(number, int) else f"{number:.15g}"
