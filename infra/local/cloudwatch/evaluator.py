"""Evaluates metric alarms as virtual time goes by. Only `infra/local/cloudwatch` imports it."""

import logging
import threading
from datetime import datetime

from infra.local.clock import Clock
from infra.local.cloudwatch.alarm_settings import MetricWatch
from infra.local.cloudwatch.alarms import Settings, Standing
from infra.local.cloudwatch.book import AlarmBook, Due
from infra.local.cloudwatch.evaluation import Outcome, Point, State, evaluate
from infra.local.cloudwatch.reasons import reason, reason_data
from infra.local.cloudwatch.series import Series
from infra.local.cloudwatch.statistics import least_samples
from infra.local.cloudwatch.store import MetricStore
from infra.local.ports import AwsError

_log = logging.getLogger(__name__)
STEP_SECONDS = 10


class Evaluator:
    """One pass every 10 virtual seconds, on a thread of its own."""

    def __init__(self, book: AlarmBook, store: MetricStore, clock: Clock) -> None:
        """Evaluate the alarms of `book` on the samples in `store`."""
        self._book = book
        self._store = store
        self._clock = clock
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the passes."""
        self._stopped.clear()
        self._thread = threading.Thread(target=self._run, name="alarm-evaluator", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the pass under way."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None

    def run_once(self) -> None:
        """Evaluate the alarms that are due."""
        for due in self._book.due():
            try:
                self._book.settle(due.settings, self._standing(due))
            except AwsError as error:
                if self._book.fail(due.settings, error.message):
                    _log.warning("alarm %r can't be evaluated: %s", due.settings.name, error)
            except Exception:  # noqa: BLE001 - one alarm must not end the evaluation of all
                _log.exception("the evaluation of alarm %r failed", due.settings.name)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self.run_once()
            rest = STEP_SECONDS - self._clock.time() % STEP_SECONDS
            self._stopped.wait(self._clock.real_seconds(rest))

    def _standing(self, due: Due) -> Standing | None:
        """Answer what an alarm's data say; None to leave it as it is."""
        watch = due.watch
        if self._too_few_samples(watch, due.tick):
            return None
        outcome = evaluate(watch.rule, self._points(watch, due.tick))
        if outcome.state is None:
            return None
        return _standing(due.settings, watch, outcome, outcome.state, self._clock.now())

    def _points(self, watch: MetricWatch, tick: int) -> list[Point]:
        # Periods end at the minute of the evaluation, not at round multiples of the period.
        start = tick - watch.rule.range * watch.period
        series = watch.plan.run(self._store, lambda _: start, tick)[watch.returned]
        if not isinstance(series, Series):
            raise TypeError(f"expected a time series from {watch.returned!r}")
        return [Point(at, series.points.get(at)) for at in range(start, tick, watch.period)]

    def _too_few_samples(self, watch: MetricWatch, tick: int) -> bool:
        if watch.percent is None:
            return False
        query = watch.plan.metrics[watch.returned]
        span = range(tick - watch.rule.periods * watch.period, tick, watch.period)
        summaries = self._store.read(query.key, span, query.unit, ranks=False)
        samples = sum(summary.count for summary in summaries.values())
        return 0 < samples < least_samples(watch.percent)


def _standing(
    settings: Settings, watch: MetricWatch, outcome: Outcome, state: State, now: datetime
) -> Standing:
    params = settings.params
    stat = params.get("Statistic") or params.get("ExtendedStatistic")
    extra = {"unit": params["Unit"]} if "Unit" in params else {}
    extra |= {"statistic": stat} if stat else {}
    data = reason_data(watch.rule, outcome, now=now, period=watch.period, extra=extra)
    return Standing(state, reason(watch.rule, outcome, state), data, now)
