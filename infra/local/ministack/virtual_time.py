"""Gives MiniStack's modules, and no other code, the virtual clock. Used by the adapter only.

The rule: within MiniStack `time.time()` and `datetime.now()` are virtual; `time.sleep()` of a
second or more stands for AWS's time and is shortened by the factor; a shorter one is the
emulator's own polling and stays real, so that it doesn't burn the processor. Monotonic clocks
stay real: MiniStack measures only its own processes and sockets with them.
"""

import builtins
import datetime as dt
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

from infra.local.clock import Clock

PACKAGE = "ministack"

# A signature carries the client's real time, which the virtual clock has left behind; so the
# module that checks the skew must see real time too.
REAL_TIME_MODULES = frozenset({"ministack.core.sigv4"})


class ImportedTooEarly(RuntimeError):
    """MiniStack was imported before the virtual clock was installed."""


def install(clock: Clock) -> None:
    """Make every later import of a MiniStack module see `clock`.

    Raises:
        ImportedTooEarly: a module of MiniStack is already there, with real time in it.
    """
    early = sorted(name for name in sys.modules if name.partition(".")[0] == PACKAGE)
    if early:
        raise ImportedTooEarly(
            f"{early[0]} was imported before the virtual clock: start the local cloud first"
        )
    sys.meta_path.insert(0, _Finder(_import_with(clock)))


class _Import:
    """An `__import__` that hands out virtual `time` and `datetime`.

    Replacing names after the import would miss the imports inside MiniStack's functions.
    """

    def __init__(self, replaced: Mapping[str, ModuleType]) -> None:
        self._replaced = replaced

    def __call__(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - as __import__ has them
        locals: Mapping[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        if level == 0 and name in self._replaced:
            return self._replaced[name]
        return builtins.__import__(name, globals, locals, fromlist or (), level)


class _Loader(SourceFileLoader):
    """Runs a module with builtins of its own, in which `__import__` is ours."""

    def __init__(self, fullname: str, path: str, import_: _Import) -> None:
        super().__init__(fullname, path)
        self._import = import_

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": self._import}
        super().exec_module(module)


class _Finder:
    """A meta path entry that answers for MiniStack's modules only."""

    def __init__(self, import_: _Import) -> None:
        self._import = import_

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] != PACKAGE or fullname in REAL_TIME_MODULES:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path, self._import)
        return spec


class _Overlay(ModuleType):
    """A module whose attributes win over those of the module beneath."""

    def __init__(self, beneath: ModuleType, **attributes: object) -> None:
        super().__init__(beneath.__name__, beneath.__doc__)
        self._beneath = beneath
        self.__dict__.update(attributes)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._beneath, name)


def _import_with(clock: Clock) -> _Import:
    def sleep(seconds: float) -> None:
        time.sleep(clock.real_seconds(seconds) if seconds >= 1 else seconds)

    def gmtime(seconds: float | None = None) -> time.struct_time:
        return time.gmtime(clock.time() if seconds is None else seconds)

    def localtime(seconds: float | None = None) -> time.struct_time:
        return time.localtime(clock.time() if seconds is None else seconds)

    def strftime(form: str, moment: time.struct_time | None = None) -> str:
        return time.strftime(form, localtime() if moment is None else moment)

    virtual_time = _Overlay(
        time,
        time=clock.time,
        time_ns=lambda: int(clock.time() * 1_000_000_000),
        sleep=sleep,
        gmtime=gmtime,
        localtime=localtime,
        strftime=strftime,
    )
    virtual_datetime = _Overlay(dt, datetime=_datetime_class(clock))
    return _Import({"time": virtual_time, "datetime": virtual_datetime})


class _AnyDatetime(type):
    """Makes `isinstance(real_datetime, Virtual)` true, as MiniStack's checks expect."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, dt.datetime)


def _datetime_class(clock: Clock) -> type[dt.datetime]:
    class Virtual(dt.datetime, metaclass=_AnyDatetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return dt.datetime.fromtimestamp(clock.time(), tz)

        @classmethod
        def utcnow(cls) -> Any:
            return clock.now().replace(tzinfo=None)

        @classmethod
        def today(cls) -> Any:
            return cls.now()

    return Virtual
