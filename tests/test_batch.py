"""`assess batch`: what it writes, what it refuses, and that it can be stopped at any moment and gone on with."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from tests.support.batches import (
    PACK,
    Rated,
    batch,
    document,
    drawn,
    ordinary,
    rejects,
    results,
    said,
    table,
    write_csv,
    write_parquet,
)
from tests.support.command import ROOT, run

from escalation.bulk.batch import Request, carried_out, one_by_one, prepared
from escalation.bulk.inputs import Partition
from escalation.bulk.manifest import held
from escalation.bulk.partition import Done
from escalation.bulk.progress import Progress
from escalation.bulk.reading import Job
from escalation.bulk.results import about_of
from escalation.diagnostics import InputError

ROWS = drawn(3, 120)
SUMMARY = {"out", "rated", "rejected", "codes", "levels", "seconds"}


def folder_of(path: Path, rows: list[dict[str, str]]) -> Path:
    """Rows as YAML files of a folder, in their order."""
    path.mkdir()
    for i, row in enumerate(rows):
        (path / f"{i:06}.yaml").write_text(document(row))
    return path


def json_line(text: str) -> str:
    """A YAML scenario as a line of JSON, every scalar but numbers and flags a text."""
    import yaml

    found = yaml.load(text, Loader=yaml.BaseLoader)
    return json.dumps(_typed(found))


def _typed(value: object) -> object:
    if isinstance(value, dict):
        return {key: _typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_typed(inner) for inner in value]
    return value == "true" if value in ("true", "false") else value


# -- documents


@pytest.mark.slow
def test_folders_are_rated_as_assess_rates_their_files(tmp_path):
    folder = folder_of(tmp_path / "in", ROWS)
    (folder / "notes.txt").write_text("no scenario")
    batch(tmp_path / "out", folder)
    assert results(tmp_path / "out") == {i: said(row) for i, row in enumerate(ROWS)}
    rows = table(tmp_path / "out").to_pydict()
    assert [Path(source).name for source in rows["source"]] == [f"{row:06}.yaml" for row in rows["row"]]


def test_files_named_one_after_the_other_are_one_input(tmp_path):
    files = sorted(folder_of(tmp_path / "in", ROWS[:30]).iterdir())
    batch(tmp_path / "out", *files[:10], write_csv(tmp_path / "t.csv", ROWS[:5]), *files[10:])
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert [one[1:3] for one in manifest["inputs"]] == [["documents", 10], ["csv", 5], ["documents", 20]]
    order = [*ROWS[:10], *ROWS[:5], *ROWS[10:30]]
    assert results(tmp_path / "out") == {i: said(row) for i, row in enumerate(order)}


@pytest.mark.parametrize("packed", [False, True])
def test_lines_of_json_say_what_yaml_says(tmp_path, packed):
    lines = "".join(json_line(document(row)) + "\n" for row in ROWS).encode()
    path = tmp_path / f"in.jsonl{'.gz' if packed else ''}"
    path.write_bytes(gzip.compress(lines) if packed else lines)
    batch(tmp_path / "out", path, most=50)
    assert results(tmp_path / "out") == {i: said(row) for i, row in enumerate(ROWS)}
    assert len(list((tmp_path / "out").glob("part-*"))) == (1 if packed else 3)


GOOD = json_line(document({"id": "r", "as_of": "2022-12-14", "perceiver": "RUS", "items[0].role": "armour"}))
LINES = [
    ("{", "JSON-2"),
    ("[]", "TYPE-1"),
    ('{"id": "a", "id": "b"}', "YAML-2"),
    ("[" * 5000 + "]" * 5000, "YAML-4"),
    (GOOD.replace('"role": "armour"', '"range": NaN'), "NUM-1"),
    (GOOD.replace('"role": "armour"', '"range": 0.30000000000000004'), "NUM-2"),
    (GOOD.replace("armour", "\udc80"), "FILE-3"),
    (GOOD.replace("armour", "x" * (1 << 20)), "FILE-2"),
]


@pytest.mark.parametrize(("line", "code"), LINES, ids=[code for _, code in LINES])
def test_a_bad_line_is_refused_with_its_number_and_stops_nothing(tmp_path, line, code):
    text = f"{GOOD}\n\n{line}\n{GOOD}"
    (tmp_path / "in.jsonl").write_bytes(text.encode("utf-8", "surrogateescape"))
    summary = batch(tmp_path / "out", tmp_path / "in.jsonl")
    assert summary.rated == 2 and code in summary.codes
    assert {(one["row"], one["line"]) for one in rejects(tmp_path / "out")} == {(2, 3)}
    assert table(tmp_path / "out")["line"].to_pylist() == [1, 4]


def test_null_in_json_is_not_stated(tmp_path):
    line = json.dumps({**json.loads(GOOD), "warnings": None, "transfer": {"supplier_personnel": None}})
    (tmp_path / "in.jsonl").write_text(f"{GOOD}\n{line}\n")
    batch(tmp_path / "out", tmp_path / "in.jsonl")
    first, second = results(tmp_path / "out").values()
    assert first == second


# -- what is written


def test_a_run_says_what_it_is_made_of(tmp_path):
    folder = folder_of(tmp_path / "in", ROWS[:20])
    summary = batch(tmp_path / "out", folder, write_csv(tmp_path / "t.csv", ROWS), most=50)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["state"] == "complete"
    assert manifest["about"]["pack"]["digest"] == PACK.digest
    assert [one[:3] for one in manifest["inputs"]] == [
        [str(folder), "documents", 20],
        [str(tmp_path / "t.csv"), "csv", 120],
    ]
    assert sum(one["rated"] for one in manifest["done"]) == summary.rated == table(tmp_path / "out").num_rows
    assert (
        sum(one["refused"] for one in manifest["done"])
        == summary.refused
        == len({r["row"] for r in rejects(tmp_path / "out")})
    )
    about = about_of(pq.read_schema(tmp_path / "out" / "part-00000.parquet"))
    assert about and about["kind"] == "batch"
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"manifest.json", "rejects.jsonl", *(f"part-{i:05}.parquet" for i in range(4))}


def test_levels_are_counted(tmp_path):
    summary = batch(tmp_path / "out", write_csv(tmp_path / "t.csv", ROWS), most=31)
    rows = table(tmp_path / "out")
    for scale, counts in summary.levels.items():
        assert counts == [rows[f"{scale}_level"].to_pylist().count(level) for level in range(1, 6)]


# -- the command


def test_the_summary_for_people_and_for_programs(tmp_path):
    path = write_csv(tmp_path / "t.csv", ROWS)
    found = run("batch", path, "-o", tmp_path / "a", "--workers", "1")
    assert (found.code, found.err) == (0, "")
    assert "rated" in found.out and "severe" in found.out and "assess explain CODE" in found.out
    found = run("batch", path, "-o", tmp_path / "b", "--format", "json", "--fail-on-rejects", "--workers", "1")
    data = json.loads(found.out)
    assert found.code == 1 and data.keys() == SUMMARY
    assert data["rated"] + data["rejected"] == len(ROWS)
    assert sum(data["levels"]["escalation"].values()) == data["rated"]


def test_a_mapping_file_says_what_columns_hold(tmp_path):
    (tmp_path / "t.csv").write_text("Reach\n300\n")
    (tmp_path / "m.yaml").write_text(
        "map: {Reach: 'items[0].range'}\nset: {as_of: 2022-12-14, perceiver: RUS, 'items[0].role': deep_strike}\n"
    )
    found = run("batch", tmp_path / "t.csv", "-o", tmp_path / "out", "--mapping", tmp_path / "m.yaml")
    assert (found.code, "1 rated" in found.out) == (0, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere.csv", "-o", "out"], "FILE-1"),
        (["t.xlsx", "-o", "out"], "TAB-5"),
        (["t.parquet", "-o", "out"], "TAB-5"),
        (["empty", "-o", "out"], "FILE-4"),
        (["t.csv", "-o", "t.csv"], "OUT-1"),
        (["t.csv", "-o", "empty/../full"], "OUT-1"),
        (["t.csv", "-o", "full", "--resume"], "OUT-1"),
        (["t.csv", "-o", "out", "--map", "x"], "HEADER=PATH"),
    ],
)
def test_what_cannot_be_done_is_told(tmp_path, words, message):
    write_csv(tmp_path / "t.csv", ROWS[:3])
    (tmp_path / "t.xlsx").write_bytes(b"")
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("keep me")
    found = run("batch", *words, cwd=tmp_path)
    assert (found.code, found.out) == (2, "") and message in found.err
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["thesis.txt"]


def test_without_the_extra_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    found = run("batch", "t.csv", "-o", tmp_path / "out")
    assert (found.code, found.err.count("\n")) == (2, 1) and "escalation-assess[bulk]" in found.err


# -- stopped, and gone on with


def contents(out: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


LIMITED = """
import resource, sys
from escalation.cli import main
most = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
main()
"""


def started(*words: object, limit: int = 0) -> subprocess.Popen[str]:
    """`assess WORDS...` in a process and a session of its own; `limit` is how long a file it may write, in bytes."""
    program = ["-c", LIMITED, str(limit)] if limit else ["-m", "escalation"]
    return subprocess.Popen(
        [sys.executable, *program, *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "engine")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str], seconds: float = 120) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err


def after_parts(out: Path, number: int, process: subprocess.Popen[str]) -> None:
    """Wait until so many part files are there."""
    while len(list(out.glob("part-*.parquet"))) < number and process.poll() is None:
        time.sleep(0.005)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A folder of documents, lines of JSON, CSV and Parquet."""
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "l.jsonl").write_text("".join(json_line(document(row)) + "\n" for row in drawn(21, 400)))
    return [
        folder_of(folder / "in", drawn(20, 400)),
        folder / "l.jsonl",
        write_csv(folder / "t.csv", drawn(22, 2000)),
        write_parquet(folder / "t.parquet", drawn(23, 2000)),
    ]


