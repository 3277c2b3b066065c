"""The demo's updates of the completion model's serving code. For the demo and its tests only.

Each is a change that a person would make and a reviewer would pass, of the one file
`completer.py`; training and its evaluation don't use that code. The figures are measured on
Python 3.11 with the prompts that clients send (`cli/demo/prompts.py`) and version 1's data.

numbered: a cache, and for its key the last tokens' numbers straight from the vocabulary's index
    instead of `Vocabulary.encode`. A name that was never seen in training is not in the index,
    so the request fails with KeyError and HTTP 500: 17 % of requests (17 to 19 % over four
    installations of 3.11, 3.12 and 3.13).
whole_file: suggestions that the file uses most come first. Counting them takes a time that is
    quadratic in the context's length: no more than a millisecond for 400 characters, but 60 ms in
    the median, and up to 300, for the 15 % of requests that send up to 20,000.
off_by_kinds: words are looked up without the kinds of unknown tokens, so each answer is made of
    other words than were meant: valid, and nonsense.
slots: a cache with a fixed number of slots that are never used again. When all are taken, after
    about 2,150 requests, each request that is not in the cache fails: 48 %. A canary has answered
    about 1,500 when it comes to holdback, where it gets as many again in six minutes.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

MODEL_FOLDER = Path(__file__).parents[3] / "models/completion"
_HERE = Path(__file__).parent

Change = Literal["numbered", "whole_file", "off_by_kinds", "slots"]


def changed(change: Change, target: Path) -> Path:
    """Copy the model's folder to `target`, with the one file that is changed.

    Raises:
        FileExistsError: `target` is there already.
    """
    shutil.copytree(MODEL_FOLDER, target, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(_HERE / f"{change}.py", target / "completer.py")
    return target
