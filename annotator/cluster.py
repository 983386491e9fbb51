"""Shards on a cluster of Dask: the only module that knows what carries them.

Dask runs any code that its scheduler is sent and asks nobody for a password, so a scheduler listens only where its owner lets it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dask
from distributed import Client, LocalCluster, wait
from distributed.client import FutureCancelledError, FuturesCancelledError
from distributed.scheduler import KilledWorker

from annotator.runs import RunError
from annotator.shards import Each, Shard

AHEAD = 2  # shards given to each worker: the next is there when one is done
PATIENCE = 15  # seconds to wait for a scheduler, and for workers before it is told that there are none
DEATHS = 1  # deaths of a worker, on this machine, after which what it worked on is cut in half


@contextmanager
def scheduler(address: str) -> Iterator[Each]:
    """The workers of a scheduler that runs already, such as tcp://host:8786. RunError where there is none."""
    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, TypeError, ValueError) as error:  # TypeError: tls:// without certificates
        raise RunError(f"there is no scheduler of Dask at {address} ({error}); start one with `dask scheduler`") from None
    with client:
        yield lambda function, draw: _each(client, function, draw)


@contextmanager
def local(workers: int) -> Iterator[Each]:
    """Worker processes on this machine, which end with this one."""
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": DEATHS}),
        LocalCluster(n_workers=workers, threads_per_worker=1, memory_limit=0, dashboard_address="127.0.0.1:0", host="127.0.0.1", silence_logs=50) as cluster,
        Client(cluster) as client,
    ):
        yield lambda function, draw: _each(client, function, draw)


def _each(client: Client, function: Callable[[Shard], bool], draw: Callable[[], Shard | None]) -> Iterator[tuple[Shard, bool | None]]:
    running = {}
    while True:
        while len(running) < AHEAD * max(1, len(client.nthreads())) and (shard := draw()) is not None:
            running[client.submit(function, shard, pure=False)] = shard
        if not running:
            return
        try:
            done, _ = wait(list(running), timeout=PATIENCE, return_when="FIRST_COMPLETED")
            for future in done:
                shard = running.pop(future)
                try:
                    fresh = future.result()
                except KilledWorker:
                    fresh = None
                yield shard, fresh
        except TimeoutError:
            if not client.nthreads():
                logging.getLogger(__name__).warning("There are no workers; waiting for one")
        except (FutureCancelledError, FuturesCancelledError):
            raise RunError("the scheduler is gone; what is done is kept, and the same command goes on with the rest") from None
        except RuntimeError as error:
            if "deserializ" not in str(error):
                raise
            raise RunError("the scheduler or a worker has another annotate, or none; install the same one on every machine") from None
