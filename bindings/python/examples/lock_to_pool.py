from multiprocessing import Pool, set_start_method
from multiprocessing import Lock  # or: from byname import Lock


def square(lock, n):
    with lock:
        return n * n


if __name__ == "__main__":
    set_start_method("spawn")
    lock = Lock()
    with Pool(2) as pool:
        print(pool.starmap(square, ((lock, n) for n in range(4))))
