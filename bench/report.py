#!/usr/bin/env python3
"""Pages and pictures from what the benchmarks measured.

report.py RESULTS SYSTEM=FOLDER... [--record ROOT]
report.py --page ROOT

Each FOLDER holds a file of tables (a line of JSON each) from every benchmark that ran. RESULTS, a folder, gets
results.json, a picture of each table and of each curve, and the page performance.md. --record puts them into
the documentation in ROOT, and the headline into its README. Needs gnuplot; without it there are no pictures.
--page writes only the page of ROOT anew, from the results that are recorded there: after its words were changed
(page.md, reasons.txt).
"""
import argparse
import datetime
import fnmatch
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

# In this order; what is not named follows.
SECTIONS = {
    "lock": "Locks", "contended": "Locks that many want", "rwlock": "Reader-writer locks",
    "counter": "Counters", "wake": "Waking", "open": "Opening", "queue": "Queues", "dict": "Dictionaries",
    "spawn": "Starting processes", "pool": "Pools", "idle": "Doing nothing", "growth": "Growth",
}
SYSTEMS = {"linux": "Linux", "wine": "Windows, in Wine"}

# What the README shows of a system: what, program, a table's title, its row, and the peers beside the first.
HEADLINE = [
    ("lock and unlock, nobody contends", "lock", "lock and unlock, nobody contends", "byn_mutex",
     ["Boost named_mutex", "Python Lock", "flock", "APR global mutex"]),
    ("the same, 4 processes at it, per second", "contended", "4 processes, nothing in the section", "byn_mutex",
     ["Boost named_mutex", "Python Lock", "flock"]),
    ("raise a number, 4 processes at it", "counter", "a number that 4 processes raise", "byn_value_add",
     ["Python Value and its lock", "Python Manager Value and Lock"]),
    ("messages of 64 bytes to another process", "queue", "messages of 64 bytes, 1 putters, 1 getters", "byn_queue",
     ["Boost message_queue", "pipe", "POSIX message queue", "Python Queue", "Redis list"]),
    ("look up a key of 10,000", "dict", "get, 10000 entries, beside others", "byn_dict",
     ["LMDB", "Boost map", "Redis", "Python Manager dict"]),
    ("put a key of 10,000", "dict", "put, 10000 entries, beside others", "byn_dict",
     ["LMDB", "Boost map", "Redis", "Python Manager dict"]),
    ("an empty task, two workers", "pool", "an empty task, two workers", "byn_pool_submit",
     ["Python Pool.apply_async", "Python ProcessPoolExecutor", "xargs -P2"]),
    ("start a program and wait for it", "spawn", "start and wait", "byn_process, no options",
     ["Python subprocess.run"]),
]
HEADLINE_WINE = [
    ("lock and unlock, nobody contends", "lock", "lock and unlock, nobody contends", "byn_mutex", ["APR global mutex"]),
    ("wake and be woken, both asleep", "wake", "round trip on one processor", "byn_event", ["named pipe"]),
    ("messages of 64 bytes to another process", "queue", "messages of 64 bytes, 1 putters, 1 getters", "byn_queue",
     ["named pipe"]),
    ("look up a key of 10,000", "dict", "get, 10000 entries, beside others", "byn_dict", ["named pipe, there and back"]),
]

OWN, PEER = "#1f6fb2", "#9aa3ab"
LINES = ["#1f6fb2", "#d1495b", "#66a182", "#edae49", "#6a4c93", "#2e4057", "#8d96a3", "#b56576", "#00798c",
         "#a05a2c", "#ff9da7", "#444444"]


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def field(path, pattern):
    found = re.search(pattern, Path(path).read_text(), re.M) if os.path.exists(path) else None
    return found.group(1).strip() if found else ""


def machine():
    memory = field("/proc/meminfo", r"^MemTotal:\s*(\d+)")
    return {
        "processor": field("/proc/cpuinfo", r"^model name\s*:\s*(.*)$") or platform.machine(),
        "processors": len(os.sched_getaffinity(0)),
        "virtual": " hypervisor" in field("/proc/cpuinfo", r"^(flags\s*:.*)$"),
        "memory": f"{int(memory) / 2**20:.0f} GiB" if memory else "",
        "kernel": f"{platform.system()} {platform.release()}",
        "library": " ".join(platform.libc_ver()),
        "revision": output("git", "describe", "--always", "--dirty"),
        "day": datetime.date.today().isoformat(),
        "compiler": output("gcc", "--version").split("\n")[0],
        "wine": output("/usr/lib/wine/wine64", "--version") or output("wine", "--version"),
    }


