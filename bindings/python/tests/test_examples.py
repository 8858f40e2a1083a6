"""The programs of docs/python.md: as they fail with multiprocessing, and as they work with byname."""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from support import PATIENCE, ProcessTest

TOP = pathlib.Path(__file__).resolve().parents[3]
EXAMPLES = TOP / "bindings/python/examples"

# program: (what multiprocessing makes of it, what byname does)
EXPECTED = {
    "lock_to_pool": ("RuntimeError: Lock objects should only be shared between processes through inheritance", "[0, 1, 4, 9]\n"),
    "silent": ("done\n", "worked\nworked\ndone\n"),
    "executor": ("RuntimeError: Lock objects should only be shared between processes through inheritance", "6\n"),
    "event": ("nobody said go\n", "go!\n"),
    "counts": ("{}\n", "{'be': 1, 'to': 2}\n"),
    "killed": ("locked for ever\n", "have it\n"),
}


def changed(text):
    return re.sub(r"^.*  # or: (.*)$", r"\1", text, flags=re.M)


class Examples(ProcessTest):
    def run_program(self, name, text):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / f"{name}.py"
            path.write_text(text)
            done = subprocess.run([sys.executable, path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  timeout=PATIENCE)
            return done.stdout

    def test_as_they_are(self):
        for name, (before, _) in EXPECTED.items():
            with self.subTest(name):
                text = (EXAMPLES / f"{name}.py").read_text()
                output = self.run_program(name, text)
                self.assertTrue(output == before or (before.startswith("RuntimeError") and before in output), output)

    def test_with_the_marked_lines_changed(self):
        for name, (_, after) in EXPECTED.items():
            with self.subTest(name):
                text = (EXAMPLES / f"{name}.py").read_text()
                self.assertNotEqual(changed(text), text)
                self.assertEqual(self.run_program(name, changed(text)), after)

    @unittest.skipUnless((TOP / "docs/python.md").exists(), "no manual here")
    def test_the_manual_shows_them(self):
        page = (TOP / "docs/python.md").read_text()
        shown = dict(re.findall(r"<!-- bindings/python/examples/(\w+)\.py -->\n```python\n(.*?)```", page, re.S))
        self.assertEqual(set(shown), set(EXPECTED))
        for name, text in shown.items():
            self.assertEqual(text, (EXAMPLES / f"{name}.py").read_text())


if __name__ == "__main__":
    unittest.main()
