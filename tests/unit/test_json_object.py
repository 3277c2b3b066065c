"""JSON of unknown senders."""

from __future__ import annotations

import pytest

from steelyard.errors import InvalidEvent
from steelyard.json_object import read_object


def test_key_that_is_given_twice_with_one_value_is_read() -> None:
    """AWS's documented sample of an endpoint's event has `source` twice."""
    text = '{"source": ["aws.sagemaker"], "x": 1, "source": ["aws.sagemaker"]}'
    assert read_object(text) == {"source": ["aws.sagemaker"], "x": 1}


@pytest.mark.parametrize(
    "text",
    ['{"a": 1, "a": 2}', '{"x": {"a": 1, "a": true}}', '{"a": 2, "a": 1, "a": 1}'],
)
def test_key_with_two_values_is_refused_at_any_depth(text: str) -> None:
    with pytest.raises(InvalidEvent, match="'a' has two values, accepted: one"):
        read_object(text)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_python_reads_but_json_does_not_have_is_refused(number: str) -> None:
    with pytest.raises(InvalidEvent, match=f"not JSON: {number}"):
        read_object(f'{{"x": {number}}}')
