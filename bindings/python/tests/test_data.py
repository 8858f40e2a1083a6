import ctypes
import multiprocessing
import os
import signal
import threading
import time
import unittest
from queue import Empty, Full

import byname
from support import PATIENCE, ProcessTest, can_fork, fresh_name


class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double)]


def count_up(value, n):
    for _ in range(n):
        with value.get_lock():
            value.value += 1


def put_too_much():
    for queue, error in (byname.Queue(1), Full), (byname.Queue(capacity=100), ValueError):
        queue.put(1)
        try:
            queue.put(b"x" * 1000000, timeout=0.01)
        except error:
            continue
        raise AssertionError("it was put")


def fill(array):
    array[:] = [i * i for i in range(len(array))]


def raise_to(point):
    point.x, point.y = 5, 2.5


def hold_and_die(shared):
    shared.acquire()
    os._exit(7)


def echo(requests, answers):
    while True:
        thing = requests.get()
        if thing is None:
            return
        answers.put((thing, os.getpid()))


def put_many(queue, n, size):
    for i in range(n):
        queue.put(bytes([i % 256]) * size)


def put_and_end(queue, thing):
    queue.put(thing)


def work_and_report(queue):
    while True:
        queue.get()
        time.sleep(0.001)
        queue.task_done()


def serve(connection):
    try:
        while True:
            connection.send(connection.recv())
    except EOFError:
        connection.close()


def send_and_die(connection, thing):
    connection.send(thing)
    os._exit(7)


def only_close(connection):
    connection.close()


class Values(ProcessTest):
    def test_counting_in_several_processes(self):
        for context in self.contexts():
            value = byname.Value("i", 3)
            processes = [context.Process(target=count_up, args=(value, 200)) for _ in range(3)]
            for process in processes:
                process.start()
            for process in processes:
                self.join(process)
            self.assertEqual(value.value, 603)

    def test_types(self):
        for code, thing in (("b", -3), ("B", 200), ("h", -3), ("H", 7), ("i", -5), ("I", 5), ("l", -1 << 40), ("L", 1 << 40),
                            ("q", -1 << 62), ("Q", (1 << 64) - 1), ("f", 0.5), ("d", 0.1), ("c", b"x"), ("u", "x"),
                            (ctypes.c_bool, True), (ctypes.c_longlong, 5)):
            value = byname.Value(code, thing)
            self.assertEqual(value.value, thing, code)
            self.assertEqual(value.get_obj().value, thing)
            raw = byname.Value(code, thing, lock=False)
            self.assertEqual(raw.value, thing)
            self.assertFalse(hasattr(raw, "get_lock"))

    def test_structure(self):
        for context in self.contexts():
            point = byname.Value(Point, 1, 2)
            self.run_in(context, raise_to, point)
            self.assertEqual((point.x, point.y), (5, 2.5))
            points = byname.Array(Point, [(1, 2), (3, 4)])
            self.assertEqual(points[1].y, 4)

    def test_array(self):
        for context in self.contexts():
            array = byname.Array("i", 10)
            self.assertEqual(list(array), [0] * 10)
            self.run_in(context, fill, array)
            self.assertEqual(array[3], 9)
            self.assertEqual(array[-1], 81)
            self.assertEqual(array[2:5], [4, 9, 16])
            array[2:5] = (1, 2, 3)
            self.assertEqual(array[::2], [0, 1, 3, 36, 64])
            with self.assertRaises(IndexError):
                array[10]

    def test_array_of_characters(self):
        array = byname.Array("c", 20)
        array.value = b"hello"
        self.assertEqual(array.raw, b"hello" + b"\0" * 15)
        self.assertEqual(byname.Array("u", "abc").value, "abc")

    def test_locks(self):
        own = byname.RLock()
        self.assertIs(byname.Value("i", lock=own).get_lock(), own)
        value = byname.Value("i")
        with value, value.get_lock():
            value.value += 1
        self.assertEqual(value.value, 1)
        with self.assertRaises(AssertionError):
            value.release()
        with self.assertRaises(AttributeError):
            byname.Value("i", lock="none")
        with self.assertRaises(ValueError):
            byname.Array("i", -1)
        self.assertEqual(len(byname.Array("i", 0)), 0)

    def test_death_of_the_owner(self):
        value = byname.Value("i")
        self.run_in(multiprocessing.get_context("spawn"), hold_and_die, value, code=7)
        with value:
            self.assertTrue(value.abandoned)
        with value:
            self.assertFalse(value.abandoned)

    def test_by_name(self):
        name = fresh_name()
        value = byname.Value("d", 1.5, name=name)
        self.assertEqual(byname.Value("d", 7, name=name).value, 1.5)
        with self.assertRaises(byname.MismatchError):
            byname.Value("i", name=name)
        self.assertEqual(value.name, name)

    @unittest.skipUnless(can_fork(), "no fork() here")
    def test_a_forked_child_sees_the_same_memory(self):
        value = byname.Value("i", 1)
        inner = value.get_obj()
        pid = os.fork()
        if pid == 0:
            with value:
                inner.value += 1
                value.value += 1
            os._exit(0)
        self.assertEqual(os.waitpid(pid, 0)[1], 0)
        self.assertEqual(value.value, 3)


