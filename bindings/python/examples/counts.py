from multiprocessing import Process, set_start_method

counts = {}  # or: import byname; counts = byname.dict(name="counts")


def count(word):
    counts[word] = counts.get(word, 0) + 1


if __name__ == "__main__":
    set_start_method("spawn")
    for word in "to", "be", "to":
        process = Process(target=count, args=(word,))
        process.start()
        process.join()
    print(dict(sorted(counts.items())))
