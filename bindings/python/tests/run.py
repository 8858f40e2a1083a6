"""Runs all tests, or those that are named, with the objects in a folder of their own that must be empty
afterwards. The last line is "N passed, N failed, N skipped"."""

import os
import pathlib
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent


class Timed(unittest.TextTestResult):
    """Tells how long a test took, if it took long."""

    def startTest(self, test):
        self.begin = time.monotonic()
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        took = time.monotonic() - self.begin
        if took > 2:
            self.stream.writeln(f"    {took:.1f} s")


def left_over(folder):
    return [path.name for path in pathlib.Path(folder).rglob("*") if path.is_file()]


def main():
    folder = None
    if os.name != "nt":
        folder = tempfile.TemporaryDirectory(prefix="byname-python-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        os.environ["BYNAME_DIR"] = folder.name
    sys.path.insert(0, str(HERE))
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    loader = unittest.TestLoader()
    tests = loader.loadTestsFromNames(sys.argv[1:]) if sys.argv[1:] else loader.discover(str(HERE))
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout, resultclass=Timed).run(tests)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    for test, reason in result.skipped:
        print(f"SKIPPED {test}: {reason}")
    if folder is not None:
        import byname
        byname._share._at_exit()
        names = left_over(folder.name)
        if names:
            print("FAILED: left behind:", *names)
            failed += 1
        folder.cleanup()
    print(f"{max(result.testsRun - failed - len(result.skipped), 0)} passed, {failed} failed, {len(result.skipped)} skipped")
    return failed != 0 or result.testsRun == 0


if __name__ == "__main__":
    sys.exit(main())
