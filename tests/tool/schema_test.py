"""What the tests of the tool had it print as JSON fits docs/schema/byname.schema.json, all of it.

    schema_test.py NOTES SCHEMA TOOL PROGRAM...     the notes of json_notes.c; the test programs that write some

77: skipped. If all programs have written theirs, each part of the schema must have been used.
"""

import functools
import json
import os
import pathlib
import subprocess
import sys


def skip(why):
    print("skipped:", why)
    sys.exit(77)


try:
    from jsonschema import Draft202012Validator
except ImportError:
    system = "/usr/bin/python3"  # which has what the distribution installs
    if os.path.exists(system) and sys.executable != system:
        os.execv(system, [system, *sys.argv])
    skip("there is no jsonschema for this Python")

notes, schema_file, tool, *programs = sys.argv[1:]
schema = json.loads(pathlib.Path(schema_file).read_text(encoding="utf-8"))
outputs = schema["$defs"]
nouns = {name.split("-")[0] for name in outputs if "-" in name and not name.startswith(("show-", "pipe-"))}
of_lines = {"map", "dict-dump", "list-dump"}
failures = []
used = set()


def output_of(words):
    verb = words[0]
    return f"{verb}-{words[1]}" if verb in nouns else verb


@functools.cache
def validator(name):
    return Draft202012Validator({"$schema": schema["$schema"], "$ref": f"#/$defs/{name}", "$defs": outputs})


def values_of(name, text):
    if name in of_lines:
        return [json.loads(line) for line in text.splitlines()]
    return [json.loads(text)]


def check(words, text):
    name = output_of(words)
    if name not in outputs:
        failures.append(f"{words}: the schema knows no {name}")
        return 0
    try:
        values = values_of(name, text)
    except ValueError as error:
        failures.append(f"{words}: {error}: {text}")
        return 0
    for value in values:
        use = f"show-{value.get('kind')}" if name in ("show", "pool-show") else name
        used.update((name, use))
        for error in validator(use if use in outputs else name).iter_errors(value):
            failures.append(f"{words}: {error.json_path}: {error.message}")
    return len(values)


def next_words(*words):
    answer = subprocess.run([tool, "complete", "--", *words], capture_output=True, text=True, check=True).stdout
    kind, *lines = answer.splitlines() or ["files"]
    return [line.split("\t")[0] for line in lines] if kind == "words" else []


def asked_for():
    """The names of all outputs that some verb has by --json."""
    for verb in next_words("="):
        if verb in ("help", "version"):
            continue
        actions = [word for word in next_words(verb, "=") if verb in nouns and not word.startswith("-")]
        for words in [(verb, action) for action in actions] or [(verb,)]:
            if "--json" in next_words(*words, "=--"):
                yield "-".join(words)


Draft202012Validator.check_schema(schema)
files = {path.name.removesuffix(".exe.notes").removesuffix(".notes"): path
         for path in pathlib.Path(notes).glob("*.notes")}
if not files:
    skip("no test of the tool has run in this build")

count = 0
for path in files.values():
    for note in path.read_text(encoding="utf-8").split("\x1d")[:-1]:
        words, text = note.split("\x1e")
        count += check(words.split("\x1f")[:-1], text)
for name in asked_for():
    if name not in outputs:
        failures.append(f"byname {name} has --json, and the schema does not know it")
missing = sorted(set(programs) - set(files))
if missing:
    print("not all tests of the tool have run:", *missing)
else:
    parts = {"count", "pid", "kind", "scope", "type", "number", "party", "opener", "owner", "pipe-end"}
    failures += [f"no test prints {name}" for name in outputs if name not in used | parts]
print(f"{count} values of {len(used)} sorts")
print(*failures, sep="\n")
sys.exit(1 if failures else 0)
