"""Rules of composite alarms."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.cloudwatch.composite import parse
from infra.local.cloudwatch.evaluation import State
from infra.local.ports import AwsError

STATES: Mapping[str, State] = {"a": State.ALARM, "b": State.OK, "c": State.INSUFFICIENT_DATA}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("ALARM(a)", True),
        ("ALARM(b)", False),
        ("OK(b) AND INSUFFICIENT_DATA(c)", True),
        ("NOT ALARM(a)", False),
        ("NOT (ALARM(b) OR ALARM(c))", True),
        ("ALARM(b) OR ALARM(a) AND OK(c)", False),
        ("(ALARM(b) OR ALARM(a)) AND NOT OK(c)", True),
        ("NOT ALARM(b) AND FALSE", False),
        ("FALSE AND TRUE OR TRUE", True),
        ("TRUE", True),
        ("NOT NOT TRUE", True),
        (' ALARM ( "a" )\n OR\tFALSE ', True),
        ("ALARM('arn:aws:cloudwatch:eu-west-1:000000000000:alarm:a')", True),
    ],
)
def test_rule_holds_as_it_reads(rule: str, *, holds: bool) -> None:
    assert parse(rule).holds(STATES) is holds


def test_children_are_the_names_that_the_rule_reads() -> None:
    rule = 'ALARM("steelyard/completion/v1/errors") OR OK(b) OR ALARM(b)'
    assert parse(rule).children == ("steelyard/completion/v1/errors", "b")


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "ALARM",
        "ALARM()",
        "ALARM(a",
        "alarm(a)",
        "ALARM(a) ALARM(b)",
        "ALARM(a) XOR OK(b)",
        "AND",
        "ALARM(a) AND",
        "NOT",
        "()",
        "(TRUE",
        "TRUE)",
        "AT_LEAST(1, ALARM, (a))",
        "NOT " * 60 + "TRUE",
    ],
)
def test_anything_else_than_a_rule_is_refused(rule: str) -> None:
    with pytest.raises(AwsError, match="syntax error"):
        parse(rule)


RULES = st.recursive(
    st.sampled_from(["ALARM(a)", "OK(a)", "ALARM(b)", "INSUFFICIENT_DATA(c)", "TRUE", "FALSE"]),
    lambda inner: st.one_of(
        inner.map(lambda rule: f"NOT ({rule})"),
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda t: f"({' '.join(t)})"),
    ),
    max_leaves=8,
)


@given(RULES, st.tuples(*[st.sampled_from(State)] * 3))
def test_rule_is_what_python_makes_of_it(rule: str, states: tuple[State, State, State]) -> None:
    named = dict(zip("abc", states, strict=True))
    python = rule.replace("AND", "and").replace("OR", "or").replace("NOT", "not")
    python = python.replace("TRUE", "True").replace("FALSE", "False")
    functions = {s.value: lambda name, s=s: named[name] is s for s in State}
    expected = eval(python, functions | {name: name for name in named})  # noqa: S307
    assert parse(rule).holds(named) is expected
