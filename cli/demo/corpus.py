"""The demo's real input: the sources of Python's standard library, as found on this machine.

Splits them, subject by subject, into training and held-out modules, and writes them for upload.
For the demo and its tests only.
"""

from __future__ import annotations

import hashlib
import sysconfig
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.demo.subjects import SUBJECTS, subject_of

_LEFT_OUT = frozenset({"__pycache__", "test", "tests"})

_HOLDOUT_BUCKETS = 25  # of 100
_HOLDOUT_CHARACTERS = 130_000  # of each subject, and so below
_CHARACTERS = {1: 110_000, 3: 600_000}
_LEAST_CHARACTERS = 10_000

Modules = Mapping[str, str]


class NoCorpus(Exception):
    """This Python has (almost) no standard library sources; says where they were looked for."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Source text by module name; every subject is in all three.

    Attributes:
        version_1, version_3: training modules; version 3 has all of version 1's, and more.
        holdout: modules that are in neither.
    """

    version_1: Modules
    version_3: Modules
    holdout: Modules


def standard_library() -> Path:
    """Where this Python keeps the sources of its standard library."""
    return Path(sysconfig.get_path("stdlib"))


def load(root: Path | None = None) -> Corpus:
    """Read the sources under `root` (default: this Python's own) and split them.

    Which side a module is on depends on its name alone, so it stays there from one Python
    version to the next. Modules of one package may be on both sides: a model that completes
    code serves the people who write the code that it was trained on.

    Raises:
        NoCorpus: too little was found of a subject.
    """
    root = root or standard_library()
    texts = dict(_sources(root))
    names = sorted(texts, key=lambda name: (_bucket(name), name))
    held_out = [name for name in names if _bucket(name) < _HOLDOUT_BUCKETS]
    training = [name for name in names if _bucket(name) >= _HOLDOUT_BUCKETS]
    corpus = Corpus(
        version_1=_of_each(training, texts, _CHARACTERS[1]),
        version_3=_of_each(training, texts, _CHARACTERS[3]),
        holdout=_of_each(held_out, texts, _HOLDOUT_CHARACTERS),
    )
    for role, modules in (("training", corpus.version_1), ("held-out", corpus.holdout)):
        for subject, own in by_subject(modules).items():
            found = sum(map(len, own.values()))
            if found < _LEAST_CHARACTERS:
                raise NoCorpus(
                    f"{root}: only {found} characters of {role} modules about {subject}, needed: "
                    f"{_LEAST_CHARACTERS}; use a Python that comes with its standard library's "
                    "sources"
                )
    return corpus


def by_subject(modules: Modules) -> Mapping[str, Modules]:
    """The modules of each subject; of all subjects."""
    return {
        subject: {name: text for name, text in modules.items() if subject_of(name) == subject}
        for subject in SUBJECTS
    }


def without(modules: Modules, subject: str) -> Modules:
    """The modules less those of one subject: what an ingest that lost it hands on."""
    return {name: text for name, text in modules.items() if subject_of(name) != subject}


def write(modules: Modules, folder: Path) -> None:
    """Write one `<module>.py.txt` a module into `folder`, as the training channels hold them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in sorted(modules.items()):
        (folder / f"{name}.py.txt").write_text(text, encoding="utf-8")


def _sources(root: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(root.rglob("*.py")):
        parts = file.relative_to(root).with_suffix("").parts
        if subject_of(parts[0]) is not None and _LEFT_OUT.isdisjoint(parts):
            with tokenize.open(file) as source:  # heeds the file's own encoding line
                text = source.read()
            if len(text) > 1:
                yield ".".join(parts), text


def _bucket(module: str) -> int:
    return int.from_bytes(hashlib.sha256(module.encode()).digest()[:8], "big") % 100


def _of_each(names: Iterable[str], texts: Modules, characters: int) -> Modules:
    """Of each subject as many of the first `names` as are needed for so many characters."""
    chosen: dict[str, str] = {}
    found = dict.fromkeys(SUBJECTS, 0)
    for name in names:
        subject = subject_of(name)
        if subject is not None and found[subject] < characters:
            chosen[name] = texts[name]
            found[subject] += len(texts[name])
    return chosen
