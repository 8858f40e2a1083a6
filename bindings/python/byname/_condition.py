"""Condition: a lock, and waiting until somebody has changed something."""

import ctypes
import os
import threading
import time

from . import _byname

__all__ = ["Condition"]


# How it wakes exactly as many as it shall, above waits that may return without a notification. Changed with the lock
# held only. Who dies in between leaves _WAITING or _GRANTED too high: then a notification wakes one too many, never one
# too few.
_WAITING, _GRANTED, _CALLS = range(3)  # who wait; of these may go on; calls of notify() so far
_UNSIGNED_64 = 8  # the library's type


class Condition:
    """Wait, with a lock, until data are as they are wanted. As multiprocessing.Condition.

    The lock is a Lock or an RLock; without one, an RLock of its own, whose name is the condition's and
    ".lock" behind it.
    """

    def __init__(self, lock=None, *, name=None, keep=False, on_abandoned="note", ctx=None):
        if lock is None:
            lock = _byname.RLock(name=None if name is None else name + ".lock", keep=keep, on_abandoned=on_abandoned)
        elif not isinstance(lock, (_byname.Lock, _byname.RLock)):
            raise TypeError("the lock of a Condition is a Lock or an RLock of byname")
        self._lock = lock
        self._waiting = _byname.Waiting(name, keep)
        self._elements = _byname.Elements(_UNSIGNED_64, 0, 3, self._waiting.name + ".state", keep)
        self._take()

    def _take(self):
        self._state = (ctypes.c_uint64 * 3).from_address(self._elements.address)
        self.acquire = self._lock.acquire
        self.release = self._lock.release

    def __getstate__(self):
        return self._lock, self._waiting, self._elements

    def __setstate__(self, state):
        self._lock, self._waiting, self._elements = state
        self._take()

    def __enter__(self):
        return self._lock.__enter__()

    def __exit__(self, *exception):
        return self._lock.__exit__(*exception)

    @property
    def name(self):
        """The full name, enough for any process to open the same."""
        return self._waiting.name

    @property
    def abandoned(self):
        """Whether the last owner of the lock had died when it was last acquired here."""
        return self._lock.abandoned or self._waiting.abandoned

    def _own(self, what):
        owner = self._lock.owner()
        if owner is None or owner[:2] != (os.getpid(), threading.get_native_id()):
            raise AssertionError(f"acquire the condition before {what}()")

    def wait(self, timeout=None):
        """Wait to be notified, with the lock free meanwhile. False: it was not, within timeout seconds."""
        self._own("wait")
        end = None if timeout is None else time.monotonic() + timeout
        state = self._state
        calls = state[_CALLS]
        state[_WAITING] += 1
        try:
            while True:
                notified = self._waiting.wait(self._lock, timeout)
                if state[_GRANTED] > 0 and state[_CALLS] != calls:
                    state[_GRANTED] -= 1
                    return True
                if not notified or self._waiting.abandoned:
                    return notified
                if end is not None:
                    timeout = max(end - time.monotonic(), 0)
        finally:
            state[_WAITING] -= 1

    def wait_for(self, predicate, timeout=None):
        """Wait until predicate() is true; its last result."""
        result = predicate()
        end = None if timeout is None else time.monotonic() + timeout
        while not result:
            rest = None if end is None else end - time.monotonic()
            if rest is not None and rest <= 0:
                break
            self.wait(rest)
            result = predicate()
        return result

    def notify(self, n=1):
        """Wake n of those who wait."""
        self._own("notify")
        self._grant(n)

    def notify_all(self):
        """Wake all who wait."""
        self._own("notify_all")
        self._grant(self._state[_WAITING])

    def _grant(self, n):
        state = self._state
        n = min(n, state[_WAITING] - state[_GRANTED])
        if n > 0:
            state[_CALLS] += 1
            state[_GRANTED] += n
            self._waiting.notify(n)

    def __repr__(self):
        return f"<Condition({self._lock!r}) {self.name!r}>"