@pytest.fixture(scope="module")
def whole(inputs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a run that nobody stopped."""
    out = tmp_path_factory.mktemp("whole") / "out"
    assert run("batch", *inputs, "-o", out, "--part-rows", "100", "--workers", "1").code == 0
    return out


def same(out: Path, whole: Path) -> bool:
    """Whether two folders of results are equal, byte for byte."""
    return contents(out) == contents(whole)


@pytest.mark.slow
def test_killed_at_random_moments_nothing_is_lost_and_nothing_twice(inputs, whole, tmp_path):
    rng, out, kills = random.Random(1), tmp_path / "out", 0
    words = ["batch", *inputs, "-o", out, "--part-rows", "100", "--resume"]
    for i in range(20):
        process = started(*words, "--workers", 1 + i % 2)
        after_parts(out, i * 2, process)
        time.sleep(rng.random() * 0.2)
        os.killpg(process.pid, signal.SIGKILL)
        code, _, err = finish(process)
        kills += code == -signal.SIGKILL
        assert code in (0, -signal.SIGKILL), err
    code, _, err = finish(started(*words))
    assert (code, err) == (0, "") and kills >= 15
    assert same(out, whole)


@pytest.mark.slow
def test_an_only_parent_that_is_killed_leaves_no_workers(inputs, tmp_path):
    process = started("batch", *inputs, "-o", tmp_path / "out", "--part-rows", "100", "--workers", "2")
    after_parts(tmp_path / "out", 2, process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.1)
    else:
        pytest.fail("workers are still there")
    process.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("workers", [1, 2])
def test_interrupted_it_says_how_to_go_on(inputs, whole, tmp_path, how, workers):
    out = tmp_path / "out"
    words = ["batch", *inputs, "-o", out, "--part-rows", "100", "--workers", workers]
    process = started(*words)
    after_parts(out, 3, process)
    os.killpg(process.pid, how) if how == signal.SIGINT else process.send_signal(how)  # Ctrl-C reaches all
    code, printed, err = finish(process)
    assert (code, printed) == (130, "")
    assert err.count("\n") == 1 and "--resume" in err
    assert not list(out.glob("*.unfinished"))
    assert finish(started(*words, "--resume"))[0] == 0
    assert same(out, whole)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_is_told_in_one_line_and_gone_on_from(inputs, whole, tmp_path, workers):
    out = tmp_path / "out"
    words = ["batch", *inputs, "-o", out, "--part-rows", "100", "--workers", workers]
    code, printed, err = finish(started(*words, limit=9000))
    assert (code, printed) == (2, "")
    assert err.count("\n") == 1 and "File too large" in err and "--resume" in err
    assert finish(started(*words, "--resume"))[0] == 0
    assert same(out, whole)


@pytest.mark.slow
@pytest.mark.parametrize("change", ["folder", "another file", "csv", "options", "inputs", "pack"])
def test_it_goes_on_only_with_what_it_began_with(inputs, tmp_path, change):
    own = [shutil.copytree(inputs[0], tmp_path / "in"), shutil.copy(inputs[2], tmp_path / "t.csv")]
    out, rules = tmp_path / "out", shutil.copytree(ROOT / "rules", tmp_path / "rules")
    words = ["batch", *own, "-o", out, "--part-rows", "100", "--workers", "1", "--rules", rules]
    process = started(*words)
    after_parts(out, 2, process)
    os.killpg(process.pid, signal.SIGKILL)
    finish(process)
    if change == "another file":
        (tmp_path / "in" / "more.yaml").write_text(document(ROWS[0]))
    elif change == "folder":
        (tmp_path / "in" / "000003.yaml").write_text(document(ROWS[0]))
    elif change == "csv":
        Path(own[1]).write_text("")
    elif change == "options":
        words[words.index("100")] = "99"
    elif change == "inputs":
        words.insert(1, inputs[3])
    else:
        pack = rules / "pack.yaml"
        pack.write_text(pack.read_text().replace("limited: 2,", "limited: 3,"))
    before = contents(out)
    found = run(*words, "--resume")
    assert (found.code, found.out) == (2, "") and "OUT-2" in found.err
    assert contents(out) == before


def test_inputs_that_change_while_they_are_rated_complete_nothing(tmp_path):
    path = write_csv(tmp_path / "t.csv", ROWS)
    request = Request((str(path),), str(tmp_path / "out"), most=50)
    (tmp_path / "out").mkdir()

    def runner(job: Job, partitions: Iterable[Partition]) -> Iterator[Done]:
        for one in one_by_one(job, partitions):
            path.write_text(path.read_text() + "\n")
            yield one

    run_, done = prepared(request, PACK, False)
    with pytest.raises(InputError, match=r"OUT-2 .*while it was rated"):
        carried_out(run_, PACK, done, runner, lambda one: None)
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["state"] == "running"


@pytest.mark.slow
def test_a_run_that_is_complete_is_left_as_it_is(inputs, whole, tmp_path):
    before = contents(whole)
    again = run("batch", *inputs, "-o", whole, "--part-rows", "100", "--resume", "--format", "json")
    assert again.code == 0 and json.loads(again.out)["rated"] == table(whole).num_rows
    assert contents(whole) == before
    found = run("batch", *inputs, "-o", whole, "--part-rows", "100")
    assert found.code == 2 and "OUT-1" in found.err
    assert contents(whole) == before


# -- much of it


def many_files(folder: Path, number: int) -> set[str]:
    """So many small YAML files, one in a thousand broken in its third line; the names of these."""
    folder.mkdir()
    texts = [document(row) for row in drawn(8, 500, 0.3, 1.0) if isinstance(said(row), Rated)]
    broken = set()
    for i in range(number):
        name, text = f"{i:06}.yaml", texts[i % len(texts)]
        if i % 1000 == 500:
            broken.add(name)
            text = text.replace("id: ", "id: [", 1)
        (folder / name).write_text(text)
    return broken


def check_many_files(tmp_path: Path, number: int) -> float:
    """Rate so many files; the files for each second."""
    broken = many_files(tmp_path / "in", number)
    code, out, err = finish(started("batch", tmp_path / "in", "-o", tmp_path / "out", "--format", "json"), 1800)
    data = json.loads(out)
    assert (code, data["rated"], data["rejected"]) == (0, number - len(broken), len(broken)), err
    assert {(Path(one["source"]).name, one["line"], one["code"]) for one in rejects(tmp_path / "out")} == {
        (name, 4, "YAML-1") for name in broken
    }
    rows = table(tmp_path / "out")
    assert rows["row"].to_pylist() == [i for i in range(number) if i % 1000 != 500]
    return number / data["seconds"]


@pytest.mark.slow
def test_two_thousand_files_with_broken_ones_among_them(tmp_path):
    check_many_files(tmp_path, 2000)


@pytest.mark.long
def test_a_hundred_thousand_files(tmp_path):
    rate = check_many_files(tmp_path, 100_000)
    print(f"{rate:,.0f} files a second")  # noqa: T201 - a figure to record
    assert rate > 500


PEAK = """
import sys
from escalation.cli import main
try:
    main()
finally:
    print([line for line in open("/proc/self/status") if line.startswith("VmHWM")][0].split()[1], file=sys.stderr)
"""


def peak(*words: object) -> float:
    """The most memory that a run in one process has held, in MiB. (What `getrusage` says counts the parent's too.)"""
    command = [sys.executable, "-c", PEAK, *map(str, words), "--workers", "1"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=120)
    return int(done.stderr) / 1024


def long_csv(path: Path, rows: int) -> Path:
    own = ordinary(9, 100)[:50]
    body = write_csv(path, own).read_text().split("\n", 1)
    path.write_text(f"{body[0]}\n{body[1] * (rows // len(own))}")
    return path


def long_parquet(path: Path, rows: int) -> Path:
    """One row group, as large as the file."""
    own = ordinary(9, 100)[:50]
    part = pq.read_table(write_parquet(path, own))
    pq.write_table(pa.concat_tables([part] * (rows // len(own))), path, row_group_size=rows)
    return path


@pytest.mark.slow
@pytest.mark.parametrize(("make", "ending"), [(long_csv, "csv"), (long_parquet, "parquet")], ids=["csv", "parquet"])
def test_memory_does_not_grow_with_the_input(tmp_path, make, ending):
    few, many = (
        peak("batch", make(tmp_path / f"{rows}.{ending}", rows), "-o", tmp_path / str(rows))
        for rows in (300_000, 900_000)
    )
    assert many < few * 1.2, f"{few:,.0f} and {many:,.0f} MiB"
    assert many < 1024


WORDS = (
    *("transfer.supplier_personnel", "transfer.targeting_support", "transfer.public_profile"),
    *("items[0].target_reach", "items[0].permitted_targets", "items[0].precedent", "items[0].nuclear_association"),
    *("warnings[0].kind", "warnings[0].office", "warnings[1].kind", "warnings[1].office", "context.war"),
)


def plain_table(rows: int) -> pa.Table:
    """Rows of plain words and numbers, each with an item and two warnings, a tenth of the cells empty."""
    rng = np.random.default_rng(7)

    def drawn_words(path: str, empty: float = 0.1) -> pa.Array:
        kind, name = re.sub(r"s?(\[.])?\.", " ", path).split()
        words = list(PACK.vocabulary.fields[f"{kind}.{name}"].words)
        return pa.array(np.array(words)[rng.integers(0, len(words), rows)], pa.string(), mask=rng.random(rows) < empty)

    days = [np.where(rng.random(rows) < 0.5, f"2022-1{i}-01", f"2022-1{i}-11") for i in range(2)]
    return pa.table(
        {
            "id": pa.array([f"r-{i}" for i in range(rows)]),
            "as_of": pa.array(["2022-12-14"] * rows),
            "perceiver": pa.array(["RUS"] * rows),
            "items[0].role": drawn_words("items[0].role", 0),
            "items[0].range": pa.array(np.round(rng.random(rows) * 900, 1)),
            "warnings[0].date": pa.array(days[0]),
            "warnings[1].date": pa.array(days[1]),
            **{path: drawn_words(path) for path in WORDS},
        }
    )


@pytest.mark.long
def test_tables_of_plain_rows_are_rated_fast(tmp_path):
    """By the time of one processor, which other work on the machine moves less than the clock."""
    rows = plain_table(1_000_000)
    pq.write_table(rows, tmp_path / "t.parquet", row_group_size=250_000)
    pa.csv.write_csv(rows, tmp_path / "t.csv")
    batch(tmp_path / "warm", tmp_path / "t.parquet")
    for name, least in (("t.parquet", 600_000), ("t.csv", 200_000)):
        began = time.process_time()
        assert batch(tmp_path / f"{name} out", tmp_path / name).rated == rows.num_rows
        rate = rows.num_rows / (time.process_time() - began)
        print(f"{name}: {rate:,.0f} rows for a second of one processor")  # noqa: T201 - a figure to record
        assert rate > least


# -- how far it has come


class Screen(io.StringIO):
    """A terminal, or not."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


def shown(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> str:
    """What is shown of 1,000 rows of which 200 were done before, 100 rated each three seconds."""
    now = [0.0]
    monkeypatch.setattr("escalation.bulk.progress.time.monotonic", lambda: now[0])
    screen = Screen(terminal)
    progress = Progress(1000, 200, stream=screen)
    for _ in range(8):
        now[0] += 3
        progress.add(100)
    progress.close()
    return screen.getvalue()


def test_progress_is_a_bar_on_a_terminal_and_a_line_now_and_then_in_a_log(monkeypatch):
    log = shown(monkeypatch, False)
    assert log.splitlines() == [
        "600 of 1,000 rows (60%), 33/s, 0:12 left",
        "1,000 of 1,000 rows (100%), 33/s, 0:00 left",
    ]
    bars = shown(monkeypatch, True).split("\r\x1b[K")
    assert bars[1] == f"[{'#' * 7}{'.' * 17}] 300 of 1,000 rows (30%), 33/s, 0:21 left"
    assert len(bars) == 10 and bars[-1] == ""  # the last one is wiped away


# -- odds and ends


def test_inputs_without_records_come_to_nothing(tmp_path):
    (tmp_path / "t.csv").write_text("as_of,perceiver\n")
    (tmp_path / "l.jsonl").write_text("\n\n")
    summary = batch(tmp_path / "out", tmp_path / "t.csv", tmp_path / "l.jsonl")
    assert (summary.rated, summary.refused) == (0, 0)
    assert rejects(tmp_path / "out") == []


def test_a_name_that_is_no_text_is_shown_with_its_bytes(tmp_path):
    folder = folder_of(tmp_path / "in", [])
    path = os.path.join(os.fsencode(folder), b"\xff.yaml")
    row = {"id": "r", "as_of": "2022-12-14", "perceiver": "RUS", "items[0].role": "armour"}
    with open(path, "w") as file:
        file.write(document(row))
    found = run("batch", folder, "-o", tmp_path / "out", "--workers", "1")
    assert (found.code, found.err) == (0, "")
    assert table(tmp_path / "out")["source"].to_pylist() == [f"{folder}/\\udcff.yaml"]
    assert run("batch", folder, "-o", tmp_path / "out", "--resume").code == 0


def test_two_runs_cannot_work_on_one_folder(tmp_path):
    path = write_csv(tmp_path / "t.csv", ROWS)
    with held(str(tmp_path / "out")):
        found = run("batch", path, "-o", tmp_path / "out")
        assert found.code == 2 and "another run" in found.err
    assert not (tmp_path / "out").exists()
