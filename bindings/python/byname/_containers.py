"""dict, list and Namespace, in place of a manager's: with the operations of Python's own, and no server.

A value that is got is a copy: change it and put it back. Each operation is one step for all others, but for those of
several, as `d[k] += 1` or sort(); hold the container for these: `with d: d[k] += 1`.
"""

import io
import pickle
from collections.abc import MutableMapping, MutableSequence
from multiprocessing.reduction import ForkingPickler

from . import _byname

__all__ = ["Namespace", "dict", "list"]

_dict, _list = dict, list


def _dumps(item):
    return bytes(ForkingPickler.dumps(item))


def _dumps_key(key):
    """Without a memo, so that equal keys have equal pickles, as far as that is possible."""
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream, 4)
    pickler.fast = True
    pickler.dump(key)
    return stream.getvalue()


_byname._set_pickle((_dumps, _dumps_key, pickle.loads))


class dict(_byname.Entries):
    """A dict that processes share, in no order.

    dict(name=...) opens the one of that name; dict(mapping or pairs, **items) makes a new one.
    """

    __slots__ = ()
    __hash__ = None

    def __new__(cls, initial=(), /, *, name=None, keep=False, limit=0, on_abandoned="note", **items):
        self = super().__new__(cls, name, keep, limit, on_abandoned)
        self.update(initial, **items)
        return self

    def __init__(self, *arguments, **items):
        pass

    def __iter__(self):
        return iter(self._snapshot("k"))

    def keys(self):
        """The keys of this moment."""
        return self._snapshot("k")

    def values(self):
        """The values of this moment."""
        return self._snapshot("v")

    def items(self):
        """(key, value) of this moment."""
        return self._snapshot("i")

    def copy(self):
        """A dict of Python's own with all that is there at this moment."""
        return _dict(self._snapshot("i"))

    def update(self, other=(), /, **items):
        """Put all of a mapping, or of pairs; each for itself."""
        pairs = ((key, other[key]) for key in other.keys()) if hasattr(other, "keys") else other
        for key, value in pairs:
            self[key] = value
        for key, value in items.items():
            self[key] = value

    def popitem(self):
        """Take one out."""
        while True:
            for key in self._snapshot("k"):
                try:
                    return key, self.pop(key)
                except KeyError:
                    pass  # another was quicker
            if not len(self):
                raise KeyError("popitem(): dictionary is empty")

    def get_lock(self):
        """Its lock, for what takes several operations: itself."""
        return self

    def __eq__(self, other):
        if isinstance(other, dict):
            other = other.copy()
        return self.copy() == other if isinstance(other, _dict) else NotImplemented

    def __or__(self, other):
        return self.copy() | (other.copy() if isinstance(other, dict) else other)

    def __ror__(self, other):
        return other | self.copy()

    def __ior__(self, other):
        self.update(other)
        return self

    def __reversed__(self):
        return reversed(self._snapshot("k"))

    def __repr__(self):
        return f"byname.dict({self.copy()!r})"


