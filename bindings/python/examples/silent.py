from multiprocessing import Pool, set_start_method
from multiprocessing import Lock  # or: from byname import Lock


def work(lock, n):
    with lock:
        print("worked", flush=True)


if __name__ == "__main__":
    set_start_method("spawn")
    lock = Lock()
    with Pool(2) as pool:
        pool.starmap_async(work, ((lock, n) for n in range(2)))
        pool.close()
        pool.join()
    print("done")
