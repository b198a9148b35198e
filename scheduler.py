"""When things run: refresh, expiry, retention, sweeps, canaries and webhook deliveries. It enqueues and never
works.

Jobs live in APScheduler's SQLAlchemy job store, so that a restart neither forgets nor doubles them. A job is
a function's name; what it works with is held by the process that runs the scheduler.
"""

from __future__ import annotations

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

import webhooks
from stages import terms
from stages.upkeep import Upkeep
from stages.workshop import Workshop

_held: tuple[Workshop, Upkeep] | None = None


def _workshop() -> Workshop:
    assert _held is not None, "no scheduler runs in this process"
    return _held[0]


def _upkeep() -> Upkeep:
    assert _held is not None, "no scheduler runs in this process"
    return _held[1]


def refresh() -> None:
    """Read again what periodic consents allow today."""
    _upkeep().refresh_due()


def expire() -> None:
    """End overdue challenges, links and consents."""
    _upkeep().expire()


def outlive() -> None:
    """Destroy what has reached the end of its data life."""
    _upkeep().outlive()


def forget() -> None:
    """Unlink what has reached the end of its statutory term."""
    terms.forget(_workshop())


def bury() -> None:
    """Make worthless what a database still holds of destroyed keys."""
    _workshop().vault.bury()


def sweep() -> None:
    """Start what a crash left between two writes."""
    _upkeep().sweep()


def look() -> None:
    """Send anonymous canaries to routes that were not looked at for long."""
    _upkeep().look()


def checkpoint() -> None:
    """Sign the audit log as it is now, and hand the checkpoint out where the deployment says."""
    shop = _workshop()
    if shop.settings.checkpoints_folder is None:
        shop.checkpoints.make()
    else:
        shop.checkpoints.make_and_hand_out(shop.settings.checkpoints_folder)


def standing() -> None:
    """Ask portals whether live grants still stand."""
    _upkeep().ask_standing()


def stamp() -> None:
    """Have signed consents time-stamped, where a service is set."""
    _upkeep().stamp()


def deliver() -> None:
    """Send due webhooks."""
    shop = _workshop()
    webhooks.deliver_due(shop.store, shop.vault, shop.settings.callback_hosts, limit=100)


JOBS: dict[str, tuple[str, BaseTrigger]] = {
    "refresh": ("scheduler:refresh", CronTrigger(hour=9, minute=30, timezone="Asia/Shanghai")),
    "expire": ("scheduler:expire", IntervalTrigger(seconds=15, timezone="Asia/Shanghai")),
    "outlive": ("scheduler:outlive", CronTrigger(hour=4, timezone="Asia/Shanghai")),
    "forget": ("scheduler:forget", CronTrigger(hour=5, timezone="Asia/Shanghai")),
    "bury": ("scheduler:bury", CronTrigger(hour=4, minute=30, timezone="Asia/Shanghai")),
    "sweep": ("scheduler:sweep", IntervalTrigger(seconds=60, timezone="Asia/Shanghai")),
    "look": ("scheduler:look", IntervalTrigger(seconds=60, jitter=20, timezone="Asia/Shanghai")),
    "checkpoint": ("scheduler:checkpoint", IntervalTrigger(minutes=10, timezone="Asia/Shanghai")),
    "standing": ("scheduler:standing", IntervalTrigger(minutes=10, jitter=60, timezone="Asia/Shanghai")),
    "stamp": ("scheduler:stamp", IntervalTrigger(seconds=30, timezone="Asia/Shanghai")),
    "deliver": ("scheduler:deliver", IntervalTrigger(seconds=2, timezone="Asia/Shanghai")),
}
"""Each job: its function and when it runs. Portals close at night, so the refresh runs in the morning."""


def start(shop: Workshop, upkeep: Upkeep) -> BackgroundScheduler:
    """Begin. Runs that were missed while no scheduler ran are made up once. The caller shuts it down."""
    global _held
    _held = (shop, upkeep)
    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=shop.settings.database_url)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone="Asia/Shanghai",
    )
    scheduler.start(paused=True)
    for name, (function, trigger) in JOBS.items():
        if scheduler.get_job(name) is None:
            scheduler.add_job(function, trigger, id=name)
    scheduler.resume()
    return scheduler
