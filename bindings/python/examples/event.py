from multiprocessing import get_context
from multiprocessing import Event  # or: from byname import Event

go = Event()  # or: go = Event(name="go")


def work():
    print("go!" if go.wait(3) else "nobody said go", flush=True)


if __name__ == "__main__":
    process = get_context("spawn").Process(target=work)
    process.start()
    go.set()
    process.join()
