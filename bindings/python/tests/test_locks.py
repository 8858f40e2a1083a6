import dataclasses
import multiprocessing
import os
import pickle
import signal
import threading
import time
import unittest
from concurrent.futures import ProcessPoolExecutor

import byname
from support import PATIENCE, ProcessTest, can_fork, fresh_name


@dataclasses.dataclass
class Job:
    lock: object
    more: dict


def use(lock):
    with lock:
        pass


def hold_and_die(lock, ready):
    lock.acquire()
    ready.set()
    os._exit(7)


def hold_until(lock, ready, go):
    with lock:
        ready.set()
        go.wait(PATIENCE)


def use_job(job):
    with job.lock, job.more["inside"][0]:
        return os.getpid()


def wait_and_set(waited, answer):
    if waited.wait(PATIENCE):
        answer.set()


def meet(barrier):
    barrier.wait(PATIENCE)


def wait_for_change(condition, ready):
    with condition:
        ready.set()
        if not condition.wait(PATIENCE):
            os._exit(3)


class Locks(ProcessTest):
    def test_acquire_and_release(self):
        for make in byname.Lock, byname.RLock:
            lock = make()
            self.assertIs(lock.acquire(), True)
            self.assertTrue(lock.locked())
            self.assertEqual(lock.owner()[0], os.getpid())
            lock.release()
            self.assertFalse(lock.locked())
            with lock as had:
                self.assertIs(had, True)
            self.assertIs(lock.acquire(True, 1), True)
            lock.release()
            self.assertIs(lock.acquire(block=False), True)
            lock.release()

    def test_lock_held_by_the_caller(self):
        lock = byname.Lock()
        with lock:
            self.assertIs(lock.acquire(False), False)
            begin = time.monotonic()
            self.assertIs(lock.acquire(timeout=0.05), False)
            self.assertGreaterEqual(time.monotonic() - begin, 0.05)
            self.assertIs(lock.acquire(timeout=-1), False)
            with self.assertRaises(byname.DeadlockError):
                lock.acquire()

    def test_release_without_having_it(self):
        with self.assertRaises(ValueError):
            byname.Lock().release()
        with self.assertRaises(AssertionError):
            byname.RLock().release()

    def test_rlock_is_recursive(self):
        lock = byname.RLock()
        with lock, lock:
            self.assertTrue(lock.acquire(False))
            lock.release()
            self.assertTrue(lock.locked())
        self.assertFalse(lock.locked())

    def test_another_thread_waits(self):
        lock = byname.Lock()
        done = threading.Event()

        def take():
            with lock:
                done.set()

        with lock:
            thread = threading.Thread(target=take)
            thread.start()
            self.assertFalse(done.wait(0.1))
            self.assertIs(lock.acquire(False), False)
        self.assertTrue(done.wait(PATIENCE))
        thread.join()

    def test_wrong_arguments(self):
        with self.assertRaises(TypeError):
            byname.Lock().acquire(1, 2, 3)
        with self.assertRaises(TypeError):
            byname.Lock().acquire(blocking=True)
        with self.assertRaises(TypeError):
            byname.Lock().acquire(timeout="soon")
        with self.assertRaises(ValueError):
            byname.Lock(name="strange:name")
        with self.assertRaises(ValueError):
            byname.Lock(on_abandoned="ignore")

    def test_a_name_of_another_kind(self):
        name = fresh_name()
        lock = byname.Lock(name=name)
        with self.assertRaises(byname.MismatchError):
            byname.Event(name=name)
        self.assertEqual(lock.name, name)

    def test_keep(self):
        name = fresh_name()
        byname.Event(name=name, keep=True).set()
        try:
            self.assertTrue(byname.Event(name=name).is_set())
        finally:
            byname.remove(name)
        self.assertFalse(byname.Event(name=name).is_set())


