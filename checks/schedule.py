"""The scheduler: every few seconds it asks which slots are due and starts them; at night it tidies the history.

Which slot is due is computed from the cron line (by APScheduler), the history and the clock (`slots`), not from timers
set long before: a process that was killed or suspended, or a clock that was set back, then needs no special case, and
however many slots were missed, the newest is run once. The ticks follow a clock that nobody can set; the jobs beside
them are APScheduler's.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, JobExecutionEvent
from apscheduler.schedulers.background import BackgroundScheduler

from checks import demo
from checks.cadence import lines_of
from checks.history import HistoryError, RunRow
from checks.monitor import Monitor
from checks.records import Dataset, Outcome
from checks.slots import due_slot, missed
from connectors import SourceError

log = logging.getLogger(__name__)
logging.getLogger("apscheduler.executors").setLevel(logging.CRITICAL)  # what a job raises is told by us
TICK = timedelta(seconds=5)
REFRESH = timedelta(minutes=10)
FEED = timedelta(minutes=5)
BEAT = timedelta(minutes=1)
_TIDY_LATE = timedelta(minutes=10)
_UNSERVED = (Outcome.CANCELLED, Outcome.INTERRUPTED)


class Scheduler:
    """Runs a Monitor's datasets on their schedules. `tick` does all the work and can be called by itself.

    Nothing that a job raises ends it: the trouble is logged, is in `Monitor.troubles` until the job works again, and
    the others go on.
    """

    def __init__(self, monitor: Monitor) -> None:
        self.monitor = monitor
        self._started: dict[str, datetime] = {}  # the newest slot that was started, per dataset
        self._stopping = threading.Event()
        self._fed = threading.Event()  # until then the demo warehouse may be half built
        self._looked_at: datetime | None = None
        self._taken_out: set[str] = set()  # that the last refresh has found incidents about which nothing watches
        self._jobs = BackgroundScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        )
        self._jobs.add_listener(self._ended, EVENT_JOB_ERROR | EVENT_JOB_EXECUTED)

    def start(self) -> None:
        """Begins ticking. Sources are listed first, in the background, so that a slow one holds nobody up."""
        self._jobs.add_job(self.prepare, id="prepare")
        self._plan_jobs(self.monitor.clock())
        self._jobs.start()
        self.monitor.sender.start()
        threading.Thread(target=self._tick_on, name="scheduler-tick", daemon=True).start()

    def stop(self) -> None:
        """Starts nothing more; what runs is the Monitor's to end."""
        self._stopping.set()
        self.monitor.sender.stop()
        if self._jobs.running:
            self._jobs.shutdown(wait=False)

    # -- what is due -----------------------------------------------------------------------------------------------

    def tick(self) -> list[str]:
        """Starts every dataset that has a due slot and returns their names."""
        now = self.monitor.clock()
        # slots later than now are of a clock that was set back since: they have not come yet
        newest, finished = self.monitor.history.latest_runs(at=now), self.monitor.history.latest_evaluated(at=now)
        started = []
        for name, dataset in self.monitor.datasets().items():
            served = _served(newest.get(name), finished.get(name))
            try:
                if self._start_due(dataset, served, now):
                    started.append(name)
                self.monitor.troubles.pop(f"schedule of {name}", None)
            except ValueError as error:  # a cron line that is none: this dataset's alone
                self._trouble(f"schedule of {name}", error)
        self.monitor.ticked_at = now
        return started

    def _start_due(self, dataset: Dataset, served: datetime | None, now: datetime) -> bool:
        name, line = dataset.name, self.monitor.schedule_of(dataset)
        known = [slot for slot in (served, self._started.get(name)) if slot is not None and slot <= now]
        newest = max(known, default=None)
        jitter = self.monitor.config.schedule.jitter
        slots = [due_slot(name, each, newest, now, jitter) for each in lines_of(dataset, line)]
        slot = max((slot for slot in slots if slot is not None), default=None)
        if slot is None:
            return False
        skipped = missed(line, newest, slot) if newest else 0
        if skipped:
            log.warning("%s: %s slots before %s were missed; they are caught up by one run", name, skipped, slot)
        self._started[name] = slot
        self.monitor.start([name], slot=slot, trigger="schedule")
        return True

    # -- jobs beside it --------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """The first look at the sources, demo warehouse included, and at what is known of objectives: of many datasets
        that takes seconds, and no page is to wait for it."""
        try:
            self.feed()
        finally:
            self._fed.set()
        self.refresh()
        self.monitor.ledger.kept(self.monitor.datasets().values(), self.monitor.clock())

    def refresh(self) -> None:
        """Lists the sources again: new tables are watched, and contracts are read afresh. Incidents about what is not
        watched any more are closed when two refreshes in a row have found it so. Views are read too, for what breaks
        later is grouped on the lineage as far as it is known then."""
        states = self.monitor.refresh(self.monitor.clock())
        for state in states:
            if state.error:
                log.warning("%s", state.error)
        self.monitor.lineage()
        self._taken_out = self.monitor.close_taken_out(states, self._taken_out, self.monitor.clock())

    def feed(self) -> None:
        """Lets the demo warehouse go on."""
        demo.feed(self.monitor.config, self.monitor.clock())

    def tidy(self) -> None:
        """Nightly care of the history, with a backup beside it."""
        history, config = self.monitor.history, self.monitor.config
        history.tidy(self.monitor.clock(), config.schedule.retention)
        history.backup(self.monitor.backup_path)

    def beat(self) -> None:
        """Tells the outside that we live; a lost beat is for the outside to notice."""
        heartbeat = self.monitor.config.app.heartbeat
        if heartbeat is None:
            return
        try:
            httpx.get(heartbeat.reveal(), timeout=10).raise_for_status()
        except httpx.HTTPError as error:
            log.warning("heartbeat was not delivered: %s", type(error).__name__)

    def _plan_jobs(self, now: datetime) -> None:
        """Everything that happens at intervals, counted from `now`."""

        def every(interval: timedelta, job: Callable[[], None], name: str) -> None:
            self._jobs.add_job(
                job,
                "interval",
                seconds=interval.total_seconds(),
                id=name,
                replace_existing=True,
                next_run_time=now + interval,
            )

        every(REFRESH, self.refresh, "refresh")
        if demo.faults(self.monitor.config):
            every(FEED, self.feed, "feed")
        if self.monitor.config.app.heartbeat:
            every(BEAT, self.beat, "heartbeat")
        late = {"next_run_time": now + _TIDY_LATE} if self._tidy_is_late(now) else {}
        self._jobs.add_job(self.tidy, "cron", hour=3, minute=17, id="tidy", replace_existing=True, **late)

    def _tidy_is_late(self, now: datetime) -> bool:
        """Whether the night was missed: an app that only runs by day tidies too."""
        backup = self.monitor.backup_path
        return not backup.exists() or now - datetime.fromtimestamp(backup.stat().st_mtime, UTC) > timedelta(days=1)

    # -- going on --------------------------------------------------------------------------------------------------

    def _tick_on(self) -> None:
        while not self._stopping.wait(TICK.total_seconds()):
            if self._fed.is_set():
                self.tick_safely()

    def tick_safely(self) -> None:
        """A tick that survives whatever it meets, and that notices a clock that was set back."""
        now = self.monitor.clock()
        if self._looked_at is not None and now < self._looked_at:
            self._plan_jobs(now)  # else APScheduler sleeps until the old time has come again
        self._looked_at = now
        try:
            self.tick()
            self.monitor.troubles.pop("tick", None)
        except Exception as error:  # noqa: BLE001 recorded, and the next tick tries again
            self._trouble("tick", error)

    def _ended(self, event: JobExecutionEvent) -> None:
        if event.exception is not None:
            self._trouble(event.job_id, event.exception)
        else:
            self.monitor.troubles.pop(event.job_id, None)

    def _trouble(self, job: str, error: BaseException) -> None:
        told = isinstance(error, HistoryError | SourceError | ValueError | OSError)
        sentence = str(error) if told else f"Vitals itself failed ({type(error).__name__}); see the log"
        if job not in self.monitor.troubles:  # once, not every five seconds
            log.error("%s: %s", job, sentence, exc_info=None if told else error)
        self.monitor.troubles[job] = f"{job}: {sentence}"


def _served(newest: RunRow | None, finished: RunRow | None) -> datetime | None:
    """The newest slot that needs no run any more. A run that we ended ourselves is made again."""
    if newest is not None and newest.outcome in _UNSERVED:
        newest = finished
    return newest.slot if newest else None