class list(_byname.Row):
    """A list that processes share.

    list(name=...) opens the one of that name; list(iterable) makes a new one.
    """

    __slots__ = ()
    __hash__ = None

    def __new__(cls, initial=(), /, *, name=None, keep=False, limit=0, on_abandoned="note"):
        self = super().__new__(cls, name, keep, limit, on_abandoned)
        self.extend(initial)
        return self

    def __init__(self, *arguments, **options):
        pass

    def __setitem__(self, index, value):
        if isinstance(index, slice):
            with self:
                all_ = self._snapshot()
                all_[index] = value
                self._replace(all_)
        else:
            self._assign(index, value)

    def __delitem__(self, index):
        if isinstance(index, slice):
            with self:
                all_ = self._snapshot()
                del all_[index]
                self._replace(all_)
        else:
            self._delete(index)

    def _replace(self, items):
        """Make it these; under its lock, and not in one step."""
        before = self._snapshot()
        for index in range(min(len(before), len(items))):
            if before[index] is not items[index]:
                self._assign(index, items[index])
        for _ in range(len(items), len(before)):
            self._delete(-1)
        self._extend(items[len(before):])

    def extend(self, items):
        """Append all, in one step."""
        self._extend(items._snapshot() if isinstance(items, list) else _list(items))

    def remove(self, value):
        """Take the first out that is equal."""
        with self:
            self._delete(self.index(value))

    def index(self, value, start=0, stop=9223372036854775807):
        """Where the first is that is equal."""
        return self._snapshot().index(value, start, stop)

    def count(self, value):
        """How many are equal."""
        return self._snapshot().count(value)

    def copy(self):
        """A list of Python's own with all that is there at this moment."""
        return self._snapshot()

    def reverse(self):
        """Turn it round, under its lock."""
        with self:
            self._replace(self._snapshot()[::-1])

    def sort(self, *, key=None, reverse=False):
        """Sort it, under its lock."""
        with self:
            self._replace(sorted(self._snapshot(), key=key, reverse=reverse))

    def get_lock(self):
        """Its lock, for what takes several operations: itself."""
        return self

    def __iter__(self):
        index = 0
        while True:
            try:
                yield self[index]
            except IndexError:
                return
            index += 1

    def __reversed__(self):
        return reversed(self._snapshot())

    def __contains__(self, value):
        return value in self._snapshot()

    def _other(self, other):
        return other._snapshot() if isinstance(other, list) else other

    def __eq__(self, other):
        other = self._other(other)
        return self._snapshot() == other if isinstance(other, _list) else NotImplemented

    def __lt__(self, other):
        return self._snapshot() < self._other(other)

    def __le__(self, other):
        return self._snapshot() <= self._other(other)

    def __gt__(self, other):
        return self._snapshot() > self._other(other)

    def __ge__(self, other):
        return self._snapshot() >= self._other(other)

    def __add__(self, other):
        return self._snapshot() + self._other(other)

    def __radd__(self, other):
        return other + self._snapshot()

    def __mul__(self, n):
        return self._snapshot() * n

    __rmul__ = __mul__

    def __iadd__(self, other):
        self.extend(other)
        return self

    def __imul__(self, n):
        with self:
            self._replace(self._snapshot() * n)
        return self

    def __repr__(self):
        return f"byname.list({self._snapshot()!r})"


MutableMapping.register(dict)
MutableSequence.register(list)


class Namespace:
    """Attributes that processes share. Those that begin with an underscore are not shared."""

    def __init__(self, /, *, name=None, keep=False, **attributes):
        self._entries = _byname.Entries(name, keep)
        for key, value in attributes.items():
            setattr(self, key, value)

    def __getstate__(self):
        return self._entries

    def __setstate__(self, state):
        object.__setattr__(self, "_entries", state)

    def __getattr__(self, key):
        if key.startswith("_"):
            raise AttributeError(key)
        try:
            return self._entries[key]
        except KeyError:
            raise AttributeError(f"the namespace has no attribute {key!r}") from None

    def __setattr__(self, key, value):
        if key.startswith("_"):
            object.__setattr__(self, key, value)
        else:
            self._entries[key] = value

    def __delattr__(self, key):
        try:
            del self._entries[key]
        except KeyError:
            raise AttributeError(f"the namespace has no attribute {key!r}") from None

    def __dir__(self):
        return [*super().__dir__(), *self._entries._snapshot("k")]

    def __eq__(self, other):
        if not isinstance(other, Namespace):
            return NotImplemented
        return _dict(self._entries._snapshot("i")) == _dict(other._entries._snapshot("i"))

    def __repr__(self):
        items = sorted(self._entries._snapshot("i"))
        return f"Namespace({', '.join(f'{key}={value!r}' for key, value in items)})"
