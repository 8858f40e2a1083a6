"""Python's own tests of multiprocessing, as they are installed with it (the package `test`), applied to byname.

    python conformance.py [fork|forkserver|spawn] [TEST...]

The last line is "N passed, N failed, N skipped". What is skipped has its reason below.
"""

import multiprocessing
import os
import sys
import unittest

import byname

try:
    import test._test_multiprocessing as theirs
    from test import support
except ImportError as error:
    theirs = None
    missing = str(error)

KINDS = ("Lock", "Semaphore", "Condition", "Event", "Barrier", "Value", "Array", "Queue", "Connection", "Containers")

# Where the semantics differ on purpose, or a test is about how multiprocessing is made.
_DESCRIPTOR = "a connection of byname has no descriptor: byname.wait() waits for several"
REASONS = {
    "Connection.test_connection": _DESCRIPTOR,
    "Connection.test_fd_transfer": _DESCRIPTOR,
    "Connection.test_large_fd_transfer": _DESCRIPTOR,
    "Connection.test_missing_fd_transfer": _DESCRIPTOR,
    "Containers.test_dict_iter": "a dict of byname has no order",
    "Queue.test_queue_feeder_donot_stop_onexc": "what cannot be pickled is an error of put(), and not lost in a thread",
    "Queue.test_queue_feeder_on_queue_feeder_error": "the same: there is no _on_queue_feeder_error()",
}


class _Ours:
    TYPE = "processes"
    Process = multiprocessing.Process
    current_process = staticmethod(multiprocessing.current_process)
    active_children = staticmethod(multiprocessing.active_children)
    connection = multiprocessing.connection
    Pool = staticmethod(multiprocessing.Pool)

    def check_invariant(self, condition):
        """Looks into a Condition of multiprocessing."""

    for _name in ("Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition", "Event", "Barrier", "Value", "Array",
                  "RawValue", "RawArray", "Queue", "JoinableQueue", "Pipe"):
        locals()[_name] = staticmethod(getattr(byname, _name))


class _OursLikeManagers(_Ours):
    TYPE = "manager"
    dict = staticmethod(byname.dict)
    list = staticmethod(byname.list)
    Namespace = staticmethod(byname.Namespace)


if theirs is not None:
    for _kind in KINDS:
        _base = getattr(theirs, f"_Test{_kind}")
        _ours = _OursLikeManagers if _base.ALLOWED_TYPES == ("manager",) else _Ours
        _methods = {}
        for _name, _reason in REASONS.items():
            if _name.startswith(_kind + ".") and hasattr(_base, _name.split(".")[1]):
                _methods[_name.split(".")[1]] = unittest.skip(_reason)(getattr(_base, _name.split(".")[1]))
        globals()[_kind] = type(_kind, (_ours, _base, unittest.TestCase), {**_methods, "__module__": "conformance"})
    del _base, _ours, _methods


def main():
    if theirs is None:
        print(f"SKIPPED the tests of this Python are not installed: {missing}")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    arguments = sys.argv[1:]
    method = arguments.pop(0) if arguments and arguments[0] in multiprocessing.get_all_start_methods() else "spawn"
    multiprocessing.set_start_method(method, force=True)
    os.environ["PYTHONPATH"] = os.pathsep.join([os.path.dirname(os.path.abspath(__file__)), os.environ.get("PYTHONPATH", "")])
    import conformance  # so that children find it
    tests = unittest.TestLoader().loadTestsFromNames(arguments or KINDS, conformance)
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(tests)
    failed = len(result.failures) + len(result.errors)
    for test, reason in result.skipped:
        print(f"SKIPPED {method}: {test}: {reason}")
    print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed, {len(result.skipped)} skipped")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
