import multiprocessing
import os
import random
import unittest
from concurrent.futures import ProcessPoolExecutor

import byname
from support import PATIENCE, ProcessTest, can_fork, fresh_name

THINGS = [0, -1, 1 << 62, -(1 << 63), 1 << 70, 0.5, float("inf"), "", "text", "\N{SNOWMAN}", "\ud800", b"", b"\0bytes", True, False,
          None, (1, 2), [1, [2]], {"a": 1}, {1, 2}, frozenset("ab"), 1 + 2j, range(3), int, "x" * 5000, b"y" * 100000]


class Odd:
    def __init__(self, n):
        self.n = n

    def __eq__(self, other):
        return self.n == other.n

    def __hash__(self):
        return hash(self.n)


def put(shared, key, value):
    shared[key] = value


def add(shared, n):
    for _ in range(n):
        with shared:
            shared["n"] = shared.get("n", 0) + 1


def append(shared, n):
    for i in range(n):
        shared.append(i)


def set_attribute(namespace):
    namespace.answer = 42
    del namespace.question


def hold_and_die(shared):
    shared.acquire()
    os._exit(7)


class Dicts(ProcessTest):
    def test_what_goes_in_comes_out(self):
        shared = byname.dict()
        for thing in THINGS:
            shared["x"] = thing
            self.assertEqual(shared["x"], thing)
            self.assertIs(type(shared["x"]), type(thing))

    def test_keys(self):
        shared, own = byname.dict(), {}
        keys = [thing for thing in THINGS if not isinstance(thing, (list, dict, set))]
        keys += [1, 1.0, True, 1.5, 1e300, (1, ("a", "a")), (1.0, ("a", "aa"[:1])), (), ((),), Odd(3), Odd(3)]
        for number, key in enumerate(keys):
            shared[key] = own[key] = number
        self.assertEqual(len(shared), len(own))
        for key in keys:
            self.assertEqual(shared[key], own[key])
            self.assertIn(key, shared)
        self.assertEqual(shared.copy(), own)
        for unhashable in [], {}, ([],):
            with self.assertRaises(TypeError):
                shared[unhashable] = 1

    def test_as_a_dict_does(self):
        shared, own = byname.dict(), {}
        chance = random.Random(5)
        for _ in range(2000):
            key, value = chance.randrange(20), chance.randrange(1000)
            do = chance.choice(("set", "del", "pop", "get", "setdefault", "in", "len", "clear" if value < 20 else "set"))
            results = []
            for one in shared, own:
                try:
                    results.append({
                        "set": lambda: one.__setitem__(key, value), "del": lambda: one.__delitem__(key),
                        "pop": lambda: one.pop(key), "get": lambda: one.get(key, value), "in": lambda: key in one,
                        "setdefault": lambda: one.setdefault(key, value), "len": lambda: len(one), "clear": one.clear,
                    }[do]())
                except KeyError as error:
                    results.append(error.args)
            self.assertEqual(*results)
        self.assertEqual(shared, own)
        self.assertEqual(sorted(shared), sorted(own))
        self.assertEqual(sorted(shared.items()), sorted(own.items()))
        self.assertEqual(sorted(shared.values()), sorted(own.values()))

    def test_the_rest(self):
        shared = byname.dict({"a": 1}, b=2)
        shared.update([("c", 3)], d=4)
        self.assertEqual(shared | {"e": 5}, {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5})
        self.assertEqual(shared.pop("x", 9), 9)
        while shared:
            key, value = shared.popitem()
        with self.assertRaises(KeyError):
            shared.popitem()
        with self.assertRaises(KeyError):
            shared["x"]
        with self.assertRaises(KeyError):
            del shared["x"]
        shared["x"] = 1
        self.assertFalse(shared.replace("x", 2, 3))
        self.assertTrue(shared.replace("x", 1, 3))
        self.assertEqual(repr(shared), "byname.dict({'x': 3})")

    def test_other_processes(self):
        for context in self.contexts():
            shared = byname.dict()
            processes = [context.Process(target=add, args=(shared, 200)) for _ in range(3)]
            for process in processes:
                process.start()
            for process in processes:
                self.join(process)
            self.assertEqual(shared["n"], 600)
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
            for thing in "x", byname.Lock():
                executor.submit(put, shared, "thing", thing).result(PATIENCE)
                self.assertEqual(getattr(shared["thing"], "name", "x"), getattr(thing, "name", "x"))

    def test_by_name(self):
        name = fresh_name()
        shared = byname.dict(name=name)
        child = self.interpreter("import byname, sys; byname.dict(name=sys.argv[1])['from'] = ['afar']", name)
        child.communicate(timeout=PATIENCE)
        self.assertEqual(shared, {"from": ["afar"]})
        with self.assertRaises(byname.MismatchError):
            byname.list(name=name)

    def test_death_of_the_owner(self):
        for shared in byname.dict(), byname.list():
            self.run_in(multiprocessing.get_context("spawn"), hold_and_die, shared, code=7)
            with shared:
                self.assertTrue(shared.abandoned)
            with shared, shared:
                self.assertFalse(shared.abandoned)

    @unittest.skipUnless(can_fork(), "no fork() here")
    def test_fork(self):
        shared, other = byname.dict(a=1), byname.list([1])
        pid = os.fork()
        if pid == 0:
            shared["b"] = shared["a"] + len(shared) + len(other)
            other.append("a" in shared)
            os._exit(0)
        os.waitpid(pid, 0)
        self.assertEqual((shared["b"], other.copy()), (3, [1, True]))


