"""How objects go to other processes: by their names, and how they live until they have arrived.

An object lives as long as a process has it open. One that is on its way to another process is kept by its
sender:

* pickled, by a lease: until it has been opened there, once for each time that it was pickled; or the process ended
  that it was an argument of; or byname.release(), or the end of this process;
* by fork: see src/fork.h.
"""

import os
import queue
import struct
import threading
from multiprocessing import context, util

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
    return reopen, (type(thing), thing._state(), _lease(thing, context.get_spawning_popen()))


# ---- Leases --------------------------------------------------------------------------------------------
# A process that has some has a queue, on which those who open what it sent tell it so.

_NUMBER = struct.Struct("<Q")
_lock = threading.RLock()
_leases = {}  # number: (object, what started the process that it is an argument of, or None)
_counter = 0
_returns = None  # our queue
_others = {}  # those of others, by name
_collector = None


def _lease(thing, popen):
    global _counter, _returns, _collector
    with _lock:
        if _returns is None:
            _returns = _byname.Messages(None, 1 << 16, 0, 16)
        _collect()
        _counter += 1
        _leases[_counter] = thing, popen
        if _collector is None and isinstance(thing, _byname.Presence):
            _collector = threading.Thread(target=_collect_presences, args=(_returns,), name="byname leases", daemon=True)
            _collector.start()
        return _returns.name, _counter


def _collect():
    """Let go of what has arrived, or belonged to a process that has ended."""
    with _lock:
        while _returns is not None:
            try:
                _take(_returns.get(False))
            except queue.Empty:
                break
        for number, (_, popen) in list(_leases.items()):
            if getattr(popen, "returncode", None) is not None:
                del _leases[number]


def _take(message):
    with _lock:
        _leases.pop(_NUMBER.unpack(message)[0], None)


def _collect_presences(returns):
    """Others wait for the end of the last who has one, so it is let go of as soon as it has arrived."""
    global _collector
    while True:
        try:
            _take(returns.get(True, 0.2))
        except queue.Empty:
            _collect()
        with _lock:
            if returns is not _returns or not any(isinstance(thing, _byname.Presence) for thing, _ in _leases.values()):
                _collector = None
                return


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
# What else is to be done then, in the modules that know.

before_fork, in_parent, in_child, at_exit = [], [], [], []


def _before_fork():
    _byname._before_fork()
    for function in before_fork:
        function()


def _after_fork_in_parent():
    _byname._after_fork_in_parent()
    for function in in_parent:
        function()


def _after_fork_in_child():
    global _lock, _returns, _collector
    _byname._after_fork_in_child()
    _lock = threading.RLock()
    _leases.clear()
    _others.clear()
    _returns = _collector = None
    for function in in_child:
        function()
    _register()


def _at_exit():
    global _returns
    for function in at_exit:
        function()
    release()
    _returns = None
    _others.clear()
    _byname._sweep()


def _register():
    # multiprocessing's: its children end without the interpreter's.
    util.Finalize(None, _at_exit, exitpriority=-5)


_byname._set_reduce(reduce)
_register()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent,
                        after_in_child=_after_fork_in_child)
    util.register_after_fork(_register, lambda register: register())
