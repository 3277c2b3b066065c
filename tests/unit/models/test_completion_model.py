"""models/completion/ngram: Kneser-Ney as published, and predictions that are exact."""

from __future__ import annotations

import random

import pytest

from ngram.counting import count
from ngram.evaluation import UNKNOWN_SPELLINGS, evaluate
from ngram.lexer import KINDS, tokens
from ngram.model import Model
from ngram.vocabulary import learn
from tests.unit.models.conftest import SOURCE


def _model(streams: list[list[str]], order: int = 3, keep_count: int = 1) -> Model:
    vocabulary = learn(streams, min_count=1)
    numbered = [vocabulary.encode(stream) for stream in streams]
    return Model(vocabulary, count(numbered, order, keep_count, vocabulary.ids["\n"]))


def _contexts(model: Model) -> list[list[int]]:
    chooser = random.Random(1)
    everything = range(len(model.vocabulary))
    drawn = [chooser.choices(everything, k=length) for length in range(4) for _ in range(5)]
    seen = model.vocabulary.encode(tokens(SOURCE))
    return [*drawn, *(seen[at : at + 3] for at in range(20))]


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize("keep_count", [1, 2])
def test_probabilities_after_any_context_sum_to_one(order: int, keep_count: int) -> None:
    model = _model([tokens(SOURCE)], order, keep_count)

    for context in _contexts(model):
        total = sum(model.probability(context, token) for token in range(len(model.vocabulary)))
        assert total == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize("top", [1, 5, 50])
def test_ranking_is_what_looking_at_every_token_would_find(order: int, top: int) -> None:
    model = _model([tokens(SOURCE)], order)

    for context in _contexts(model):
        all_tokens = [
            (token, model.probability(context, token))
            for token in range(len(KINDS), len(model.vocabulary))
        ]
        expected = sorted(all_tokens, key=lambda pair: (-pair[1], pair[0]))[:top]
        ranked = model.rank(context, top)
        assert [p for _, p in ranked] == pytest.approx([p for _, p in expected])
        assert [token for token, _ in ranked] == [token for token, _ in expected]


def test_token_seen_after_one_other_only_is_no_good_guess_elsewhere() -> None:
    stream = ["\n", *("San", "Francisco") * 9, *(word for x in "abcdefg" for word in (x, "glass"))]
    model = _model([stream], order=2)
    francisco, glass = model.vocabulary.encode(["Francisco", "glass"])
    unseen = model.vocabulary.encode(["unseen"])

    assert model.probability(unseen, glass) > 2 * model.probability(unseen, francisco)


def test_discounts_are_chen_and_goodmans() -> None:
    # By times seen: 4 bigrams once, 2 twice, 1 three times, 1 four times.
    times = [1, 1, 1, 1, 2, 2, 3, 4]
    streams = [[2 * number + 3, 2 * number + 4] for number, n in enumerate(times) for _ in range(n)]
    level = count(streams, order=2, keep_count=1, start=0)[1]

    # The padding adds one bigram a stream; it has the same counts, so all numbers double.
    base = 8 / (8 + 2 * 4)
    expected = (1 - 2 * base * 4 / 8, 2 - 3 * base * 2 / 4, 3 - 4 * base * 2 / 2)
    assert level.discounts == pytest.approx(expected)


def test_context_before_a_module_begins_counts_as_a_line_end() -> None:
    model = _model([["import", "os", "\n"], ["import", "re", "\n"]])
    line_end = model.vocabulary.ids["\n"]

    assert model.rank([], 1) == model.rank([line_end, line_end], 1)
    assert model.vocabulary.tokens[model.rank([], 1)[0][0]] == "import"


def test_evaluation_of_text_learnt_by_heart_is_nearly_perfect() -> None:
    stream = ["a", "b", "c", "d", "\n"] * 200
    model = _model([stream])

    quality = evaluate(model, [model.vocabulary.encode(stream)], most=300)

    assert quality.evaluated_tokens == 300
    assert quality.top1_accuracy == 1
    assert 1 <= quality.perplexity < 1.05
    assert quality.unknown_rate == 0


def test_unknown_tokens_count_as_misses_and_cost_their_spelling() -> None:
    stream = ["a", "b", "c", "d", "\n"] * 200
    model = _model([stream])
    unseen = model.vocabulary.encode(["never", "heard"])

    quality = evaluate(model, [unseen], most=10)

    assert (quality.top1_accuracy, quality.top5_accuracy) == (0, 0)
    assert quality.unknown_rate == 1
    assert quality.perplexity > UNKNOWN_SPELLINGS
