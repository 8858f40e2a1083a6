"""Queue, SimpleQueue and JoinableQueue.

A message is in shared memory as soon as put() has returned, but for two kinds that stay with their sender, as all do
in multiprocessing: those above the queue's largest, until somebody got them; and those put into a full Queue without a
maxsize, until a thread of the sender found room. A sender waits for these when it ends, unless cancel_join_thread().
"""

import collections
import ctypes
import threading
import time
import weakref
from multiprocessing.reduction import ForkingPickler
from queue import Full

from . import _byname, _share

__all__ = ["JoinableQueue", "Queue", "SimpleQueue"]

_BYTES = 5  # the type of an array of bytes
_LARGE = b"B"  # no pickle begins so


class _Large:
    """Messages of this process that are too large for their queues: arrays whose last byte says "fetched"."""

    def __init__(self):
        self.lock = threading.Lock()
        self.waiting = {}  # elements: whether to wait for it at exit

    def send(self, data, wait):
        elements = _byname.Elements(_BYTES, 0, len(data) + 1)
        ctypes.memmove(elements.address, data, len(data))
        with self.lock:
            self.waiting = {one: how for one, how in self.waiting.items() if not self.fetched(one)}
            self.waiting[elements] = wait
        return _LARGE + elements.name.encode()

    @staticmethod
    def fetched(elements):
        return ctypes.string_at(elements.address + elements.length - 1, 1) != b"\0"

    @staticmethod
    def receive(message):
        """The bytes; FileNotFoundError: their sender died."""
        elements = _byname.Elements._reopen((message[1:].decode(), _BYTES, 0, 0, 0, None))
        data = ctypes.string_at(elements.address, elements.length - 1)
        ctypes.memset(elements.address + elements.length - 1, 1, 1)
        return data

    def flush(self):
        for elements, wait in list(self.waiting.items()):
            while wait() and not self.fetched(elements):
                time.sleep(0.005)


_large = _Large()
_queues = weakref.WeakSet()


class _Messages:
    """What the queues have in common: objects as messages."""

    def __init__(self, name, keep, capacity, maxsize):
        self._messages = _byname.Messages(name, capacity, maxsize, 0, keep)
        self._begin()

    def _begin(self):
        self._largest = self._messages.describe()[2]
        self._wait_at_exit = True
        self._closed = False

    def __getstate__(self):
        return self._messages

    def __setstate__(self, state):
        self._messages = state
        self._begin()

    @property
    def name(self):
        """The full name, enough for any process to open the same."""
        return self._messages.name

    def _pack(self, thing):
        data = bytes(ForkingPickler.dumps(thing))
        if len(data) <= self._largest:
            return data
        return _large.send(data, lambda: self._wait_at_exit)

    def _get(self, block=True, timeout=None):
        end = time.monotonic() + timeout if block and timeout is not None else None
        while True:
            data = self._messages.get(block, timeout)
            if data[:1] != _LARGE:
                return ForkingPickler.loads(data)
            try:
                return ForkingPickler.loads(_large.receive(data))
            except FileNotFoundError:  # who sent it has died, and it with its sender
                timeout = None if end is None else max(end - time.monotonic(), 0)

    def empty(self):
        """Whether there is no message."""
        return self._messages.count() == 0

    def _check(self):
        if self._closed:
            raise ValueError(f"{self!r} is closed")

    def __repr__(self):
        return f"<{type(self).__name__} {self.name!r}>"


class Queue(_Messages):
    """Messages from any to any. As multiprocessing.Queue; what cannot be pickled is an error of put()."""

    def __init__(self, maxsize=0, *, name=None, keep=False, capacity=0, ctx=None):
        super().__init__(name, keep, capacity, max(maxsize, 0))

    def _begin(self):
        super()._begin()
        self._maxsize = self._messages.describe()[1]
        self._after_fork()
        _queues.add(self)

    def _after_fork(self):
        self._changed = threading.Condition(threading.Lock())
        self._waiting = collections.deque()
        self._thread = None

    def put(self, obj, block=True, timeout=None):
        """Put it at the end; Full if there is no room within timeout seconds."""
        self._check()
        data = self._pack(obj)
        if self._maxsize > 0:
            self._messages.put(data, block, timeout)
            return
        with self._changed:
            if not self._waiting:
                try:
                    self._messages.put(data, False)
                    return
                except Full:
                    pass
            self._waiting.append(data)
            if self._thread is None:
                self._thread = threading.Thread(target=self._feed, name="byname queue", daemon=True)
                self._thread.start()

    def _feed(self):
        while True:
            with self._changed:
                if not self._waiting:
                    self._thread = None
                    self._changed.notify_all()
                    return
                data = self._waiting[0]
            self._messages.put(data)
            with self._changed:
                self._waiting.popleft()

    def _flush(self):
        with self._changed:
            while self._thread is not None and self._wait_at_exit:
                self._changed.wait(0.1)

    def put_nowait(self, obj):
        """put() without waiting."""
        self.put(obj, False)

    def get(self, block=True, timeout=None):
        """Get the first; Empty if there is none within timeout seconds."""
        self._check()
        return self._get(block, timeout)

    def get_nowait(self):
        """get() without waiting."""
        return self.get(False)

    def qsize(self):
        """How many there are."""
        return self._messages.count() + len(self._waiting)

    def full(self):
        """Whether there are as many as maxsize."""
        return 0 < self._maxsize <= self._messages.count()

    def close(self):
        """This process puts and gets no more."""
        self._closed = True

    def join_thread(self):
        """Wait until all that this process put is in the queue."""
        if not self._closed:
            raise AssertionError("close the queue first")
        self._flush()

    def cancel_join_thread(self):
        """Do not wait for that at the end of the process."""
        self._wait_at_exit = False


class JoinableQueue(Queue):
    """A queue whose putters can wait until all has been dealt with."""

    def task_done(self):
        """One message that was got has been dealt with."""
        self._messages.task_done()

    def join(self):
        """Wait until all that was put has been dealt with."""
        self._flush()
        self._messages.join()


class SimpleQueue(_Messages):
    """A queue whose put() waits for room."""

    def __init__(self, *, name=None, keep=False, capacity=0, ctx=None):
        super().__init__(name, keep, capacity, 0)

    def put(self, obj):
        """Put it at the end."""
        self._check()
        self._messages.put(self._pack(obj))

    def get(self):
        """Get the first, waiting for it."""
        self._check()
        return self._get()

    def close(self):
        """This process puts and gets no more."""
        self._closed = True


def _after_fork_in_child():
    global _large
    _large = _Large()
    for queue in list(_queues):
        queue._after_fork()


def _at_exit():
    for queue in list(_queues):
        queue._flush()
    _large.flush()


_share.in_child.append(_after_fork_in_child)
_share.at_exit.append(_at_exit)