class Arguments(ProcessTest):
    """Every object goes everywhere, also if nobody else has it."""

    def test_process_argument_without_another_reference(self):
        for context in self.contexts():
            for make in byname.Lock, byname.RLock, byname.Semaphore, byname.Condition:
                self.run_in(context, use, make())

    def test_inside_of_others(self):
        for context in self.contexts():
            with context.Pool(2) as pool:
                jobs = [Job(byname.Lock(), {"inside": [byname.RLock()]}) for _ in range(4)]
                self.assertEqual(len(pool.map(use_job, jobs)), 4)
                del jobs
                self.assertTrue(pool.apply(use_job, (Job(byname.Lock(), {"inside": (byname.RLock(),)}),)))

    def test_executor(self):
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
            self.assertIsNone(executor.submit(use, byname.Lock()).result(PATIENCE))

    def test_queue_of_multiprocessing(self):
        for context in self.contexts():
            queue = context.Queue()
            queue.put(byname.Lock())
            time.sleep(0)
            use(queue.get(timeout=PATIENCE))
            queue.close()
            queue.join_thread()

    def test_pickle_is_the_same_object(self):
        lock = byname.Lock()
        other = pickle.loads(pickle.dumps(lock))
        self.assertEqual(other.name, lock.name)
        with lock:
            self.assertFalse(other.acquire(False))

    def test_leases_end(self):
        lock = byname.Lock()
        for _ in range(50):
            pickle.loads(pickle.dumps(lock))
        byname._share._collect()
        self.assertEqual(len(byname._share._leases), 0)

    def test_release_of_leases(self):
        text = pickle.dumps(byname.Lock())
        byname.release()
        with self.assertRaises(FileNotFoundError):
            pickle.loads(text)

    @unittest.skipUnless(can_fork(), "no fork() here")
    def test_inherited_by_fork_and_dropped_by_the_parent(self):
        locks = [byname.Lock(name=fresh_name()) for _ in range(3)]
        read, write = os.pipe()
        go, went = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.read(go, 1)
            for lock in locks:
                use(lock)
            os.write(write, b"x")
            os._exit(0)
        del locks
        os.write(went, b"x")
        self.assertEqual(os.read(read, 1), b"x")
        os.waitpid(pid, 0)
        for end in read, write, go, went:
            os.close(end)

    @unittest.skipUnless(can_fork(), "no fork() here")
    def test_a_lock_held_over_fork_is_the_parents(self):
        lock = byname.Lock()
        with lock:
            pid = os.fork()
            if pid == 0:
                os._exit(1 if lock.acquire(False) else 0)
            self.assertEqual(os.waitpid(pid, 0)[1], 0)

    @unittest.skipUnless(can_fork(), "no fork() here")
    def test_fork_amid_threads(self):
        lock = byname.Lock()
        stop = threading.Event()

        def work():
            while not stop.is_set():
                use(lock)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(20):
                pid = os.fork()
                if pid == 0:
                    use(lock)
                    os._exit(0)
                self.assertEqual(os.waitpid(pid, 0)[1], 0)
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def test_two_interpreters_meet(self):
        name = fresh_name()
        child = self.interpreter(
            "import byname, sys\n"
            "lock = byname.Lock(name=sys.argv[1])\n"
            "with lock:\n"
            "    print('held', flush=True)\n"
            "    sys.stdin.readline()\n", name)
        self.assertEqual(child.stdout.readline(), "held\n")
        lock = byname.Lock(name=name)
        self.assertFalse(lock.acquire(False))
        self.assertEqual(lock.owner()[0], child.pid)
        child.communicate("\n", PATIENCE)
        self.assertTrue(lock.acquire(timeout=PATIENCE))
        lock.release()


