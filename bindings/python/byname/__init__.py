"""Locks, queues and data that processes share by name, with the names and ways of multiprocessing.

    from byname import Lock, Event, Queue    # in place of: from multiprocessing import ...

Any process opens an object by its name, whoever started it. All of them can be pickled anywhere, and no
killed process hangs the others. See README.md.
"""

from ._byname import (AbandonedError, Barrier, BoundedSemaphore, DeadlockError, Error, Event, Lock,
                      MismatchError, RLock, Semaphore, remove, version as __version__)
from ._share import release
from ._condition import Condition
from ._containers import Namespace, dict, list
from ._ctypes_objects import Array, RawArray, RawValue, Value
from ._pipe import Pipe, wait
from ._queues import JoinableQueue, Queue, SimpleQueue

__all__ = [
    "AbandonedError", "Array", "Barrier", "BoundedSemaphore", "Condition", "DeadlockError", "Error", "Event",
    "JoinableQueue", "Lock", "MismatchError", "Namespace", "Pipe", "Queue", "RLock", "RawArray", "RawValue", "Semaphore",
    "SimpleQueue", "Value", "release", "remove", "wait",  # dict and list are asked for by name
]
