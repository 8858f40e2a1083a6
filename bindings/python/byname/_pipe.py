"""Pipe: two connections, each of which any number of processes may have.

Each direction is a queue of messages. An end is there while a process has an object open that stands for it; so the
end of the last of its processes is known, killed or not, to who waits at the other end.
"""

import io
import os
import select
import time
import weakref
from multiprocessing.reduction import ForkingPickler
from queue import Empty, Full

from . import _byname, _share

__all__ = ["Connection", "Pipe", "wait"]

# How often who waits looks whether there is anybody at the other end; a close is told at once.
_LOOK = 0.2

_WHOLE, _FIRST, _MORE, _LAST = b"W", b"F", b"M", b"L"

_connections = weakref.WeakSet()


class Connection:
    """One end of a Pipe. As multiprocessing.connection.Connection, but for fileno(): wait for several with
    byname.wait()."""

    def __init__(self, receiving, sending, here, there):
        self._receiving = receiving
        self._sending = sending
        self._here = here  # stands for this end
        self._there = there  # name of what stands for the other one
        self._largest = 0 if sending is None else sending.describe()[2] - 1
        _connections.add(self)

    def __getstate__(self):
        self._check()
        return self._receiving, self._sending, self._here, self._there

    def __setstate__(self, state):
        self.__init__(*state)

    # ---- What it is ----

    @property
    def closed(self):
        """Whether it was closed here."""
        return self._here is None

    @property
    def readable(self):
        """Whether it receives."""
        return self._receiving is not None

    @property
    def writable(self):
        """Whether it sends."""
        return self._sending is not None

    def _check(self):
        if self._here is None:
            raise OSError("the connection is closed")

    def _check_readable(self):
        self._check()
        if self._receiving is None:
            raise OSError("connection is write-only")

    def fileno(self):
        """There is none."""
        raise io.UnsupportedOperation("a connection of byname has no descriptor: use byname.wait()")

    def _is_alone(self):
        """Whether no process has the other end."""
        try:
            _byname.Presence._reopen((self._there, 0, 0, 0, 0, None))
            return False
        except FileNotFoundError:
            return True

    # ---- Sending ----

    def send(self, obj):
        """Send an object that can be pickled."""
        self._send(ForkingPickler.dumps(obj))

    def send_bytes(self, buf, offset=0, size=None):
        """Send bytes as one message."""
        view = memoryview(buf).cast("B")
        if offset < 0:
            raise ValueError("offset is negative")
        if size is None:
            size = len(view) - offset
        if size < 0 or offset < 0 or offset + size > len(view):
            raise ValueError("offset or size is outside the buffer")
        self._send(view[offset:offset + size])

    def _send(self, data):
        self._check()
        if self._sending is None:
            raise OSError("connection is read-only")
        size = len(data)
        if size <= self._largest:
            self._put(_WHOLE + bytes(data))
            return
        for at in range(0, size, self._largest):
            end = at + self._largest
            self._put((_FIRST if at == 0 else _LAST if end >= size else _MORE) + bytes(data[at:end]))

    def _put(self, data):
        try:
            self._sending.put(data, False)
            return
        except Full:
            pass
        except EOFError:
            raise BrokenPipeError("nobody has the other end") from None
        while True:
            try:
                self._sending.put(data, True, _LOOK)
                return
            except Full:
                if self._is_alone():
                    raise BrokenPipeError("nobody has the other end") from None
            except EOFError:
                raise BrokenPipeError("nobody has the other end") from None

    # ---- Receiving ----

    def recv(self):
        """Receive an object; EOFError: nobody has the other end any more."""
        return ForkingPickler.loads(self.recv_bytes())

    def recv_bytes(self, maxlength=None):
        """Receive a message of bytes."""
        self._check_readable()
        if maxlength is not None and maxlength < 0:
            raise ValueError("maxlength is negative")
        data = self._message()
        if maxlength is not None and len(data) > maxlength:
            self.close()
            raise OSError("the message is too long")
        return data

    def recv_bytes_into(self, buf, offset=0):
        """Receive a message of bytes into a buffer; its size."""
        from multiprocessing import BufferTooShort
        self._check_readable()
        view = memoryview(buf).cast("B")
        if not 0 <= offset <= len(view):
            raise ValueError("offset is outside the buffer")
        data = self._message()
        if len(data) > len(view) - offset:
            raise BufferTooShort(data)
        view[offset:offset + len(data)] = data
        return len(data)

    def _message(self):
        parts = []
        while True:
            part = self._get()
            how = part[:1]
            if how == _WHOLE:
                return part[1:]
            if how == _FIRST:
                parts = [part[1:]]
            elif parts:  # else it began before its receiver died
                parts.append(part[1:])
                if how == _LAST:
                    return b"".join(parts)

    def _get(self):
        try:
            return self._receiving.get(False)
        except Empty:
            pass
        while True:
            try:
                return self._receiving.get(True, _LOOK)
            except Empty:
                if self._is_alone():
                    break
        try:
            return self._receiving.get(False)
        except Empty:
            raise EOFError("nobody has the other end") from None

    def poll(self, timeout=0.0):
        """Whether recv() would not wait, within timeout seconds."""
        self._check_readable()
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            rest = _LOOK if end is None else min(max(end - time.monotonic(), 0), _LOOK)
            if self._is_ready(rest):
                return True
            if self._is_alone():
                if not self._is_ready(0):
                    raise BrokenPipeError("nobody has the other end")
                return True
            if rest < _LOOK:
                return False

    def _is_ready(self, timeout):
        try:
            return self._receiving.poll(timeout)
        except EOFError:
            return True

    # ---- The end ----

    def close(self):
        """Close it here. With the last who has this end the other one receives what was sent, and then EOFError."""
        here, self._here = self._here, None
        if here is None:
            return
        name = here.name
        del here
        try:
            _byname.Presence._reopen((name, 0, 0, 0, 0, None))
        except FileNotFoundError:
            for messages in self._sending, self._receiving:
                if messages is not None:
                    messages.shutdown()
        except Exception:
            pass  # who waits will look
        self._sending = self._receiving = None

    def __del__(self):
        try:
            self.close()
        except Exception:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def __repr__(self):
        return f"<Connection {'closed' if self._here is None else self._here.name!r}>"