class Deaths(ProcessTest):
    def test_the_next_owner_is_told(self):
        for context in self.contexts():
            for make in byname.Lock, byname.RLock:
                lock, ready = make(), byname.Event()
                self.run_in(context, hold_and_die, lock, ready, code=7)
                self.assertTrue(lock.acquire(timeout=PATIENCE))
                self.assertTrue(lock.abandoned)
                lock.release()
                self.assertTrue(lock.acquire())
                self.assertFalse(lock.abandoned)
                lock.release()

    def test_raise_instead(self):
        lock, ready = byname.Lock(on_abandoned="raise"), byname.Event()
        self.run_in(multiprocessing.get_context("spawn"), hold_and_die, lock, ready, code=7)
        with self.assertRaises(byname.AbandonedError):
            with lock:
                self.fail("it is not held")
        with lock:
            pass

    @unittest.skipIf(os.name == "nt", "no SIGKILL here")
    def test_killed_while_others_wait(self):
        context = multiprocessing.get_context("spawn")
        lock, ready, go = byname.Lock(), byname.Event(), byname.Event()
        holder = context.Process(target=hold_until, args=(lock, ready, go))
        holder.start()
        self.assertTrue(ready.wait(PATIENCE))
        killer = threading.Timer(0.2, os.kill, (holder.pid, signal.SIGKILL))
        killer.start()
        with lock:
            self.assertTrue(lock.abandoned)
        self.join(holder, -signal.SIGKILL)

    def test_a_permit_comes_back_with_undo(self):
        semaphore, ready = byname.Semaphore(1, undo=True), byname.Event()
        self.run_in(multiprocessing.get_context("spawn"), hold_and_die, semaphore, ready, code=7)
        self.assertTrue(semaphore.acquire(timeout=PATIENCE))
        self.assertTrue(semaphore.abandoned)


class Others(ProcessTest):
    def test_semaphore(self):
        semaphore = byname.Semaphore(2)
        self.assertTrue(semaphore.acquire())
        self.assertTrue(semaphore.acquire(False))
        self.assertFalse(semaphore.acquire(False))
        self.assertFalse(semaphore.acquire(timeout=0.01))
        semaphore.release()
        self.assertEqual(semaphore.get_value(), 1)
        semaphore.release(2)
        self.assertEqual(semaphore.get_value(), 3)
        with self.assertRaises(ValueError):
            byname.Semaphore(-1)

    def test_bounded_semaphore(self):
        semaphore = byname.BoundedSemaphore(1)
        with semaphore:
            self.assertEqual(semaphore.get_value(), 0)
        with self.assertRaises(ValueError):
            semaphore.release()

    def test_event(self):
        for context in self.contexts():
            first, second = byname.Event(), byname.Event()
            process = context.Process(target=wait_and_set, args=(first, second))
            process.start()
            first.set()
            self.assertTrue(second.wait(PATIENCE))
            self.join(process)
            first.clear()
            self.assertFalse(first.is_set())
            self.assertFalse(first.wait(0.01))
            self.assertFalse(first.wait(0))

    def test_condition(self):
        for context in self.contexts():
            condition, ready = byname.Condition(), byname.Event()
            processes = [context.Process(target=wait_for_change, args=(condition, ready)) for _ in range(2)]
            for process in processes:
                process.start()
            # A waiter holds the lock from before it says that it is ready until it waits.
            self.assertTrue(ready.wait(PATIENCE))
            alive = processes
            while alive:
                with condition:
                    condition.notify_all()
                alive = [process for process in alive if process.is_alive()]
            for process in processes:
                self.join(process)

    def test_condition_by_threads(self):
        for lock in byname.Lock(), byname.RLock(), None:
            condition = byname.Condition(lock)
            state = []

            def work():
                with condition:
                    state.append(condition.wait_for(lambda: "go" in state, PATIENCE))

            thread = threading.Thread(target=work)
            thread.start()
            with condition:
                state.append("go")
                condition.notify()
            thread.join(PATIENCE)
            self.assertEqual(state, ["go", True])
            with condition:
                self.assertFalse(condition.wait(0.01))
                self.assertFalse(condition.wait_for(lambda: 0, 0.01))
            with self.assertRaises(AssertionError):
                condition.wait()
            with self.assertRaises(AssertionError):
                condition.notify()

    def test_condition_by_name(self):
        name = fresh_name()
        child = self.interpreter(
            "import byname, sys\n"
            "condition = byname.Condition(name=sys.argv[1])\n"
            "with condition:\n"
            "    print('waiting', flush=True)\n"
            "    print(condition.wait(60), flush=True)\n", name)
        condition = byname.Condition(name=name)
        self.assertEqual(child.stdout.readline(), "waiting\n")
        with condition:
            condition.notify()
        self.assertEqual(child.communicate(timeout=PATIENCE)[0], "True\n")

    def test_barrier(self):
        for context in self.contexts():
            barrier = byname.Barrier(3)
            processes = [context.Process(target=meet, args=(barrier,)) for _ in range(2)]
            for process in processes:
                process.start()
            self.assertIn(barrier.wait(PATIENCE), (0, 1, 2))
            for process in processes:
                self.join(process)
            self.assertEqual((barrier.parties, barrier.n_waiting, barrier.broken), (3, 0, False))

    def test_barrier_breaks(self):
        barrier = byname.Barrier(2, timeout=0.05)
        with self.assertRaises(threading.BrokenBarrierError):
            barrier.wait()
        self.assertTrue(barrier.broken)
        barrier.reset()
        self.assertFalse(barrier.broken)
        barrier.abort()
        with self.assertRaises(threading.BrokenBarrierError):
            barrier.wait(1)

    def test_barrier_action(self):
        called = []
        barrier = byname.Barrier(2, lambda: called.append(threading.get_ident()))
        thread = threading.Thread(target=barrier.wait)
        thread.start()
        barrier.wait(PATIENCE)
        thread.join(PATIENCE)
        self.assertEqual(len(called), 1)

    def test_barrier_action_that_fails(self):
        barrier = byname.Barrier(1, lambda: 1 / 0)
        with self.assertRaises(ZeroDivisionError):
            barrier.wait()
        self.assertTrue(barrier.broken)


