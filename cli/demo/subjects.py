"""Which subject each of the standard library's packages is about: the demo's segments.

Packages of no subject (`tkinter`, say, which many installations lack) are in no corpus. For the
demo and its tests only.
"""

from __future__ import annotations

from collections.abc import Mapping

_PACKAGES: Mapping[str, str] = {
    "networking": """
        asynchat asyncore cgi cgitb email ftplib hashlib hmac http imaplib ipaddress mailbox
        mimetypes netrc nntplib poplib selectors smtpd smtplib socket socketserver ssl telnetlib
        urllib uuid webbrowser wsgiref xmlrpc
    """,
    "text": """
        argparse cmd codecs difflib fnmatch getopt gettext locale optparse pprint re reprlib shlex
        string textwrap tokenize
    """,
    "concurrency": """
        _threading_local asyncio concurrent contextvars multiprocessing queue sched signal
        subprocess threading
    """,
    "mathematics": """
        _pydecimal _strptime bisect calendar colorsys datetime decimal fractions heapq numbers
        random statistics zoneinfo
    """,
    "data-formats": """
        _compression _markupbase aifc base64 bz2 configparser copyreg csv dbm gzip html json lzma
        mailcap pickle pickletools plistlib quopri shelve sqlite3 sunau tarfile tomllib uu wave
        xdrlib xml zipfile
    """,
    "language": """
        _collections_abc abc ast bdb code codeop collections compileall contextlib copy
        dataclasses dis doctest enum functools importlib inspect linecache modulefinder operator
        pdb pkgutil profile pstats py_compile pyclbr pydoc symtable timeit trace traceback types
        typing unittest warnings weakref zipimport
    """,
    "system": """
        _pyio ctypes curses filecmp genericpath getpass glob io logging ntpath os pathlib platform
        posixpath pty shutil site stat sysconfig tempfile tracemalloc venv
    """,
    # Tables of character encodings, one a module: code of a kind of its own, which a model knows
    # well or not at all.
    "encodings": "encodings stringprep",
}

SUBJECTS = tuple(sorted(_PACKAGES))
"""All of them; `models/completion/model.yaml` names the same segments."""

_OF = {package: subject for subject, names in _PACKAGES.items() for package in names.split()}


def subject_of(module: str) -> str | None:
    """The subject of a module, by its top-level package; None if it has none."""
    return _OF.get(module.partition(".")[0])