def Pipe(duplex=True, *, name=None, capacity=0):
    """Two connected ends: what one sends the other receives. With duplex=False the first receives and the second
    sends. With a name, both ends of the pipe of that name."""
    base = _byname.Presence(name)
    ends = [_byname.Presence(f"{base.name}.{end}") for end in "12"]
    there = _byname.Messages(f"{base.name}.to2", capacity) if duplex else None
    back = _byname.Messages(f"{base.name}.to1", capacity)
    first = Connection(back, there, ends[0], ends[1].name)
    second = Connection(there, back, ends[1], ends[0].name)
    first._base = second._base = base if name is not None else None
    return first, second


def wait(object_list, timeout=None):
    """Those of queues, connections and events that need not be waited for, within timeout seconds: with a message, or
    at their end; or set."""
    things = list(object_list)
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        rest = _LOOK if end is None else min(max(end - time.monotonic(), 0), _LOOK)
        if things:
            _byname.wait_any([_waitable(thing) for thing in things], rest)
        else:
            time.sleep(rest)
        ready = [thing for thing in things if _is_there(thing)]
        if ready or (rest < _LOOK and end is not None):
            return ready


def _waitable(thing):
    if isinstance(thing, Connection):
        thing._check_readable()
        return thing._receiving
    return getattr(thing, "_messages", thing)


def _is_there(thing):
    if isinstance(thing, Connection):
        return thing._is_ready(0) or thing._is_alone()
    if isinstance(thing, _byname.Event):
        return thing.is_set()
    return not thing.empty()


# ---- fork: a child has all ends that its parent has. The parent goes on when the child has them, so that it cannot
# close the last one meanwhile.

_told = None


def _before_fork():
    global _told
    if any(connection._here is not None for connection in _connections):
        _told = os.pipe()


def _in_child():
    global _told
    for connection in list(_connections):
        here = connection._here
        if here is not None:
            connection._here = _byname.Presence(here.name)
    if _told is not None:
        os.close(_told[0])
        os.close(_told[1])
        _told = None


def _in_parent():
    global _told
    if _told is not None:
        os.close(_told[1])
        select.select([_told[0]], [], [], 10)
        os.close(_told[0])
        _told = None


def _at_exit():
    for connection in list(_connections):
        connection.close()


_share.at_exit.append(_at_exit)
_share.before_fork.append(_before_fork)
_share.in_child.append(_in_child)
_share.in_parent.append(_in_parent)