@unittest.skipIf(os.name == "nt", "signals of POSIX")
class Signals(ProcessTest):
    def interrupt(self, wait):
        def handler(*_):
            raise KeyboardInterrupt

        previous = signal.signal(signal.SIGUSR1, handler)
        timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1))
        try:
            with self.assertRaises(KeyboardInterrupt):
                timer.start()  # here: on a busy machine the signal may be there before the wait
                wait()
        finally:
            timer.join()
            signal.signal(signal.SIGUSR1, previous)

    def in_another_thread(self, lock):
        held, go = threading.Event(), threading.Event()

        def hold():
            with lock:
                held.set()
                go.wait(PATIENCE)

        thread = threading.Thread(target=hold)
        thread.start()
        held.wait(PATIENCE)
        self.addCleanup(thread.join)
        self.addCleanup(go.set)
        return go

    def test_control_c_ends_every_wait(self):
        lock = byname.Lock()
        self.in_another_thread(lock)
        self.interrupt(lock.acquire)
        self.interrupt(lambda: lock.acquire(timeout=PATIENCE))
        self.interrupt(lock.__enter__)
        self.interrupt(byname.Semaphore(0).acquire)
        self.interrupt(byname.Event().wait)
        self.interrupt(byname.Barrier(2).wait)
        condition = byname.Condition()
        with condition:
            self.interrupt(condition.wait)
            self.assertTrue(condition._lock.locked())

    def test_a_handler_that_does_not_raise_does_not_end_it(self):
        event = byname.Event()
        called = []
        previous = signal.signal(signal.SIGUSR1, lambda *_: called.append(event.set()))
        timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1))
        timer.start()
        self.assertTrue(event.wait(PATIENCE))
        self.assertEqual(called, [None])
        timer.join()
        signal.signal(signal.SIGUSR1, previous)

    def test_other_threads_go_on(self):
        lock = byname.Lock()
        go = self.in_another_thread(lock)

        def count():
            sum(range(1000000))
            go.set()

        thread = threading.Thread(target=count)
        thread.start()
        self.assertTrue(lock.acquire(timeout=PATIENCE))
        lock.release()
        thread.join()


if __name__ == "__main__":
    unittest.main()
