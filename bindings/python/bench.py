"""byname beside multiprocessing, in one run, one turn of each after the other: ns of an operation, best of the turns.

    PYTHONPATH=<where byname is> python bench.py
"""

import multiprocessing
import sys
import timeit

sys.path.pop(0)  # this folder has the package's sources, not the package

import byname  # noqa: E402

TURNS = 9


def measure(rows):
    """rows: (name, statement, {peer: variables}, number)"""
    for name, statement, peers, number in rows:
        best = {}
        for _ in range(TURNS):
            for peer, variables in peers.items():
                took = timeit.timeit(statement, globals=variables, number=number) / number * 1e9
                best[peer] = min(took, best.get(peer, took))
        theirs, ours = best["multiprocessing"], best["byname"]
        print(f"{name:34} {theirs:12.0f} {ours:12.0f} {ours / theirs:8.3f} {theirs / ours:9.1f}")


def pair(make):
    return {"multiprocessing": make(multiprocessing), "byname": make(byname)}


def main():
    print(f"Python {sys.version.split()[0]}, ns        multiprocessing       byname    ratio   times faster")
    locks = "Lock", "RLock", "Semaphore"
    rows = [(f"{kind}: acquire, release", "acquire(); release()",
             pair(lambda of: {"acquire": (lock := getattr(of, kind)()).acquire, "release": lock.release}), 20000) for kind in locks]
    rows += [(f"with {kind}", "with lock: pass", pair(lambda of: {"lock": getattr(of, kind)()}), 20000) for kind in locks]
    rows += [
        ("Event: is_set", "event.is_set()", pair(lambda of: {"event": of.Event()}), 5000),
        ("Value: read", "value.value", pair(lambda of: {"value": of.Value("i")}), 5000),
        ("Value: add, under its lock", "with value: value.value += 1", pair(lambda of: {"value": of.Value("i")}), 5000),
        ("Array: read one", "array[5]", pair(lambda of: {"array": of.Array("i", 10)}), 5000),
        ("SimpleQueue: put, get", "queue.put(1); queue.get()", pair(lambda of: {"queue": of.SimpleQueue()}), 2000),
        ("Pipe: send, recv", "one.send(1); other.recv()", pair(lambda of: dict(zip(("one", "other"), of.Pipe()))), 2000),
    ]
    measure(rows)
    with multiprocessing.Manager() as manager:
        def both(kind, *arguments):
            return {"multiprocessing": {"x": getattr(manager, kind)(*arguments)}, "byname": {"x": getattr(byname, kind)(*arguments)}}

        measure([
            ("manager's dict: get an int", "x['a']", both("dict", {"a": 1}), 300),
            ("manager's dict: put an int", "x['a'] = 1", both("dict"), 300),
            ("manager's dict: get a pickle", "x['a']", both("dict", {"a": [1, 2, 3]}), 300),
            ("manager's dict: contains", "'a' in x", both("dict", {"a": 1}), 300),
            ("manager's list: get", "x[1]", both("list", [1, 2, 3]), 300),
            ("manager's list: append, pop", "x.append(1); x.pop()", both("list"), 300),
            ("manager's Namespace: get", "x.a", {
                "multiprocessing": {"x": _with(manager.Namespace())}, "byname": {"x": _with(byname.Namespace())}}, 300),
        ])


def _with(namespace):
    namespace.a = 1
    return namespace


if __name__ == "__main__":
    main()
