"""Metric math: parse and evaluate expressions. Pure; only `infra/local/cloudwatch` imports it.

An expression is translated into Python's syntax, parsed (never run), and walked; a kind of node
that is not named here is refused.
"""

import ast
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass

from infra.local.cloudwatch.errors import invalid_request, not_emulated
from infra.local.cloudwatch.math_functions import (
    FUNCTIONS,
    KNOWN_ELSEWHERE,
    Argument,
    Misused,
    Scope,
    Word,
)
from infra.local.cloudwatch.series import Operator, Series, Value, combine

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
        |(?P<name>[A-Za-z_]\w*)
        |(?P<text>"[^"\\]*"|'[^'\\]*')
        |(?P<operator>==|!=|<=|>=|&&|\|\||[-+*/^()\[\],<>]))""",
    re.VERBOSE | re.ASCII,
)
_SPELLING = {"^": "**", "&&": "and", "||": "or", "AND": "and", "OR": "or"}
_PREFIX = "id_"
"""Put before names, so that an id such as `in` or `if` is no Python keyword."""

_OPERATORS: Mapping[type[ast.AST], Operator] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Eq: lambda x, y: float(x == y),
    ast.NotEq: lambda x, y: float(x != y),
    ast.Lt: lambda x, y: float(x < y),
    ast.LtE: lambda x, y: float(x <= y),
    ast.Gt: lambda x, y: float(x > y),
    ast.GtE: lambda x, y: float(x >= y),
    ast.And: lambda x, y: float(x != 0 and y != 0),
    ast.Or: lambda x, y: float(x != 0 or y != 0),
}


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression.

    Attributes:
        text: as it was written.
        names: ids of the metrics and expressions that it reads.
        every_metric: whether METRICS() makes it read all metrics.
    """

    text: str
    names: frozenset[str]
    every_metric: bool
    _tree: ast.expr

    def evaluate(self, scope: Scope, periods: Mapping[str, int]) -> Series | list[Series]:
        """Evaluate it; `periods` gives the period of each metric, for PERIOD().

        Raises:
            AwsError: operands that don't go together, or a result that is no time series.
        """
        try:
            result = _Walk(scope, periods).value(self._tree)
        except (Misused, RecursionError, OverflowError) as error:
            raise invalid_request(f"The expression {self.text!r} is not valid: {error}.") from error
        if isinstance(result, float):
            raise invalid_request(
                f"The expression {self.text!r} gives a scalar: its result must be a time series."
            )
        return result


def parse(text: str) -> Expression:
    """Parse an expression.

    Raises:
        AwsError: a syntax error, or something that AWS or the local cloud does not know.
    """
    if re.match(r"\s*SELECT\s", text):
        raise not_emulated(f"Metrics Insights queries such as {text!r}")
    source = _translated(text)
    try:
        tree = ast.parse(source, mode="eval").body
        names = frozenset(_names(tree))
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise invalid_request(f"The expression {text!r} has a syntax error.") from error
    calls = {node.func.id for node in ast.walk(tree) if _is_call(node)}  # type: ignore[attr-defined]
    return Expression(text, names, f"{_PREFIX}METRICS" in calls, tree)


def _translated(text: str) -> str:
    words: list[str] = []
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            rest = text[place:].strip()
            raise invalid_request(f"The expression {text!r} has a syntax error at {rest!r}.")
        token = match[0].strip()
        word = _SPELLING.get(token, token)
        words.append(_PREFIX + token if match["name"] and word == token else word)
        place = match.end()
    return " ".join(words)


def _is_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def _names(tree: ast.expr) -> list[str]:
    """Answer the ids that are read; check functions by name and every node by kind."""
    names: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), keywords=[]):
                _check_function(name.removeprefix(_PREFIX))
            case ast.Name(id=name):
                names.append(name.removeprefix(_PREFIX))
            case ast.Compare(ops=[_, _, *_]):
                raise invalid_request("Comparisons can't be chained: use AND.")
            case ast.Constant(value=int() | float() | str()) | ast.List() | ast.Compare():
                continue
            case ast.BinOp() | ast.BoolOp() | ast.UnaryOp(op=ast.USub()):
                continue
            case ast.operator() | ast.cmpop() | ast.boolop() | ast.unaryop() | ast.expr_context():
                continue
            case _:
                raise SyntaxError(type(node).__name__)
    return [name for name in names if name[:1].islower()]


def _check_function(name: str) -> None:
    if name in FUNCTIONS or name == "PERIOD":
        return
    if KNOWN_ELSEWHERE.fullmatch(name):
        raise not_emulated(f"the metric math function {name}")
    accepted = ", ".join(sorted([*FUNCTIONS, "PERIOD"]))
    raise invalid_request(f"{name!r} is no metric math function: accepted are {accepted}.")


class _Walk:
    """One evaluation of one expression."""

    def __init__(self, scope: Scope, periods: Mapping[str, int]) -> None:
        self._scope = scope
        self._periods = periods

    def value(self, node: ast.expr) -> Value:
        argument = self._argument(node)
        if isinstance(argument, Word):
            raise Misused(f"{argument.text!r} is no time series, number or function")
        return argument

    def _argument(self, node: ast.expr) -> Argument:
        match node:
            case ast.Constant(value=str() as text):
                return Word(text)
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id=name):
                return self._named(name.removeprefix(_PREFIX))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name.removeprefix(_PREFIX), arguments)
        return self._computed(node)

    def _computed(self, node: ast.expr) -> Value:
        match node:
            case ast.List(elts=elements):
                return [series for each in elements for series in self._members(each)]
            case ast.UnaryOp(operand=operand):
                return self._combined(ast.Mult(), -1.0, self.value(operand))
            case ast.BinOp(left=left, op=op, right=right):
                return self._combined(op, self.value(left), self.value(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._combined(op, self.value(left), self.value(right))
            case ast.BoolOp(op=op, values=[first, *rest]):
                return self._folded(op, first, rest)
        raise Misused(f"{type(node).__name__} is not supported")

    def _named(self, name: str) -> Argument:
        if not name[:1].islower():
            return Word(name)
        if name not in self._scope.values:
            raise Misused(f"there is no metric or expression with the id {name!r}")
        return self._scope.values[name]

    def _members(self, node: ast.expr) -> list[Series]:
        match self.value(node):
            case Series() as series:
                return [series]
            case [*array]:
                return array
        raise Misused("an array holds time series only")

    def _combined(self, op: ast.AST, left: Value, right: Value) -> Value:
        result = combine(_OPERATORS[type(op)], left, right)
        if result is None:
            raise Misused(f"{type(op).__name__} does not take two arrays")
        return result

    def _folded(self, op: ast.AST, first: ast.expr, rest: list[ast.expr]) -> Value:
        result = self.value(first)
        for each in rest:
            result = self._combined(op, result, self.value(each))
        return result

    def _call(self, name: str, nodes: list[ast.expr]) -> Value:
        if name == "PERIOD":
            return self._period(nodes)
        arguments = [self._argument(node) for node in nodes]
        try:
            return FUNCTIONS[name](self._scope, arguments)
        except Misused as error:
            raise Misused(f"{name} takes {error}") from error

    def _period(self, nodes: list[ast.expr]) -> float:
        match nodes:
            case [ast.Name(id=name)] if name.removeprefix(_PREFIX) in self._periods:
                return float(self._periods[name.removeprefix(_PREFIX)])
        raise Misused("PERIOD takes the id of a metric")
