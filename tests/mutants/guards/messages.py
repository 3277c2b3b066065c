"""Guards of the messages that come in."""

from __future__ import annotations

from tests.mutants.guard import Guard, functional

_MESSAGES, _JSON, _HANDLER = "messages.py", "json_object.py", "reception.py"
_PARSING = ("tests/unit/test_messages.py",)
_REPORT_TESTS = ("tests/unit/labels/test_reports.py",)
_NONE_OF_OURS = "an event that is none of ours changes nothing"

MESSAGES = (
    Guard(
        name="account",
        keeps=_NONE_OF_OURS,
        file=_MESSAGES,
        old='(("account", home.account), ("region", home.region))',
        new='(("region", home.region),)',
        tests=_PARSING,
    ),
    Guard(
        name="region",
        keeps=_NONE_OF_OURS,
        file=_MESSAGES,
        old='(("account", home.account), ("region", home.region))',
        new='(("account", home.account),)',
        tests=_PARSING,
    ),
    Guard(
        name="endpoint-name",
        keeps=_NONE_OF_OURS,
        file=_MESSAGES,
        old="if not _ENDPOINT.fullmatch(name):",
        new="if False:",
        tests=_PARSING,
    ),
    Guard(
        name="endpoint-of-the-event",
        keeps=_NONE_OF_OURS,
        file=_MESSAGES,
        old="if detail.get(key) != endpoint:",
        new="if False:",
        tests=_PARSING,
    ),
    Guard(
        name="alarm-prefix",
        keeps=_NONE_OF_OURS,
        file=_MESSAGES,
        old='if not name.startswith(f"steelyard/{endpoint}/"):',
        new="if False:",
        tests=_PARSING,
    ),
    Guard(
        name="alarm-state",
        keeps=_NONE_OF_OURS,
        file=_MESSAGES,
        old="if value not in _ALARM_STATES:",
        new="if False:",
        tests=_PARSING,
    ),
    Guard(
        name="account-of-the-package",
        keeps=_NONE_OF_OURS,
        file=_MESSAGES,
        old='if arn.split(":")[3:5] != [home.region, home.account]:',
        new="if False:",
        tests=_PARSING,
    ),
    Guard(
        name="command-that-is-known",
        keeps=_NONE_OF_OURS,
        file=_MESSAGES,
        old="if name not in tuple(CommandName):",
        new="if False:",
        tests=_PARSING,
    ),
    Guard(
        name="kind-of-event-that-is-known",
        keeps=_NONE_OF_OURS,
        file=_MESSAGES,
        old="if not isinstance(kind, str) or kind not in _PARSERS:",
        new="if not isinstance(kind, str):",
        tests=_PARSING,
    ),
    Guard(
        name="printable-text",
        keeps="what strangers write does not reach a terminal",
        file=_MESSAGES,
        old=" or not value.isprintable()",
        new="",
        tests=_PARSING,
    ),
    Guard(
        name="length-of-text",
        keeps="what strangers write is bounded",
        file=_MESSAGES,
        old="0 < len(value) <= most",
        new="len(value) > 0",
        tests=_PARSING,
    ),
    Guard(
        name="key-given-twice",
        keeps="a message has one meaning",
        file=_JSON,
        old="            if repr(found[key]) != repr(value):\n",
        new="            if False:\n",
        tests=(*_PARSING, *functional("bad_inputs", "intake")),
    ),
    Guard(
        name="no-number",
        keeps="a message has one meaning",
        file=_JSON,
        old=", parse_constant=_no_number",
        new="",
        tests=(*_PARSING, *functional("bad_inputs", "intake")),
    ),
    Guard(
        name="length-of-a-message",
        keeps="what strangers write is bounded",
        file=_JSON,
        old="if len(text) > LONGEST:",
        new="if False:",
        tests=(*_PARSING, *_REPORT_TESTS),
    ),
    Guard(
        name="depth-of-a-message",
        keeps="what strangers write is bounded",
        file=_JSON,
        old="if _is_deeper(found, _DEEPEST):",
        new="if False:",
        tests=(*_PARSING, *_REPORT_TESTS),
    ),
    Guard(
        name="quarantine",
        keeps=10,
        file=_HANDLER,
        old="runtime.quarantine.put(message.body, endpoint, str(error))",
        new="pass",
        tests=functional("handler"),
    ),
    Guard(
        name="illegal-order-is-quarantined",
        keeps=10,
        file=_HANDLER,
        old="except (InvalidEvent, IllegalTransition, UnknownEndpoint) as error:",
        new="except (InvalidEvent, UnknownEndpoint) as error:",
        tests=functional("handler", "service_orders"),
    ),
    Guard(
        name="quarantine-that-fails-loses-nothing",
        keeps=10,
        file=_HANDLER,
        old="        runtime.quarantine.put(message.body, endpoint, str(error))",
        new="""        try:
            runtime.quarantine.put(message.body, endpoint, str(error))
        except Exception:
            pass""",
        tests=functional("handler"),
    ),
    Guard(
        name="failed-message-comes-again",
        keeps=10,
        file=_HANDLER,
        old="runtime.inbox.come_again(message.receipt, message.receives)\n        raise",
        new="runtime.inbox.come_again(message.receipt, message.receives)",
        tests=functional("handler"),
    ),
    Guard(
        name="failure-holds-its-own-endpoint-alone",
        keeps="a message that fails keeps no other endpoint waiting",
        file="handlers/reconcile.py",
        old="SqsFifoPartialProcessor(skip_group_on_error=True)",
        new="SqsFifoPartialProcessor()",
        tests=functional("handler"),
    ),
)