class Queues(ProcessTest):
    def test_there_and_back(self):
        for context in self.contexts():
            for make in byname.Queue, byname.SimpleQueue, byname.JoinableQueue:
                requests, answers = make(), make()
                process = context.Process(target=echo, args=(requests, answers))
                process.start()
                for thing in 1, "two", [3.0, {"four": None}], b"x" * 100000, byname.Lock():
                    requests.put(thing)
                    answer, pid = answers.get()
                    self.assertEqual(pid, process.pid)
                    self.assertEqual(getattr(answer, "name", answer), getattr(thing, "name", thing))
                requests.put(None)
                self.join(process)

    def test_limits_and_timeouts(self):
        queue = byname.Queue(2)
        queue.put(1)
        queue.put(2)
        self.assertTrue(queue.full())
        with self.assertRaises(Full):
            queue.put_nowait(3)
        with self.assertRaises(Full):
            queue.put(3, timeout=0.01)
        self.assertEqual((queue.get(), queue.get_nowait(), queue.qsize(), queue.empty()), (1, 2, 0, True))
        with self.assertRaises(Empty):
            queue.get(False)
        with self.assertRaises(Empty):
            queue.get(timeout=0.01)
        queue.close()
        with self.assertRaises(ValueError):
            queue.put(1)
        with self.assertRaises(ValueError):
            queue.get()

    def test_what_cannot_be_pickled_is_told_to_put(self):
        with self.assertRaises(Exception):
            byname.Queue().put(lambda: 0)

    def test_put_does_not_wait_without_a_maxsize(self):
        queue = byname.Queue(capacity=1 << 16)
        put_many(queue, 100, 10000)
        self.assertEqual(queue.qsize(), 100)
        for i in range(100):
            self.assertEqual(queue.get(timeout=PATIENCE)[:1], bytes([i]))
        queue.close()
        queue.join_thread()

    def test_large_messages(self):
        for context in self.contexts():
            queue = byname.Queue()
            process = context.Process(target=put_many, args=(queue, 3, 3000000))
            process.start()
            for i in range(3):
                self.assertEqual(queue.get(timeout=PATIENCE), bytes([i]) * 3000000)
            self.join(process)

    def test_a_large_message_that_found_no_room_keeps_nobody(self):
        self.run_in(multiprocessing.get_context("spawn"), put_too_much)

    def test_putters_that_have_ended(self):
        for context in self.contexts():
            queue = byname.Queue()
            self.run_in(context, put_and_end, queue, "last words")
            self.assertEqual(queue.get(timeout=PATIENCE), "last words")

    def test_join(self):
        queue = byname.JoinableQueue()
        process = multiprocessing.get_context("spawn").Process(target=work_and_report, args=(queue,), daemon=True)
        process.start()
        for i in range(10):
            queue.put(i)
        queue.join()
        self.assertTrue(queue.empty())
        with self.assertRaises(ValueError):
            queue.task_done()
        process.kill()
        process.join()

    def test_by_name(self):
        name = fresh_name()
        queue = byname.Queue(name=name)
        child = self.interpreter("import byname, sys; byname.Queue(name=sys.argv[1]).put({'from': 'afar'})", name)
        self.assertEqual(queue.get(timeout=PATIENCE), {"from": "afar"})
        child.communicate(timeout=PATIENCE)

    def test_a_killed_getter_takes_nothing_along(self):
        queue = byname.Queue()
        process = multiprocessing.get_context("spawn").Process(target=echo, args=(queue, queue))
        process.start()
        time.sleep(0.3)
        process.kill()
        process.join()
        queue.put(1)
        self.assertEqual(queue.get(timeout=PATIENCE), 1)