class Lists(ProcessTest):
    def test_what_goes_in_comes_out(self):
        self.assertEqual(byname.list(THINGS).copy(), THINGS)
        for ours, thing in zip(byname.list(THINGS), THINGS):
            self.assertIs(type(ours), type(thing))

    def test_as_a_list_does(self):
        shared, own = byname.list(), []
        chance = random.Random(7)
        for _ in range(3000):
            index, value = chance.randrange(-12, 12), chance.randrange(1000)
            do = chance.choice(("append", "insert", "set", "del", "pop", "get", "in", "slice", "len", "remove", "index",
                                "extend", "clear" if value < 20 else "insert"))
            results = []
            for one in shared, own:
                try:
                    results.append({
                        "append": lambda: one.append(value), "insert": lambda: one.insert(index, value),
                        "set": lambda: one.__setitem__(index, value), "del": lambda: one.__delitem__(index),
                        "pop": lambda: one.pop(index), "get": lambda: one[index], "in": lambda: value in one,
                        "slice": lambda: one[index:], "len": lambda: len(one), "clear": one.clear,
                        "remove": lambda: one.remove(value), "index": lambda: one.index(value),
                        "extend": lambda: one.extend(iter((value, "x", None))),
                    }[do]())
                except (IndexError, ValueError) as error:
                    results.append(type(error))
            self.assertEqual(*results)
        self.assertEqual(shared, own)

    def test_extends_by_all_or_nothing(self):
        shared = byname.list(range(100))
        shared.extend(shared)
        self.assertEqual(shared, list(range(100)) * 2)
        shared.extend(())
        with self.assertRaises(Exception):
            shared.extend([1, lambda: 2])  # what cannot be pickled
        self.assertEqual(len(shared), 200)

    def test_the_rest(self):
        shared = byname.list("cab")
        shared.sort()
        self.assertEqual(shared, ["a", "b", "c"])
        shared.reverse()
        shared += "x"
        self.assertEqual(shared + ["y"], ["c", "b", "a", "x", "y"])
        shared[1:3] = [1, 2, 3]
        del shared[0:1]
        self.assertEqual(list(shared), [1, 2, 3, "x"])
        shared *= 2
        self.assertEqual((len(shared), shared.count(1), shared.index("x"), shared[-1]), (8, 2, 3, "x"))
        self.assertEqual(list(reversed(shared))[:2], ["x", 3])
        self.assertLess(byname.list([1]), [2])
        with self.assertRaises(IndexError):
            shared[8]
        with self.assertRaises(IndexError):
            byname.list().pop()
        with self.assertRaises(TypeError):
            shared["x"]

    def test_other_processes(self):
        for context in self.contexts():
            shared = byname.list()
            processes = [context.Process(target=append, args=(shared, 100)) for _ in range(3)]
            for process in processes:
                process.start()
            for process in processes:
                self.join(process)
            self.assertEqual(sorted(shared), sorted(list(range(100)) * 3))


class Namespaces(ProcessTest):
    def test_attributes(self):
        for context in self.contexts():
            namespace = byname.Namespace(question=1)
            self.run_in(context, set_attribute, namespace)
            self.assertEqual(namespace.answer, 42)
            self.assertFalse(hasattr(namespace, "question"))
            self.assertEqual(repr(namespace), "Namespace(answer=42)")
            with self.assertRaises(AttributeError):
                del namespace.question


if __name__ == "__main__":
    unittest.main()
