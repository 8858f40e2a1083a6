from concurrent.futures import ProcessPoolExecutor
from multiprocessing import set_start_method
from multiprocessing import Lock, Value  # or: from byname import Lock, Value


def add(lock, total, n):
    with lock:
        total.value += n


if __name__ == "__main__":
    set_start_method("spawn")
    lock, total = Lock(), Value("i")
    with ProcessPoolExecutor(2) as executor:
        for future in [executor.submit(add, lock, total, n) for n in (1, 2, 3)]:
            future.result()
    print(total.value)
