from multiprocessing import Process, set_start_method
from multiprocessing import Lock, Event  # or: from byname import Lock, Event


def work(lock, ready):
    with lock:
        ready.set()
        while True:
            pass


if __name__ == "__main__":
    set_start_method("spawn")
    lock, ready = Lock(), Event()
    process = Process(target=work, args=(lock, ready))
    process.start()
    ready.wait()
    process.kill()
    process.join()
    print("have it" if lock.acquire(timeout=3) else "locked for ever")
