"""How objects go to other processes: by their names, and how they live until they have arrived.

An object lives as long as a process has it open. One that is on its way to another process is kept by its
sender:

* as an argument of a Process (spawn, forkserver): until that process has ended;
* otherwise (a queue, a pool, a file): by a lease, until it was opened as often as it was pickled, or
  byname.release(), or the end of this process;
* by fork: see src/fork.h.
"""

import atexit
import os
import queue
import struct
import threading
from multiprocessing import context

from . import _byname

__all__ = ["release"]


def reopen(cls, state, lease=None):
    """Open in this process what another one has pickled."""
    try:
        made = cls._reopen(state)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{error}: its last holder closed it before it was opened here; keep a reference, or make it with "
            "keep=True") from None
    if lease is not None:
        _redeem(*lease)
    return made


def reduce(thing):
    """What pickle stores of an object: what it is called."""
    popen = context.get_spawning_popen()
    if popen is not None:
        try:
            held = popen._byname_held
        except AttributeError:
            held = popen._byname_held = []
        held.append(thing)
        return reopen, (type(thing), thing._state())
    return reopen, (type(thing), thing._state(), _lease(thing))


# ---- Leases --------------------------------------------------------------------------------------------
# A process that has some has a queue, on which those who open what it sent tell it so.

_NUMBER = struct.Struct("<Q")
_lock = threading.RLock()
_leases = {}
_counter = 0
_returns = None  # our queue
_others = {}  # those of others, by name


def _lease(thing):
    global _counter, _returns
    with _lock:
        if _returns is None:
            _returns = _byname.Messages(None, 1 << 16, 0, 16)
        _collect()
        _counter += 1
        _leases[_counter] = thing
        return _returns.name, _counter


def _collect():
    while True:
        try:
            number, = _NUMBER.unpack(_returns.get(False))
        except queue.Empty:
            return
        _leases.pop(number, None)


def _redeem(name, number):
    with _lock:
        try:
            messages = _others.get(name)
            if messages is None:
                if len(_others) >= 16:
                    _others.clear()
                messages = _others[name] = _byname.Messages._reopen((name, 0, 0, 0, 0, None))
            messages.put(_NUMBER.pack(number), False)
        except (OSError, ValueError, queue.Full):
            _others.pop(name, None)  # its process has ended, or does not look: it keeps the object longer


def release():
    """Let go of what was pickled, other than for a new process, and has not been opened yet."""
    with _lock:
        _leases.clear()


# ---- fork and exit ---------------------------------------------------------------------------------------


def _after_fork_in_child():
    global _lock, _returns
    _byname._after_fork_in_child()
    _lock = threading.RLock()
    _leases.clear()
    _others.clear()
    _returns = None


def _at_exit():
    global _returns
    release()
    _returns = None
    _others.clear()
    _byname._sweep()


_byname._set_reduce(reduce)
atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_byname._before_fork, after_in_parent=_byname._after_fork_in_parent,
                        after_in_child=_after_fork_in_child)
