"""The workflow engine: the one file besides ``pipeline.py`` that knows DBOS.

Known of DBOS 3.4: exceptions and values are stored in clear, so a step returns ids and codes and the
serializer keeps only an exception's class; a killed worker's work goes on when a worker of the same name
starts, so names are slots with a lock; its SQLite journal is not WAL unless the file says so.
"""

from __future__ import annotations

import fcntl
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions, Serializer

APPLICATION = "taxlink"
VERSION = "2"
"""The version of the workflows' bodies. A worker takes only work of its own version: raise it when a body
changes, and drain."""
QUEUE = "legs"
POLL_SECONDS = 0.03
_FILE = "sqlite:///"


class _Failure(Exception):
    """An exception that was replayed from the engine's tables: its class name is all that was kept."""


class _PlainSerializer(Serializer):
    """JSON, readable in the tables. An exception is kept as its class name, never with its text."""

    def name(self) -> str:
        return "taxlink-json"

    def serialize(self, data: Any) -> str:
        return json.dumps({"failure": type(data).__name__} if isinstance(data, BaseException) else data)

    def deserialize(self, serialized_data: str) -> Any:
        data = json.loads(serialized_data)
        return _Failure(data["failure"]) if isinstance(data, dict) and data.keys() == {"failure"} else data


class _Connection(sqlite3.Connection):
    """A worker's connection to the embedded file, without a wait for the disk at every checkpoint: a step
    that a power failure forgets is done again, as after a kill. What is enqueued does wait."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.execute("PRAGMA synchronous=NORMAL")


_EMBEDDED = {"connect_args": {"factory": _Connection}, "pool_pre_ping": False}


class Enqueuer:
    """Hands work to the workers from any process."""

    def __init__(self, url: str) -> None:
        prepare(url)
        self._client = DBOSClient(
            system_database_url=url, serializer=_PlainSerializer(), application_name=APPLICATION
        )

    def __call__(self, workflow: str, key: str, *arguments: str | int) -> None:
        """Enqueue once: a second call with the same key changes nothing."""
        options = EnqueueOptions(
            workflow_name=workflow, queue_name=QUEUE, workflow_id=key, app_version=VERSION
        )
        self._client.enqueue(options, *arguments)

    def close(self) -> None:
        self._client.destroy()


class Worker:
    """One worker process. ``name`` is its slot: two live workers may not share it."""

    def __init__(self, url: str, name: str, slots: int, lock_folder: Path) -> None:
        self._lock = _lock(lock_folder / f"{name}.lock")
        prepare(url)
        DBOS(
            config=DBOSConfig(
                name=APPLICATION,
                system_database_url=url,
                application_version=VERSION,
                executor_id=name,
                serializer=_PlainSerializer(),
                db_engine_kwargs=_EMBEDDED if url.startswith(_FILE) else {},
                log_level="CRITICAL",
                enable_otlp=False,
            )
        )
        DBOS.listen_queues([QUEUE])
        DBOS.launch()
        DBOS.register_queue(
            QUEUE, worker_concurrency=slots, polling_interval_sec=POLL_SECONDS, on_conflict="always_update"
        )

    def close(self, *, drain_seconds: int = 0) -> None:
        """Stop taking work and let what runs come to an end; what does not is taken up at the next start."""
        DBOS.destroy(workflow_completion_timeout_sec=drain_seconds)
        self._lock.close()


def workflow(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A durable workflow under a stable name."""
    return DBOS.workflow(name=name)


def step(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A checkpoint: its result is kept, so that a resumed workflow does not do it again. At least once when
    killed."""
    return DBOS.step(name=name)


def later(workflow: str, key: str, seconds: float, *arguments: str | int) -> None:
    """From within a workflow: begin another one in so many seconds. Until then it takes nobody's place."""
    options = EnqueueOptions(
        workflow_name=workflow,
        queue_name=QUEUE,
        workflow_id=key,
        app_version=VERSION,
        delay_seconds=max(seconds, 0.0),
    )
    DBOS.enqueue_workflow_with_options(options, *arguments)


def hasten(key: str) -> None:
    """Let what ``later`` put off begin now (within a second, as the engine looks). Else nothing."""
    DBOS.set_workflow_delay(key, delay_seconds=0)


def prepare(url: str) -> None:
    """Bring the engine's tables up to date, whichever process comes first; an embedded file becomes a WAL
    file, which the engine itself does not see to."""
    if url.startswith(_FILE):
        path = Path(url.removeprefix(_FILE))
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.close()
    DBOS.migrate(url)


def _lock(path: Path) -> Any:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise SystemExit(f"another worker runs as {path.stem}; give this one another name") from None
    return handle
