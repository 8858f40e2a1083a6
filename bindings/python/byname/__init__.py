"""Locks, queues and data that processes share by name, with the names and ways of multiprocessing.

    from byname import Lock, Event, Queue    # in place of: from multiprocessing import ...

Any process opens an object by its name, whoever started it. All of them can be pickled anywhere, and no
killed process hangs the others. See README.md.
"""

from ._byname import (AbandonedError, Barrier, BoundedSemaphore, DeadlockError, Error, Event, Lock,
                      MismatchError, RLock, Semaphore, remove, version as __version__)
from ._share import release
from ._condition import Condition

__all__ = [
    "AbandonedError", "Barrier", "BoundedSemaphore", "Condition", "DeadlockError", "Error", "Event", "Lock",
    "MismatchError", "RLock", "Semaphore", "release", "remove",
]
