"""What the tests have in common."""

import multiprocessing
import os
import sys
import unittest
import uuid

METHODS = multiprocessing.get_all_start_methods()

# How long a test waits for what is bound to come.
PATIENCE = float(os.environ.get("BYNAME_TEST_PATIENCE", "60"))


def fresh_name():
    return f"python-test-{uuid.uuid4().hex}"


def can_fork():
    return hasattr(os, "fork")


class ProcessTest(unittest.TestCase):
    """Runs functions in other processes, of each way to start them."""

    def contexts(self):
        for method in METHODS:
            with self.subTest(method):
                yield multiprocessing.get_context(method)

    def run_in(self, context, function, *arguments, code=0):
        process = context.Process(target=function, args=arguments)
        process.start()
        del arguments
        self.join(process, code)

    def join(self, process, code=0):
        process.join(PATIENCE)
        if process.is_alive():
            process.kill()
            process.join()
            self.fail("the process did not end")
        if code is not None:
            self.assertEqual(process.exitcode, code)

    def interpreter(self, text, *arguments):
        """Another interpreter, with no common parent but this test."""
        import subprocess
        # Not in a folder that has the package's sources in it.
        return subprocess.Popen([sys.executable, "-c", text, *arguments], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True, cwd=os.path.dirname(os.path.abspath(__file__)))
