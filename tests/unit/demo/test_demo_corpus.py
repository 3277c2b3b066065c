"""cli/demo/corpus.py: real sources, split for good, and contexts that clients may send."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from cli.demo import corpus


@pytest.fixture(scope="module")
def found() -> corpus.Corpus:
    return corpus.load()


def test_no_package_is_both_trained_on_and_held_out(found: corpus.Corpus) -> None:
    trained, held_out = _tops(found.version_3), _tops(found.holdout)

    assert trained
    assert held_out
    assert trained.isdisjoint(held_out)


def test_version_3_has_all_that_version_1_has_and_much_more(found: corpus.Corpus) -> None:
    assert found.version_1.items() <= found.version_3.items()
    assert len(found.version_3) > 2 * len(found.version_1)


def test_sources_are_python_and_neither_tests_nor_tables(found: corpus.Corpus) -> None:
    modules = {**found.version_3, **found.holdout}

    assert not any(part in {"test", "tests"} for name in modules for part in name.split("."))
    assert not any(name.startswith("encodings.") for name in modules)
    compile(modules[min(modules)], "module", "exec")


def test_side_of_a_package_stays_when_others_come_or_go(tmp_path: Path) -> None:
    _packages(tmp_path, range(60))
    before = corpus.load(tmp_path)
    _packages(tmp_path, range(60, 90))
    after = corpus.load(tmp_path)

    assert not _tops(before.holdout) & _tops(after.version_3)
    assert not _tops(before.version_3) & _tops(after.holdout)
    assert _tops(after.holdout) & _tops(before.holdout)


def _packages(root: Path, numbers: range) -> None:
    for number in numbers:
        (root / f"package{number}").mkdir()
        for module in ("__init__", "other"):
            file = root / f"package{number}/{module}.py"
            file.write_text("x = 1\n" * 3_000, encoding="utf-8")


def _tops(modules: corpus.Modules) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_python_without_sources_is_refused_with_the_place(tmp_path: Path) -> None:
    (tmp_path / "only.py").write_text("x = 1\n", encoding="utf-8")

    with pytest.raises(corpus.NoCorpus, match=str(tmp_path)):
        corpus.load(tmp_path)


def test_written_modules_are_one_file_each(found: corpus.Corpus, tmp_path: Path) -> None:
    corpus.write(found.version_1, tmp_path / "training")

    files = {file.name: file.read_text("utf-8") for file in (tmp_path / "training").iterdir()}
    assert files == {f"{name}.py.txt": text for name, text in found.version_1.items()}


def test_contexts_end_behind_a_word_or_a_sign_of_a_held_out_module(found: corpus.Corpus) -> None:
    everything = "\0".join(found.holdout.values())

    for context in islice(corpus.contexts(found.holdout, seed=1, most_characters=80), 50):
        at = everything.index(context)
        after = everything[at + len(context)]
        assert 1 <= len(context) <= 80
        assert not context[-1].isspace()
        assert not (context[-1].isidentifier() and after.isidentifier())


def test_contexts_are_the_same_for_the_same_seed_only(found: corpus.Corpus) -> None:
    first, again, other = (
        list(islice(corpus.contexts(found.holdout, seed), 100)) for seed in (1, 1, 2)
    )

    assert first == again
    assert first != other
    assert len(set(first)) > 90
