import ctypes
import multiprocessing
import os
import pickle
import time
import unittest
from queue import Empty, Full

import byname
from support import PATIENCE, ProcessTest, can_fork


def hold_for_ever(queue, ready):
    with queue.hold(timeout=PATIENCE) as view:
        assert bytes(view) == b"precious"
        ready.set()
        time.sleep(PATIENCE)


def reserve_for_ever(queue, ready):
    with queue.reserve(8) as view:
        view[:] = b"half-don"
        ready.set()
        time.sleep(PATIENCE)


def answer_in_place(requests, answers):
    with requests.hold(timeout=PATIENCE) as view, answers.reserve(len(view)) as answer:
        answer[:] = bytes(reversed(view))


def fill(queue, data):
    with queue.reserve(len(data)) as view:
        view[:] = data


class Places(ProcessTest):
    def test_a_message_is_written_and_read_where_it_lies(self):
        for make in byname.Queue, byname.SimpleQueue, byname.JoinableQueue:
            queue = make()
            queue.put("before")
            fill(queue, b"here")
            queue.put("behind")
            self.assertEqual(queue.get(), "before")
            with queue.hold() as view:
                self.assertEqual((bytes(view), view.readonly, view.nbytes, view.format), (b"here", True, 4, "B"))
                with self.assertRaises(TypeError):
                    view[0] = 1
            self.assertEqual(queue.get(), "behind")
            fill(queue, b"")
            self.assertEqual(queue.get(), b"")
            self.assertTrue(queue.empty())

    def test_numbers_are_aligned(self):
        queue = byname.Queue()
        with queue.reserve(80) as view, view.cast("d") as numbers:
            for i in range(10):
                numbers[i] = i / 2
        with queue.hold() as view, view.cast("d") as numbers:
            self.assertEqual(list(numbers), [i / 2 for i in range(10)])

    def test_less_may_be_put_and_not_more(self):
        queue = byname.Queue()
        place = queue.reserve(1000)
        with place as view:
            view[:3] = b"abc"
            place.size = 3
        self.assertEqual(queue.get(), b"abc")
        for size, error in (11, ValueError), (-1, OverflowError), ("x", TypeError):
            place = queue.reserve(10)
            with self.assertRaises(error), place:
                place.size = size
            self.assertTrue(queue.empty())
        with self.assertRaises(ValueError):
            with queue.reserve(1 << 30):
                pass

    def test_by_an_exception_nothing_is_put_and_what_is_held_comes_back(self):
        queue = byname.Queue(2)
        with self.assertRaises(KeyError), queue.reserve(10):
            raise KeyError
        self.assertTrue(queue.empty())
        fill(queue, b"first")
        queue.put("second")
        with self.assertRaises(KeyError), queue.hold():
            raise KeyError
        self.assertEqual((queue.get(), queue.get()), (b"first", "second"))

    def test_views_do_not_outlive_their_place(self):
        queue = byname.Queue()
        with queue.reserve(4) as written:
            written[:] = b"here"
        with queue.hold() as read:
            pass
        for view in written, read:
            with self.assertRaises(ValueError):
                view[0]
            with self.assertRaises(ValueError):
                view[1:]
            with self.assertRaises(ValueError):
                bytes(view)

    def test_a_slice_that_is_left_keeps_its_place(self):
        queue = byname.SimpleQueue(capacity=1 << 16)
        message = b"x" * 10000
        queue.put("first")
        self.assertEqual(queue.get(), "first")
        with self.assertRaises(BufferError):
            with queue.reserve(len(message)) as view:
                part = view[10:20]
        part[:] = b"0123456789"  # it is nobody else's memory yet
        self.assertTrue(queue.empty())
        for i in range(3):
            queue.put(message)
        self.assertEqual(bytes(part), b"0123456789")
        del part
        for i in range(3):
            self.assertEqual(queue.get(), message)
        with self.assertRaises(BufferError):
            fill(queue, message)
            with queue.hold() as view:
                part = view[10:20]
        self.assertTrue(queue.empty())
        self.assertEqual(bytes(part), b"x" * 10)
        part.release()
        self.assertEqual(queue.get(), message)  # which was not got, as the exception said

    def test_an_array_that_is_left_keeps_its_place(self):
        queue = byname.Queue()
        with self.assertRaises(BufferError):
            with queue.reserve(4) as view:
                array = (ctypes.c_char * 4).from_buffer(view)
        array[:] = b"safe"
        self.assertTrue(queue.empty())
        del array, view
        fill(queue, b"next")
        self.assertEqual(queue.get(), b"next")

    def test_an_exception_is_not_hidden_by_a_slice(self):
        queue = byname.Queue(1)
        with self.assertRaises(KeyError) as caught, queue.reserve(4) as view:
            part = view[1:]
            raise KeyError
        with self.assertRaises(Full):
            queue.put_nowait(1)
        del part, caught
        queue.put_nowait(1)
        self.assertEqual(queue.get(), 1)

    def test_full_empty_closed_and_twice(self):
        queue = byname.Queue(1)
        for wait in {"block": False}, {"timeout": 0.01}:
            with self.assertRaises(Empty), queue.hold(**wait):
                pass
        with queue.reserve(1) as view:
            view[0] = 65
            for wait in {"block": False}, {"timeout": 0.01}:
                with self.assertRaises(Full), queue.reserve(1, **wait):
                    pass
        place = queue.hold()
        with place:
            with self.assertRaises(ValueError), place:
                pass
        with self.assertRaises(ValueError), place:
            pass
        queue.close()
        for place in queue.reserve(1), queue.hold():
            with self.assertRaises(ValueError), place:
                pass

    def test_what_put_put_is_held_as_its_pickle(self):
        queue = byname.Queue(capacity=1 << 16)
        things = [1, {"two": [3.0]}, b"x" * 1000000]
        for thing in things:
            queue.put(thing)
        for thing in things:
            with self.assertRaises(KeyError), queue.hold() as view:
                raise KeyError
            with queue.hold() as view:
                self.assertEqual(pickle.loads(view), thing)
        self.assertTrue(queue.empty())

    def test_a_place_is_behind_what_was_put_before(self):
        queue = byname.Queue(capacity=1 << 16)
        for i in range(20):
            queue.put(bytes([i]) * 10000)
        with self.assertRaises(Full), queue.reserve(1, timeout=0.01):
            pass
        for i in range(20):
            self.assertEqual(queue.get(timeout=PATIENCE)[:1], bytes([i]))
        fill(queue, b"last")
        self.assertEqual(queue.get(timeout=PATIENCE), b"last")

    def test_other_processes(self):
        for context in self.contexts():
            requests, answers = byname.Queue(), byname.Queue()
            fill(requests, b"abc")
            self.run_in(context, answer_in_place, requests, answers)
            with answers.hold(timeout=PATIENCE) as view:
                self.assertEqual(bytes(view), b"cba")

    def test_who_dies_with_a_place(self):
        context = multiprocessing.get_context("spawn")
        queue, ready = byname.SimpleQueue(), byname.Event()
        fill(queue, b"precious")
        for what in hold_for_ever, reserve_for_ever:
            process = context.Process(target=what, args=(queue, ready))
            process.start()
            self.assertTrue(ready.wait(PATIENCE))
            ready.clear()
            process.kill()
            process.join()
            if what is hold_for_ever:
                with queue.hold(timeout=PATIENCE) as view:
                    self.assertEqual(bytes(view), b"precious")
            self.assertTrue(queue.empty())

    @unittest.skipUnless(can_fork(), "no fork")
    def test_a_place_is_not_a_forked_child_s(self):
        queue = byname.Queue()
        with queue.reserve(4) as view:
            view[:] = b"mine"
            pid = os.fork()
            if pid == 0:
                code = 1
                try:
                    queue.put("child")  # opens the queue anew
                    part = bytes(view)
                    view.release()
                    try:
                        memoryview(queue.reserve(1)._place)
                    except TypeError:
                        code = 0 if part == b"mine" else 2
                finally:
                    os._exit(code)
            self.assertEqual(os.waitpid(pid, 0)[1], 0)
        self.assertEqual({queue.get(timeout=PATIENCE), queue.get(timeout=PATIENCE)}, {b"mine", "child"})
