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
_PLAIN = b"R" + bytes(7)  # nor so: behind it are bytes as they are, aligned to 8


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

    def forget(self, message):
        """It was not put: nobody will fetch it. For any message."""
        if message[:1] == _LARGE:
            name = message[1:].decode()
            with self.lock:
                self.waiting = {one: how for one, how in self.waiting.items() if one.name != name}

    @staticmethod
    def fetched(elements):
        return ctypes.string_at(elements.address + elements.length - 1, 1) != b"\0"

    @staticmethod
    def open(message):
        """The elements; FileNotFoundError: their sender died."""
        return _byname.Elements._reopen((message[1:].decode(), _BYTES, 0, 0, 0, None))

    @staticmethod
    def read(elements):
        return ctypes.string_at(elements.address, elements.length - 1)

    @staticmethod
    def fetch(elements):
        ctypes.memset(elements.address + elements.length - 1, 1, 1)

    def receive(self, message):
        elements = self.open(message)
        data = self.read(elements)
        self.fetch(elements)
        return data

    def flush(self):
        for elements, wait in list(self.waiting.items()):
            while wait() and not self.fetched(elements):
                time.sleep(0.005)
            self.waiting.pop(elements, None)


_large = _Large()
_queues = weakref.WeakSet()


class _Place:
    """A place in a queue, for one with statement, which has a memoryview of it.

    What was made of that view, slices and arrays, must have gone before the end: else BufferError, and the place is
    abandoned when it has.
    """

    _place = _view = None

    def __init__(self, queue, wait):
        self._queue = queue
        self._wait = wait

    def __enter__(self):
        if self._place is not None:
            raise ValueError("a place is for one with statement")
        self._queue._check()
        self._view = self._begin(self._queue._messages)
        return self._view

    def __exit__(self, kind, error, trace):
        view, self._view = self._view, None
        try:
            view.release()
        except BufferError:  # by an array made of it; the place says so, too
            pass
        if kind is None:
            self._end()
        else:
            self._place.abandon()
        return False


class _Reserved(_Place):
    """The place of a message that is being written. It is put when the with statement ends, or not, by an exception."""

    def __init__(self, queue, size, wait):
        super().__init__(queue, wait)
        self.size = size  #: bytes of the message; to be made less before the end, if they are less

    def _begin(self, messages):
        self._queue._settle(*self._wait)
        self._place = messages.reserve(len(_PLAIN) + self.size, *self._wait)
        self._place.begin(_PLAIN)
        return memoryview(self._place)

    def _end(self):
        self._place.commit(self.size)


class _Held(_Place):
    """The place of a message that is being read. It is got when the with statement ends; by an exception it comes back."""

    _sent = None

    def _begin(self, messages):
        block, timeout = self._wait
        end = time.monotonic() + timeout if block and timeout is not None else None
        while True:
            self._place = messages.hold(block, timeout)
            with memoryview(self._place) as all_of_it:
                head = bytes(all_of_it)[:256] if len(all_of_it) < 256 else b""
                plain = all_of_it[: len(_PLAIN)] == _PLAIN
            if plain:
                self._place.begin(_PLAIN)
            if plain or head[:1] != _LARGE:
                return memoryview(self._place)
            try:
                self._sent = _large.open(head)
                return memoryview(_large.read(self._sent))
            except FileNotFoundError:  # who sent it has died, and it with its sender
                self._place.release()
                timeout = None if end is None else max(end - time.monotonic(), 0)

    def _end(self):
        self._place.release()
        if self._sent is not None:
            _large.fetch(self._sent)


class _Messages:
    """What the queues have in common: objects as messages."""

    def __init__(self, name, keep, capacity, maxsize):
        self._messages = _byname.Messages(name, capacity, maxsize, 0, keep)
        self._begin()

    def _begin(self):
        self._sentst = self._messages.describe()[2]
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
        if len(data) <= self._sentst:
            return data
        return _large.send(data, lambda: self._wait_at_exit)

    def _put(self, data, *how):
        try:
            self._messages.put(data, *how)
        except BaseException:
            _large.forget(data)
            raise

    def _get(self, block=True, timeout=None):
        end = time.monotonic() + timeout if block and timeout is not None else None
        while True:
            data = self._messages.get(block, timeout)
            if data.startswith(_PLAIN):
                return data[len(_PLAIN) :]
            if data[:1] != _LARGE:
                return ForkingPickler.loads(data)
            try:
                return ForkingPickler.loads(_large.receive(data))
            except FileNotFoundError:  # who sent it has died, and it with its sender
                timeout = None if end is None else max(end - time.monotonic(), 0)

    def reserve(self, size, block=True, timeout=None):
        """A place for a message of bytes, for a with statement: a memoryview to write to, which get() tells as bytes.

        It is put at the end of the statement, and not at all if that ends by an exception. Full as put().
        """
        return _Reserved(self, size, (block, timeout))

    def hold(self, block=True, timeout=None):
        """The first message, for a with statement: a memoryview to read, where it lies.

        It is got at the end of the statement; if that ends by an exception, or this process dies, it comes back.
        Of what put() put it is the pickle. Empty as get().
        """
        return _Held(self, (block, timeout))

    def _settle(self, block, timeout):
        """Until what this process put before is in the queue."""

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
            self._put(data, block, timeout)
            return
        with self._changed:
            if not self._waiting:
                try:
                    self._messages.put(data, False)
                    return
                except Full:
                    pass
                except BaseException:
                    _large.forget(data)
                    raise
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

    def _settle(self, block, timeout):
        with self._changed:
            if not self._changed.wait_for(lambda: self._thread is None, timeout if block else 0):
                raise Full

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
        self._put(self._pack(obj))

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
