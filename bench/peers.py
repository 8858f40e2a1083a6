#!/usr/bin/env python3
"""What Python programs use, as peers of the benchmarks: see peer.h.

peers.py WHAT [ARGUMENT...] says "ready" and then obeys, line by line, until its input ends:
    times N    do it so often; answers how many nanoseconds that took
    for MS     do it for so long; answers with one or two figures
"""
import atexit
import ctypes
import multiprocessing as mp
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import shared_memory

HERE = os.path.dirname(os.path.abspath(__file__))


def die_with_parent():
    """Who is killed with a benchmark leaves nobody behind; only Linux knows that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, 9)


# ---- One thing, done again and again


def lock(make):
    one = make()

    def run(times):
        for _ in range(times):
            one.acquire()
            one.release()
    return run


def keys_of(entries):
    return [b"%016d" % i for i in range(entries)]


def dict_get(entries):
    table = mp.Manager().dict()
    keys = keys_of(int(entries))
    table.update({key: b"v" * 64 for key in keys})

    def run(times):
        for i in range(times):
            table[keys[i * 7919 % len(keys)]]
    return run


def dict_put(entries):
    table = mp.Manager().dict()
    keys = keys_of(int(entries))

    def run(times):
        for i in range(times):
            table[keys[i * 7919 % len(keys)]] = b"v" * 64
    return run


def start(*command):
    def run(times):
        for _ in range(times):
            subprocess.run(command, check=True)
    return run


def nothing(*_):
    return None


def start_process(method):
    context = mp.get_context(method)

    def run(times):
        for _ in range(times):
            process = context.Process(target=nothing)
            process.start()
            process.join()
    return run


def open_memory():
    kept = shared_memory.SharedMemory(create=True, size=4096)
    atexit.register(kept.unlink)

    def run(times):
        for _ in range(times):
            shared_memory.SharedMemory(kept.name).close()
    run.kept = kept
    return run


def pool_apply():
    pool = mp.Pool(2)

    def run(times):
        for _ in range(times):
            pool.apply(nothing)
    return run


def executor_apply():
    pool = ProcessPoolExecutor(2)

    def run(times):
        for _ in range(times):
            pool.submit(nothing).result()
    return run


def wake(make):
    """A round trip: this process and another set and await in turn."""
    ping, pong = make(), make()

    def other():
        while True:
            take(ping)
            give(pong)
    mp.Process(target=other, daemon=True).start()

    def run(times):
        for _ in range(times):
            give(ping)
            take(pong)
    return run


def give(one):
    one.set() if hasattr(one, "set") else one.release()


def take(one):
    if hasattr(one, "set"):
        one.wait()
        one.clear()
    else:
        one.acquire()


# ---- Several processes, for so long


def together(count, body, milliseconds):
    """How often each did it: body(times done in a row) by `count` processes."""
    stop, done = mp.RawValue(ctypes.c_int), mp.RawArray(ctypes.c_uint64, count)
    go = mp.Event()

    def member(index):
        go.wait()
        while not stop.value:
            done[index] += body()
    members = [mp.Process(target=member, args=(i,), daemon=True) for i in range(count)]
    for process in members:
        process.start()
    time.sleep(0.05)
    began = time.perf_counter()
    go.set()
    time.sleep(milliseconds / 1000)
    stop.value = 1
    for process in members:
        process.join()
    took = time.perf_counter() - began
    return sum(done) / took, min(done) / max(max(done), 1)


def lock_contended(count):
    one, number = mp.Lock(), mp.RawValue(ctypes.c_uint64)

    def body():
        for _ in range(16):
            with one:
                number.value += 1
        return 16
    return lambda milliseconds: together(int(count), body, milliseconds)


def value_contended(count):
    value = mp.Value("q", 0)

    def body():
        for _ in range(16):
            with value.get_lock():
                value.value += 1
        return 16
    return lambda milliseconds: together(int(count), body, milliseconds)


def manager_value_contended(count):
    manager = mp.Manager()
    value, one = manager.Value("q", 0), manager.Lock()

    def body():
        with one:
            value.value += 1
        return 1
    run = lambda milliseconds: together(int(count), body, milliseconds)
    run.kept = manager
    return run


def dict_contended(count, entries):
    manager = mp.Manager()
    table, keys, at = manager.dict(), keys_of(int(entries)), [0]
    table.update({key: b"v" * 64 for key in keys})

    def body():
        at[0] = (at[0] + 7919) % len(keys)
        table[keys[at[0]]]
        return 1
    run = lambda milliseconds: together(int(count), body, milliseconds)
    run.kept = manager
    return run


def queue(make, size, putters, getters):
    """Messages got in a second, as queue.c measures it: putters and getters are killed at the end."""
    putters, getters, message = int(putters), int(getters), b"x" * int(size)

    def run(milliseconds):
        messages, got = make(), mp.RawArray(ctypes.c_uint64, getters)

        def put():
            while True:
                messages.put(message)

        def get(index):
            while True:
                messages.get()
                got[index] += 1
        children = [mp.Process(target=put, daemon=True) for _ in range(putters)]
        children += [mp.Process(target=get, args=(i,), daemon=True) for i in range(getters)]
        for process in children:
            process.start()
        time.sleep(0.1)
        before, began = sum(got), time.perf_counter()
        time.sleep(milliseconds / 1000)
        figure = (sum(got) - before) / (time.perf_counter() - began)
        for process in children:
            process.kill()
            process.join()
        return (figure,)
    return run


def for_a_while(batch, size):
    """Tasks in a second, by batches."""
    def run(milliseconds):
        began, done = time.perf_counter(), 0
        while time.perf_counter() - began < milliseconds / 1000:
            batch(size)
            done += size
        return (done / (time.perf_counter() - began),)
    return run


def pool_async():
    pool = mp.Pool(2)

    def batch(size):
        for result in [pool.apply_async(nothing, (i,)) for i in range(size)]:
            result.get()
    return for_a_while(batch, 900)


def pool_map(chunk):
    pool = mp.Pool(2)
    return for_a_while(lambda size: pool.map(nothing, range(size), chunksize=int(chunk) or None), 4096)


def executor():
    pool = ProcessPoolExecutor(2)

    def batch(size):
        for result in [pool.submit(nothing, i) for i in range(size)]:
            result.result()
    return for_a_while(batch, 900)


def xargs(program):
    def batch(size):
        lines = b"".join(b"%d\n" % i for i in range(size))
        subprocess.run(["xargs", "-P2", "-n1", program], input=lines, stdout=subprocess.DEVNULL, check=True)
    return for_a_while(batch, 200)


WHAT = {
    "lock": lambda: lock(mp.Lock),
    "manager-lock": lambda: lock(mp.Manager().Lock),
    "lock-contended": lock_contended,
    "value-contended": value_contended,
    "manager-value-contended": manager_value_contended,
    "dict-get": dict_get,
    "dict-put": dict_put,
    "dict-contended": dict_contended,
    "event": lambda: wake(mp.Event),
    "semaphore": lambda: wake(lambda: mp.Semaphore(0)),
    "queue": lambda *given: queue(lambda: mp.Queue(1024), *given),
    "simple-queue": lambda *given: queue(mp.SimpleQueue, *given),
    "start": start,
    "process": start_process,
    "open": open_memory,
    "pool-async": pool_async,
    "pool-map": pool_map,
    "pool-apply": pool_apply,
    "executor": executor,
    "executor-apply": executor_apply,
    "xargs": xargs,
}


def main():
    mp.set_start_method("fork")
    os.register_at_fork(after_in_child=die_with_parent)
    run = WHAT[sys.argv[1]](*sys.argv[2:])
    print("ready", flush=True)
    for line in sys.stdin:
        verb, number = line.split()
        began = time.perf_counter_ns()
        answer = run(int(number))
        if verb == "times":
            answer = (time.perf_counter_ns() - began,)
        print(" ".join(f"{figure:.12g}" for figure in answer), flush=True)


if __name__ == "__main__":
    main()