def read(systems):
    order = list(SECTIONS)
    tables = []
    for system, folder in systems:
        files = sorted(Path(folder).glob("*.jsonl"),
                       key=lambda f: order.index(f.stem) if f.stem in order else len(order))
        for file in files:
            for line in file.read_text().splitlines():
                tables.append({"system": system, **json.loads(line)})
    return tables


# ---- Words


def number(value):
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}"


def shown(value, unit):
    if unit == "share":
        return f"{value:.2f}"
    scales = [(1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns")] if unit == "ns" else \
        [(1e6, "M/s"), (1e3, "k/s"), (1, "/s")]
    for least, name in scales:
        if value >= least or least == 1:
            return f"{number(value / least)} {name}"


def ratio_text(value):
    return f"{value:.2g}" if value < 0.1 else number(value)


def limit_text(table, goal):
    limit = shown(goal["limit"], table["unit"]) if goal["against"] == "" else f"{goal['limit']:.3g}"
    return f"{'<=' if table['unit'] == 'ns' else '>='} {limit}"


def goal_text(table, row):
    words = []
    for goal in row["goals"]:
        of = f" of {goal['against']}, is {ratio_text(goal['ratio'])}"
        if goal["against"] in ("", table["rows"][0]["name"]):
            of = ""
        words.append(f"{limit_text(table, goal)}{of}: {'reached' if goal['reached'] else '**missed**'}")
    return "; ".join(words)


def slug(*words):
    return re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower()).strip("-")


def name_of(table):
    return slug(table["system"] if table["system"] != "linux" else "", table["program"],
                table.get("picture") or table["title"])


# ---- Pictures


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("_", "\\\\_") + '"'


def plot(path, height, commands):
    script = [f"set terminal svg size 800,{height} font 'sans-serif,13' background '#ffffff'",
              f"set output '{path}'", "set border lc rgb '#555555'", *commands]
    subprocess.run(["gnuplot"], input="\n".join(script), text=True, check=True)


AXES = {"ns": ("time, less is better", "set format {} '%.0s %cs'", 1e-9),
        "/s": ("per second, more is better", "set format {} '%.0s%c'", 1),
        "share": ("share, more is better", "set format {} '%g'", 1)}


def draw_bars(table, path):
    """A bar for each row, and a line for the middle half of what was measured. The axis is logarithmic."""
    rows = table["rows"]
    title, axis, scale = AXES[table["unit"]]
    figures = [max(row["value"]["median"] * scale, 1e-12) for row in rows]
    ends = [(row["value"]["low"] * scale, row["value"]["high"] * scale) for row in rows]
    low, high = min(figures) / 3, max(figures) * 6
    data = [f"{i} {low:.6g} {f:.6g} {ends[i][0]:.6g} {ends[i][1]:.6g} {i - .35:.2f} {i + .35:.2f} "
            f"{PEER if row['peer'] else OWN}".replace("#", "0x") for i, (row, f) in enumerate(zip(rows, figures))]
    labels = [f"set label {quoted(shown(row['value']['median'], table['unit']))} at "
              f"{max(f, ends[i][1]) * 1.1:.6g},{i} font ',11'" for i, (row, f) in enumerate(zip(rows, figures))]
    tics = ", ".join(f"{quoted(row['name'])} {i}" for i, row in enumerate(rows))
    plot(path, 90 + 26 * len(rows), [
        "$rows << END", *data, "END", "set logscale x", axis.format("x"), "set mxtics 1",
        f"set xrange [{low:.6g}:{high:.6g}]", f"set yrange [{len(rows) - .4}:-0.6]", f"set ytics ({tics}) nomirror scale 0",
        "set xtics nomirror", f"set title {quoted(table['title'])}", f"set xlabel '{title}'",
        "set grid xtics lc rgb '#dddddd'", "unset key", *labels,
        "plot $rows using 3:1:2:3:6:7:8 with boxxyerror fill solid lc rgb variable, "
        "$rows using 3:1:4:5 with xerrorbars pt 0 lw 1.4 lc rgb '#333333'"])


def draw_curves(tables, path):
    """Each table of the picture is a line."""
    title, axis, scale = AXES[tables[0]["unit"]]
    blocks, plots = [], []
    for i, table in enumerate(tables):
        blocks += [f"$line{i} << END",
                   *(f"{max(row['at'], .5)} {row['value']['median'] * scale:.6g}" for row in table["rows"]), "END"]
        plots.append(f"$line{i} with linespoints pt 7 ps .5 lw 1.8 lc rgb '{LINES[i % len(LINES)]}' "
                     f"title {quoted(table['title'])}")
    tics = ", ".join(f"'{shown_at(row['at'], tables[0]['axis'])}' {max(row['at'], .5)}" for row in tables[0]["rows"])
    plot(path, 400, [*blocks, "set logscale xy", f"set xtics ({tics})", axis.format("y"), "set mytics 1",
                     f"set xlabel {quoted(tables[0]['axis'])}", f"set ylabel '{title}'",
                     f"set title {quoted(tables[0]['picture'])}",
                     "set key outside right top Left reverse samplen 1 font ',11'",
                     "set grid lc rgb '#dddddd'", "plot " + ", ".join(plots)])


def pictures(tables):
    """The pictures in the order of the page: those who are in it."""
    grouped = {}
    for table in tables:
        grouped.setdefault(name_of(table), []).append(table)
    return grouped


def draw(grouped, folder):
    if shutil.which("gnuplot") is None:
        print("no pictures: gnuplot is not there", file=sys.stderr)
        return False
    for name, tables in grouped.items():
        path = folder / f"{name}.svg"
        if "picture" in tables[0]:
            draw_curves(tables, path)
        else:
            draw_bars(tables[0], path)
    return True


# ---- The page


def grid(head, rows):
    line = "| " + " | ".join(head) + " |"
    return [line, "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in rows), ""]


def table_text(table):
    first = table["rows"][0]["name"]
    rows = []
    for row in table["rows"]:
        ratio = row["ratio"]
        rows.append([row["name"], shown(row["value"]["median"], table["unit"]), ratio_text(ratio["median"]),
                     f"{ratio_text(ratio['low'])} to {ratio_text(ratio['high'])}", goal_text(table, row)])
    return grid(["", "median", f"to {first}", "middle half", "goal"], rows)


def curve_text(tables):
    marks = [shown_at(row["at"], tables[0]["axis"]) for row in tables[0]["rows"]]
    rows = [[t["title"], *(shown(row["value"]["median"], t["unit"]) for row in t["rows"]),
             number(t["rows"][-1]["ratio"]["median"])] for t in tables]
    return grid([tables[0]["axis"], *marks, "last to first"], rows)


def shown_at(value, axis):
    if "bytes" in axis and value >= 1024:
        return f"{value / 2**20:.0f} MiB" if value >= 2**20 else f"{value / 1024:.0f} KiB"
    return f"{value:,.4g}" if value < 10000 else f"{value:,.0f}"


def goals_text(tables):
    rows = []
    for table in tables:
        for row in table["rows"]:
            for goal in row["goals"]:
                itself = goal["against"] == ""
                rows.append([SYSTEMS[table["system"]], table["title"], row["name"], goal["against"],
                             shown(goal["ratio"], table["unit"]) if itself else ratio_text(goal["ratio"]),
                             limit_text(table, goal), "reached" if goal["reached"] else "**missed**"])
    return grid(["", "table", "row", "beside", "is", "goal", ""], rows)


# ---- Why goals are missed


def read_reasons(path):
    """What reasons.txt says: [(the keys, the text)]. Its head says how it is written."""
    reasons = []
    for block in re.split(r"\n\s*\n", path.read_text()):
        lines = [line for line in block.strip().split("\n") if not line.startswith("#")]
        keys = [[part.strip() for part in line[1:].split("|")] for line in lines if line.startswith("=")]
        text = "\n".join(line for line in lines if not line.startswith("="))
        if any(len(key) != 3 for key in keys):
            sys.exit(f"{path}: a key is `= program | table | row`: {keys}")
        if keys:
            reasons.append((keys, text))
        elif text and reasons: # one more paragraph of the reason before it
            reasons[-1] = (reasons[-1][0], reasons[-1][1] + "\n\n" + text)
    return reasons


def reason_of(reasons, *names):
    for keys, text in reasons:
        if any(all(fnmatch.fnmatchcase(name, part) for name, part in zip(names, key)) for key in keys):
            return text
    return None


def reasons_text(tables, reasons):
    """Of each reason the goals that it explains, in the order of the page; last those that have none."""
    explained, unexplained = {}, []
    for table in tables:
        program = (f"{table['system']} " if table["system"] != "linux" else "") + table["program"]
        system = f" ({SYSTEMS[table['system']]})" if table["system"] != "linux" else ""
        for row in table["rows"]:
            missed = [goal for goal in row["goals"] if not goal["reached"]]
            if not missed:
                continue
            is_now = " and ".join(f"{shown(g['ratio'], table['unit']) if g['against'] == '' else ratio_text(g['ratio'])}"
                                  f", goal {limit_text(table, g)}" for g in missed)
            text = reason_of(reasons, program, table["title"], row["name"])
            what = f"* {table['title']}, {row['name']}{system}: {is_now}"
            if text is None:
                unexplained.append(what)
            else:
                explained.setdefault(text, []).append(what)
    lines = []
    for text, rows in explained.items():
        lines += [*rows, "", text, ""]
    if unexplained:
        lines += ["Not explained yet:", "", *unexplained, ""]
    return ["## Why goals are missed", "", *lines] if lines else []


def row_of(table, name):
    return next((row for row in table["rows"] if row["name"] == name), None) if table else None


def told(table, row):
    return f"{row['name']} {shown(row['value']['median'], table['unit'])}"


def headline_rows(tables, system, chosen, add):
    found = {(t["program"], t["title"]): t for t in tables if t["system"] == system}
    rows = []
    for what, program, title, name, peers in chosen:
        table = found.get((program, title))
        own = row_of(table, name)
        if own is None:
            continue
        beside = [told(table, row) for row in (row_of(table, peer) for peer in peers) if row]
        rows.append([what + add, shown(own["value"]["median"], table["unit"]), told(table, table["rows"][0]),
                     ", ".join(beside)])
    return rows


def headline(tables):
    rows = headline_rows(tables, "linux", HEADLINE, "")
    rows += headline_rows(tables, "wine", HEADLINE_WINE, f" ({SYSTEMS['wine']})")
    return grid(["", "byname", "the raw primitive", "others"], rows)


def machine_text(m):
    return [f"{m['processors']} processors, {m['processor']}{' (virtual machine)' if m['virtual'] else ''}, "
            f"{m['memory']}; {m['kernel']}, {m['library']}; {m['compiler']}" +
            (f"; {m['wine']}" if m["wine"] else "") + f". byname {m['revision']}, {m['day']}."]


def page(results, grouped, with_pictures):
    tables = results["tables"]
    here = Path(__file__).parent
    text = [(here / "page.md").read_text(), "## The machine", "", *machine_text(results["machine"]), "",
            "## In short", "", *headline(tables), "## Goals", "", *goals_text(tables),
            *reasons_text(tables, read_reasons(here / "reasons.txt"))]
    before = None
    for name, group in grouped.items():
        section = (group[0]["system"], group[0]["program"])
        if section != before:
            system = f" ({SYSTEMS[section[0]]})" if section[0] != "linux" else ""
            text += [f"## {SECTIONS.get(section[1], section[1])}{system}", ""]
            before = section
        title = group[0].get("picture") or group[0]["title"]
        text += [f"### {title}", ""]
        if with_pictures:
            text += [f"![{title}](performance/{name}.svg)", ""]
        text += curve_text(group) if "picture" in group[0] else table_text(group[0])
    return "\n".join(text).rstrip() + "\n"


def record(root, folder, lines):
    target = root / "docs" / "performance"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder / "performance", target)
    shutil.copy(folder / "performance.md", root / "docs" / "performance.md")
    shutil.copy(folder / "results.json", target / "results.json")
    readme = root / "README.md"
    marked = re.sub(r"(<!-- performance -->\n).*?(<!-- end of performance -->)",
                    lambda m: m.group(1) + "\n".join(lines) + m.group(2), readme.read_text(), flags=re.S)
    readme.write_text(marked)


def page_again(docs):
    results = json.loads((docs / "performance" / "results.json").read_text())
    drawn = any((docs / "performance").glob("*.svg"))
    (docs / "performance.md").write_text(page(results, pictures(results["tables"]), drawn))


def main():
    options = argparse.ArgumentParser()
    options.add_argument("results", type=Path, nargs="?")
    options.add_argument("systems", nargs="*", metavar="SYSTEM=FOLDER")
    options.add_argument("--record", type=Path, metavar="ROOT")
    options.add_argument("--page", type=Path, metavar="ROOT")
    given = options.parse_args()
    if given.page:
        page_again(given.page / "docs")
        return
    if given.results is None or not given.systems:
        options.error("RESULTS and a SYSTEM=FOLDER, or --page ROOT")

    results = {"machine": machine(), "tables": read([s.split("=", 1) for s in given.systems])}
    shutil.rmtree(given.results / "performance", ignore_errors=True)
    (given.results / "performance").mkdir(parents=True)
    (given.results / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    grouped = pictures(results["tables"])
    drawn = draw(grouped, given.results / "performance")
    (given.results / "performance.md").write_text(page(results, grouped, drawn))
    if given.record:
        record(given.record, given.results, headline(results["tables"]))


main()
