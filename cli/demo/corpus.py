"""The demo's real input: the sources of Python's standard library, as found on this machine.

Splits them into training and held-out modules, writes them for upload, and draws contexts for
clients from the held-out ones. For the demo and its tests only.
"""

from __future__ import annotations

import hashlib
import random
import sysconfig
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

# Tests and tables (code pages, help texts) are not code that anyone writes; the rest is big
# and of one kind, or not part of every installation.
_LEFT_OUT = frozenset(
    {
        "__pycache__", "dist-packages", "distutils", "encodings", "ensurepip", "idlelib",
        "lib2to3", "pydoc_data", "site-packages", "test", "tests", "turtledemo",
    }
)  # fmt: skip

_HOLDOUT_BUCKETS = 20  # of 100
_HOLDOUT_CHARACTERS = 1_000_000
_CHARACTERS = {1: 900_000, 3: 4_500_000}
_LEAST_CHARACTERS = 200_000

Modules = Mapping[str, str]


class NoCorpus(Exception):
    """This Python has (almost) no standard library sources; says where they were looked for."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Source text by module name.

    Attributes:
        version_1, version_3: training modules; version 3 has all of version 1's, and more.
        holdout: modules of packages that none of the training modules belongs to.
    """

    version_1: Modules
    version_3: Modules
    holdout: Modules


def standard_library() -> Path:
    """Where this Python keeps the sources of its standard library."""
    return Path(sysconfig.get_path("stdlib"))


def load(root: Path | None = None) -> Corpus:
    """Read the sources under `root` (default: this Python's own) and split them.

    Which side a module is on depends on its top-level package's name alone, so it stays there
    from one Python version to the next, and near-copies within a package stay together.

    Raises:
        NoCorpus: too little was found to train on.
    """
    root = root or standard_library()
    texts = dict(_sources(root))
    names = sorted(texts, key=lambda name: (_bucket(name), name))
    held_out = [name for name in names if _bucket(name) < _HOLDOUT_BUCKETS]
    training = [name for name in names if _bucket(name) >= _HOLDOUT_BUCKETS]
    corpus = Corpus(
        version_1=_first(training, texts, _CHARACTERS[1]),
        version_3=_first(training, texts, _CHARACTERS[3]),
        holdout=_first(held_out, texts, _HOLDOUT_CHARACTERS),
    )
    for role, modules in (("training", corpus.version_1), ("held-out", corpus.holdout)):
        found = sum(map(len, modules.values()))
        if found < _LEAST_CHARACTERS:
            raise NoCorpus(
                f"{root}: only {found} characters of {role} modules, needed: {_LEAST_CHARACTERS}; "
                "use a Python that comes with its standard library's sources"
            )
    return corpus


def write(modules: Modules, folder: Path) -> None:
    """Write one `<module>.py.txt` a module into `folder`, as the training channels hold them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in sorted(modules.items()):
        (folder / f"{name}.py.txt").write_text(text, encoding="utf-8")


def contexts(holdout: Modules, seed: int, most_characters: int = 400) -> Iterator[str]:
    """What clients send: endlessly, the text before a cursor somewhere in a held-out module.

    The cursor stands behind a word or a sign, any one of them in all of the text with equal
    probability. The same seed gives the same contexts.
    """
    chooser = random.Random(seed)  # noqa: S311, a choice of places, not of secrets
    names = sorted(holdout)
    sizes = [len(holdout[name]) for name in names]
    while True:
        text = holdout[chooser.choices(names, sizes)[0]]
        cursor = chooser.randrange(1, len(text))
        if _ends_token(text, cursor):
            yield text[max(0, cursor - most_characters) : cursor]


def _ends_token(text: str, cursor: int) -> bool:
    before, after = text[cursor - 1], text[cursor]
    return not before.isspace() and not (_in_word(before) and _in_word(after))


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _sources(root: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(root.rglob("*.py")):
        parts = file.relative_to(root).with_suffix("").parts
        if _LEFT_OUT.isdisjoint(parts) and not parts[0].startswith("config-"):
            with tokenize.open(file) as source:  # heeds the file's own encoding line
                text = source.read()
            if len(text) > 1:
                yield ".".join(parts), text


def _bucket(module: str) -> int:
    package = module.partition(".")[0]
    return int.from_bytes(hashlib.sha256(package.encode()).digest()[:8], "big") % 100


def _first(names: list[str], texts: Modules, characters: int) -> Modules:
    """As many of the first `names` as are needed for so many characters."""
    chosen: dict[str, str] = {}
    total = 0
    for name in names:
        if total >= characters:
            break
        chosen[name] = texts[name]
        total += len(texts[name])
    return chosen
