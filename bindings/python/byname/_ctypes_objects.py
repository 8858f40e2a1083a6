"""Value and Array: ctypes objects in shared memory, with a lock, as multiprocessing has them."""

import ctypes
from multiprocessing.sharedctypes import typecode_to_type

from . import _byname

__all__ = ["Array", "RawArray", "RawValue", "Value"]

# Types of the library's arrays by what ctypes calls them; all others are records of bytes.
_REALS = {ctypes.c_float: 9, ctypes.c_double: 10}
_SIGNED = {1: 1, 2: 2, 4: 3, 8: 4}
_UNSIGNED = {1: 5, 2: 6, 4: 7, 8: 8}
_RECORD = 12


def _kind(type_):
    """(type of the library, size of a record) of an element."""
    size = ctypes.sizeof(type_)
    if type_ in _REALS:
        return _REALS[type_], 0
    if type_ is ctypes.c_bool:
        return 11, 0
    code = getattr(type_, "_type_", None)
    if isinstance(code, str) and code in "bhilq":
        return _SIGNED[size], 0
    if isinstance(code, str) and code in "cBHILQ":
        return _UNSIGNED[size], 0
    return _RECORD, size


class _Shared:
    """A ctypes object in shared memory. Its attributes are that object's; each access to one is for itself."""

    _lock = None

    def __init__(self, elements, type_, length, lock):
        shape = type_ if length is None else type_ * length
        fields = self.__dict__
        fields["_elements"] = elements
        fields["_type"] = type_
        fields["_length"] = length
        fields["_obj"] = shape.from_address(elements.address)
        if lock is not None:
            fields["_lock"] = lock
            fields["acquire"] = lock.acquire
            fields["release"] = lock.release

    def __reduce__(self):
        lock = None if self._lock is self._elements else self._lock
        return _rebuild, (type(self), self._elements, self._type, self._length, lock)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._obj, name)

    def __setattr__(self, name, value):
        setattr(self._obj, name, value)

    @property
    def name(self):
        """The full name, enough for any process to open the same."""
        return self._elements.name

    def __repr__(self):
        return f"<{type(self).__name__} of {self._obj!r} {self.name!r}>"


class _Sequence:
    def __len__(self):
        return self._length

    def __getitem__(self, index):
        return self._obj[index]

    def __setitem__(self, index, value):
        self._obj[index] = value


class Raw(_Shared):
    """A value without a lock."""


class RawSequence(_Sequence, Raw):
    """An array without a lock."""


class Synchronized(_Shared):
    """A value with a lock, which each access takes; hold it for what takes more than one."""

    def get_obj(self):
        """The ctypes object itself."""
        return self._obj

    def get_lock(self):
        """The lock, which its owner may acquire again."""
        return self._lock

    @property
    def abandoned(self):
        """Whether the lock's last owner had died when it was last acquired here."""
        return self._lock.abandoned

    def __enter__(self):
        return self._lock.__enter__()

    def __exit__(self, *exception):
        return self._lock.__exit__(*exception)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        with self._lock:
            return getattr(self._obj, name)

    def __setattr__(self, name, value):
        with self._lock:
            setattr(self._obj, name, value)

    @property
    def value(self):
        with self._lock:
            return self._obj.value

    @value.setter
    def value(self, value):
        with self._lock:
            self._obj.value = value


class SynchronizedArray(Synchronized):
    """An array with a lock."""

    def __len__(self):
        return self._length

    def __getitem__(self, index):
        with self._lock:
            return self._obj[index]

    def __setitem__(self, index, value):
        with self._lock:
            self._obj[index] = value


def _rebuild(cls, elements, type_, length, lock):
    if lock is None and issubclass(cls, Synchronized):
        lock = elements
    return cls(elements, type_, length, lock)


def _make(classes, type_, length, lock, name, keep, on_abandoned):
    kind, size = _kind(type_)
    elements = _byname.Elements(kind, size, 1 if length is None else max(length, 1), name, keep, on_abandoned)
    if lock in (True, None):
        lock = elements
    elif lock is False:
        lock = None
    elif not hasattr(lock, "acquire"):
        raise AttributeError(f"{lock!r} has no method 'acquire'")
    return classes[0 if lock is None else 1](elements, type_, length, lock)


def Value(typecode_or_type, *args, lock=True, name=None, keep=False, on_abandoned="note", ctx=None):
    """A ctypes object in shared memory, with a lock unless lock=False. Of one with a name the creator's arguments
    hold; who opens it in the instant of its creation may see zeros."""
    type_ = typecode_to_type.get(typecode_or_type, typecode_or_type)
    made = _make((Raw, Synchronized), type_, None, lock, name, keep, on_abandoned)
    if args and made._elements.created:
        made._obj.__init__(*args)
    return made


def Array(typecode_or_type, size_or_initializer, *, lock=True, name=None, keep=False, on_abandoned="note", ctx=None):
    """An array of ctypes objects in shared memory: as many zeros, or as what it is initialised with; as Value()."""
    type_ = typecode_to_type.get(typecode_or_type, typecode_or_type)
    initial = None
    if isinstance(size_or_initializer, int):
        length = size_or_initializer
    else:
        initial = list(size_or_initializer)
        length = len(initial)
    if length < 0:
        raise ValueError("the length is negative")
    made = _make((RawSequence, SynchronizedArray), type_, length, lock, name, keep, on_abandoned)
    if initial and made._elements.created:
        made._obj.__init__(*initial)
    return made


def RawValue(typecode_or_type, *args, **options):
    """A Value without a lock."""
    return Value(typecode_or_type, *args, lock=False, **options)


def RawArray(typecode_or_type, size_or_initializer, **options):
    """An Array without a lock."""
    return Array(typecode_or_type, size_or_initializer, lock=False, **options)