class Pipes(ProcessTest):
    def test_there_and_back(self):
        for context in self.contexts():
            here, there = byname.Pipe()
            process = context.Process(target=serve, args=(there,))
            process.start()
            there.close()
            for thing in 1, "two", b"x" * 3000000, [None], byname.Lock():
                here.send(thing)
                answer = here.recv()
                self.assertEqual(getattr(answer, "name", answer), getattr(thing, "name", thing))
            if context.get_start_method() != "fork":  # there the child has the other end too
                here.close()
                self.join(process)
            else:
                process.kill()
                process.join()

    def test_simplex(self):
        reader, writer = byname.Pipe(duplex=False)
        self.assertEqual((reader.readable, reader.writable, writer.readable, writer.writable), (True, False, False, True))
        writer.send_bytes(b"hello", 1, 3)
        self.assertTrue(reader.poll())
        self.assertEqual(reader.recv_bytes(), b"ell")
        with self.assertRaises(OSError):
            reader.send(1)
        with self.assertRaises(OSError):
            writer.recv()
        self.assertFalse(reader.poll())
        self.assertFalse(reader.poll(0.01))
        writer.close()
        with self.assertRaises(EOFError):
            reader.recv()
        with self.assertRaises(OSError):
            writer.send(1)

    def test_into_a_buffer(self):
        reader, writer = byname.Pipe(False)
        writer.send_bytes(b"hello")
        buffer = bytearray(10)
        self.assertEqual(reader.recv_bytes_into(buffer, 2), 5)
        self.assertEqual(buffer, b"\0\0hello\0\0\0")
        writer.send_bytes(b"hello")
        with self.assertRaises(multiprocessing.BufferTooShort):
            reader.recv_bytes_into(bytearray(2))

    def test_send_to_nobody(self):
        reader, writer = byname.Pipe(False)
        reader.close()
        with self.assertRaises(BrokenPipeError):
            writer.send(1)

    def test_death_at_the_other_end(self):
        for context in self.contexts():
            here, there = byname.Pipe()
            process = context.Process(target=send_and_die, args=(there, "last words"))
            process.start()
            there.close()
            self.join(process, 7)
            self.assertEqual(here.recv(), "last words")
            with self.assertRaises(EOFError):
                here.recv()

    @unittest.skipUnless(can_fork(), "no fork() here")
    def test_an_end_closed_by_a_forking_parent_is_the_childs(self):
        for _ in range(5):
            here, there = byname.Pipe()
            process = multiprocessing.get_context("fork").Process(target=serve, args=(there,))
            process.start()
            there.close()
            del there
            here.send("x")
            self.assertEqual(here.recv(), "x")
            process.kill()
            process.join()
            with self.assertRaises(EOFError):
                here.recv()

    def test_wait(self):
        one, other = byname.Pipe()
        queue, event = byname.Queue(), byname.Event()
        self.assertEqual(byname.wait([one, queue, event], 0.01), [])
        threading.Timer(0.1, other.send, ("x",)).start()
        self.assertEqual(byname.wait([one, queue, event], PATIENCE), [one])
        queue.put(1)
        event.set()
        self.assertEqual(byname.wait([one, queue, event]), [one, queue, event])


@unittest.skipIf(os.name == "nt", "signals of POSIX")
class Signals(ProcessTest):
    def test_control_c(self):
        def handler(*_):
            raise KeyboardInterrupt

        previous = signal.signal(signal.SIGUSR1, handler)
        full = byname.Queue(1)
        full.put(1)
        joinable = byname.JoinableQueue()
        joinable.put(1)
        ends = byname.Pipe()
        try:
            for call in byname.Queue().get, byname.SimpleQueue().get, lambda: full.put(2), ends[0].recv, joinable.join:
                timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1))
                with self.assertRaises(KeyboardInterrupt):
                    timer.start()  # here: on a busy machine the signal may be there before the wait
                    call()
                timer.join()
        finally:
            signal.signal(signal.SIGUSR1, previous)


if __name__ == "__main__":
    unittest.main()
