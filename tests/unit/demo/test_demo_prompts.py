"""cli/demo/prompts.py: what clients send, and what users typed next."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from cli.demo import corpus
from cli.demo.prompts import Prompt, prompts
from cli.demo.subjects import SUBJECTS, subject_of


@pytest.fixture(scope="module")
def found() -> corpus.Corpus:
    return corpus.load()


def test_contexts_end_between_tokens_of_a_module_of_their_segment(
    found: corpus.Corpus,
) -> None:
    for prompt in islice(prompts(found.holdout, seed=1), 50):
        both = prompt.context + prompt.after
        modules = {name for name, text in found.holdout.items() if both in text}
        assert prompt.segment in map(subject_of, modules)
        assert prompt.context
        if prompt.context[-1].isspace():
            assert not prompt.context.rpartition("\n")[2].strip()
            assert not prompt.after[0].isspace()
        assert not (prompt.context[-1].isidentifier() and prompt.after[0].isidentifier())


def test_segments_come_equally_often_and_some_contexts_are_long(found: corpus.Corpus) -> None:
    sent = list(islice(prompts(found.holdout, seed=2), 4_000))
    segments = Counter(prompt.segment for prompt in sent)

    assert segments.keys() == set(SUBJECTS)
    assert all(400 < count < 600 for count in segments.values())
    long = [prompt for prompt in sent if len(prompt.context) > 400]
    assert 0.12 < len(long) / len(sent) < 0.18
    assert max(len(prompt.context) for prompt in sent) == 20_000


def test_favoured_subject_comes_twice_as_often(found: corpus.Corpus) -> None:
    sent = islice(prompts(found.holdout, 3, favoured="text"), 4_000)
    segments = Counter(prompt.segment for prompt in sent)

    others = (4_000 - segments["text"]) / (len(SUBJECTS) - 1)
    assert 1.7 < segments["text"] / others < 2.3


def test_prompts_are_the_same_for_the_same_seed_only(found: corpus.Corpus) -> None:
    first, again, other = (list(islice(prompts(found.holdout, seed), 100)) for seed in (1, 1, 2))

    assert first == again
    assert first != other
    assert len(set(first)) > 90


@pytest.mark.parametrize(
    ("after", "token"),
    [
        ("name = 1", "name"),
        ("  name = 1", "name"),
        (" = 1", "="),
        ("\n    return", "\n"),
        ("  \n", "\n"),
        ("(x)", "("),
        ("x", "x"),
    ],
)
def test_suggestion_is_right_when_the_text_goes_on_with_it(after: str, token: str) -> None:
    assert Prompt("text", "before ", after).goes_on_with(token)


@pytest.mark.parametrize(
    ("after", "token"),
    [
        ("names = 1", "name"),
        ("name_2 = 1", "name"),
        ("return\n", "\n"),
        ("", "x"),
        ("x", ""),
    ],
)
def test_suggestion_is_wrong_when_the_text_goes_on_otherwise(after: str, token: str) -> None:
    assert not Prompt("text", "before ", after).goes_on_with(token)
