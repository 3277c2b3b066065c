"""Rules of composite alarms: parse and decide. Pure; only `infra/local/cloudwatch` imports it.

Source: PutCompositeAlarm in the API reference (AlarmRule).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.local.cloudwatch.errors import invalid_request
from infra.local.cloudwatch.evaluation import State

_TOKEN = re.compile(
    r"""\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*
            (?:"(?P<quoted>[^"]+)"|'(?P<single>[^']+)'|(?P<bare>[^\s()"']+))\s*\)
        |(?P<word>AND|OR|NOT|TRUE|FALSE)\b
        |(?P<paren>[()]))""",
    re.VERBOSE,
)
_DEEPEST = 50

Verdict = Callable[[Mapping[str, State]], bool]


@dataclass(frozen=True, slots=True)
class CompositeRule:
    """A parsed rule.

    Attributes:
        children: names of the alarms that it reads, in the order of the text.
        holds: whether the rule holds, given the states of its children.
    """

    children: tuple[str, ...]
    holds: Verdict


def parse(text: str) -> CompositeRule:
    """Parse an AlarmRule; alarms may be given by name or ARN.

    Raises:
        AwsError: it is no rule.
    """
    return _Parser(text).rule()


class _Parser:
    """Recursive descent: OR binds least, then AND, then NOT."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._children: dict[str, None] = {}
        self._depth = 0
        self._tokens: list[re.Match[str]] = []
        place, end = 0, len(text.rstrip())
        while place < end:
            match = _TOKEN.match(text, place)
            if match is None:
                raise self._error(text[place:].strip())
            self._tokens.append(match)
            place = match.end()

    def rule(self) -> CompositeRule:
        holds = self._either()
        if self._tokens:
            raise self._error(self._tokens[0][0].strip())
        return CompositeRule(tuple(self._children), holds)

    def _error(self, rest: str) -> Exception:
        return invalid_request(f"The AlarmRule {self._text!r} has a syntax error at {rest!r}.")

    def _taken(self, text: str) -> bool:
        if self._tokens and self._tokens[0][0].strip() == text:
            del self._tokens[0]
            return True
        return False

    def _either(self) -> Verdict:
        terms = [self._both()]
        while self._taken("OR"):
            terms.append(self._both())
        return lambda states: any(term(states) for term in terms)

    def _both(self) -> Verdict:
        terms = [self._term()]
        while self._taken("AND"):
            terms.append(self._term())
        return lambda states: all(term(states) for term in terms)

    def _term(self) -> Verdict:
        self._depth += 1
        if self._depth > _DEEPEST or not self._tokens:
            raise self._error("the end" if not self._tokens else "a nesting that is too deep")
        term = self._negated() if self._taken("NOT") else self._atom()
        self._depth -= 1
        return term

    def _negated(self) -> Verdict:
        term = self._term()
        return lambda states: not term(states)

    def _atom(self) -> Verdict:
        if self._taken("("):
            inner = self._either()
            if not self._taken(")"):
                raise self._error("a parenthesis that is not closed")
            return inner
        token = self._tokens.pop(0)
        if token["word"] in ("TRUE", "FALSE"):
            constant = token["word"] == "TRUE"
            return lambda _: constant
        if token["state"] is None:
            raise self._error(token[0].strip())
        state, name = State(token["state"]), _name(token)
        self._children[name] = None
        return lambda states: states[name] is state


def _name(token: re.Match[str]) -> str:
    name = token["quoted"] or token["single"] or token["bare"]
    return name.split(":alarm:", 1)[1] if name.startswith("arn:") else name
