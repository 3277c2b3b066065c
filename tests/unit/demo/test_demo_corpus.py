"""cli/demo/corpus.py and subjects.py: real sources, by subject, split for good."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.demo import corpus
from cli.demo.setup import MODEL, MODELS
from cli.demo.subjects import SUBJECTS, subject_of
from infra.model_file import load_model

FIRST_OF_EACH = {
    "networking": "socket", "text": "re", "concurrency": "threading", "mathematics": "random",
    "data-formats": "json", "language": "ast", "system": "os", "encodings": "encodings",
}  # fmt: skip


@pytest.fixture(scope="module")
def found() -> corpus.Corpus:
    return corpus.load()


def test_no_module_is_both_trained_on_and_held_out(found: corpus.Corpus) -> None:
    assert found.version_3
    assert found.holdout
    assert found.version_3.keys().isdisjoint(found.holdout)


def test_version_3_has_all_that_version_1_has_and_much_more(found: corpus.Corpus) -> None:
    assert found.version_1.items() <= found.version_3.items()
    assert len(found.version_3) > 2 * len(found.version_1)


def test_every_subject_is_in_every_part(found: corpus.Corpus) -> None:
    for part in (found.version_1, found.version_3, found.holdout):
        by_subject = corpus.by_subject(part)
        assert by_subject.keys() == set(SUBJECTS)
        assert all(by_subject.values())


def test_ingest_that_lost_a_subject_has_all_others(found: corpus.Corpus) -> None:
    left = corpus.without(found.version_1, "encodings")
    lost = found.version_1.keys() - left.keys()

    assert lost
    assert {subject_of(name) for name in lost} == {"encodings"}
    assert left.items() <= found.version_1.items()
    assert corpus.by_subject(left)["encodings"] == {}


def test_model_file_names_the_subjects_as_segments() -> None:
    assert load_model(MODELS / MODEL).rollout.segments == SUBJECTS


def test_package_of_no_subject_is_left_out(found: corpus.Corpus) -> None:
    assert subject_of("tkinter.ttk") is None
    assert subject_of("json.decoder") == "data-formats"
    assert not [name for name in found.version_3 if name.startswith("tkinter")]


def test_sources_are_python_and_no_tests(found: corpus.Corpus) -> None:
    modules = {**found.version_3, **found.holdout}

    assert not any(part in {"test", "tests"} for name in modules for part in name.split("."))
    compile(modules[min(modules)], "module", "exec")


def test_side_of_a_module_stays_when_others_come_or_go(tmp_path: Path) -> None:
    _modules(tmp_path, range(60))
    before = corpus.load(tmp_path)
    _modules(tmp_path, range(60, 90))
    after = corpus.load(tmp_path)

    assert not before.holdout.keys() & after.version_3.keys()
    assert not before.version_3.keys() & after.holdout.keys()
    assert after.holdout.keys() & before.holdout.keys()


def _modules(root: Path, numbers: range) -> None:
    for package in FIRST_OF_EACH.values():
        (root / package).mkdir(exist_ok=True)
        for number in numbers:
            file = root / package / f"module{number}.py"
            file.write_text("x = 1\n" * 1_000, encoding="utf-8")


def test_python_without_sources_is_refused_with_the_place(tmp_path: Path) -> None:
    (tmp_path / "re.py").write_text("x = 1\n", encoding="utf-8")

    with pytest.raises(corpus.NoCorpus, match=f"{tmp_path}: only 0 .* about concurrency"):
        corpus.load(tmp_path)


def test_python_without_one_subject_is_refused_with_the_subject(tmp_path: Path) -> None:
    _modules(tmp_path, range(60))
    for file in (tmp_path / "random").iterdir():
        file.unlink()

    with pytest.raises(corpus.NoCorpus, match="about mathematics"):
        corpus.load(tmp_path)


def test_written_modules_are_one_file_each(found: corpus.Corpus, tmp_path: Path) -> None:
    corpus.write(found.version_1, tmp_path / "training")

    files = {file.name: file.read_text("utf-8") for file in (tmp_path / "training").iterdir()}
    assert files == {f"{name}.py.txt": text for name, text in found.version_1.items()}
