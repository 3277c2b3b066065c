"""The threads that carry out what `changes` starts, and those whose work is lost in a restart."""

import threading
from collections.abc import Callable, Sequence

from infra.local.sagemaker.context import Context, Stopped
from infra.local.sagemaker.endpoint import Endpoint

UnderWay = tuple[Endpoint, Callable[[Endpoint], None]]
"""An endpoint that is Updating or Creating, and what is done about it."""


class Work:
    """All background work on endpoints; it ends with the service."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._threads: set[threading.Thread] = set()
        self._under_way: dict[threading.Thread, UnderWay] = {}
        self._lost: set[threading.Thread] = set()

    def change(self, endpoint: Endpoint, change: Callable[[Endpoint], None]) -> None:
        """Begin a change, whose thread has to `finish` before anything of it takes effect."""
        thread = self._thread(endpoint, lambda: change(endpoint))
        with self._context.lock:
            self._under_way[thread] = (endpoint, change)
        thread.start()

    def aside(self, endpoint: Endpoint, work: Callable[[], None]) -> None:
        """Begin what no restart takes away."""
        self._thread(endpoint, work).start()

    def finish(self) -> None:
        """Be no more under way, now that the change takes effect. The lock is held.

        Raises:
            Stopped: whoever did this work has been lost.
        """
        if threading.current_thread() in self._lost:
            raise Stopped
        self._under_way.pop(threading.current_thread(), None)

    def lose(self) -> Sequence[UnderWay]:
        """Let nothing come of any change that is under way; answer them, to begin them again."""
        with self._context.lock:
            self._lost |= self._under_way.keys()
            begun = list(self._under_way.values())
            self._under_way.clear()
        return begun

    def join(self) -> None:
        """Wait for all threads; `context.stopping` must be set."""
        for thread in list(self._threads):
            thread.join()

    def _thread(self, endpoint: Endpoint, work: Callable[[], None]) -> threading.Thread:
        name = f"sagemaker-{endpoint.name}"
        thread = threading.Thread(target=self._run, args=(work,), name=name)
        with self._context.lock:
            self._threads.add(thread)
        return thread

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Stopped:
            return
        finally:
            with self._context.lock:
                self._threads.discard(threading.current_thread())
                self._lost.discard(threading.current_thread())
                self._under_way.pop(threading.current_thread(), None)
