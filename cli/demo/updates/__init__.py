"""The demo's two updates of the completion model. For the demo and its tests only.

Version 2 is a change that a person would make and a reviewer would pass: the serving code gets
a cache and, for the cache's key, numbers the last tokens through the vocabulary's index instead
of `Vocabulary.encode`. A name that was never seen in training is not in the index, so the
request fails with KeyError and HTTP 500. Training and its evaluation don't use that code, and
the offline quality is exactly version 1's.

How many requests it fails: those with an unseen name among the last two tokens (the model's
order less one). Measured against the served model with the contexts that clients send: 25 %
(1,526 of 6,000 on Python 3.11; 23 to 26 % over four installations of 3.11, 3.12 and 3.13).

Version 3 is the good code, trained on `Corpus.version_3`: the folder needs no change.
"""

from __future__ import annotations

import shutil
from pathlib import Path

MODEL_FOLDER = Path(__file__).parents[3] / "models/completion"
_CHANGED = Path(__file__).with_name("completer.py")


def version_2(target: Path) -> Path:
    """Copy the model's folder to `target`, with the one file that version 2 changes.

    Raises:
        FileExistsError: `target` is there already.
    """
    shutil.copytree(MODEL_FOLDER, target, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(_CHANGED, target / _CHANGED.name)
    return target
