"""Bulk runs on a cluster: a scheduler and workers in processes of their own, one of which is killed at its work."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

pytest.importorskip("numba")
pytest.importorskip("distributed")

import pyarrow.parquet as pq
from tests.support.command import ROOT, run

pytestmark = pytest.mark.slow
PATRIOT = ROOT / "scenarios" / "us-patriot-2022.yaml"
RECORDS, PART = 6_000, 100
PATIENCE = 120  # seconds, on a machine that does much else


def environment():
    path = os.pathsep.join([str(ROOT / "engine"), str(ROOT)])
    return {**os.environ, "PYTHONPATH": path, "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "critical"}


def started(*words):
    return subprocess.Popen(
        [sys.executable, "-m", *map(str, words)],
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def until(holds, what):
    end = time.monotonic() + PATIENCE
    while not (found := holds()):
        assert time.monotonic() < end, f"waited too long until {what}"
        time.sleep(0.02)
    return found


@contextmanager
def cluster(folder, workers=2):
    """The address of a scheduler on loopback, and its workers, as `docs/bulk.md` says to start them."""
    file, running = folder / "scheduler.json", []
    try:
        options = ("--no-dashboard", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", file)
        running.append(started("distributed.cli.dask_scheduler", *options))
        until(file.exists, "the scheduler is up")
        address = until(lambda: _address(file), "the scheduler says where it is")
        one = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1", "--local-directory", folder)
        for _ in range(workers):
            running.append(started("distributed.cli.dask_worker", address, *one))
        yield address, running[1:]
    finally:
        for process in running:
            process.kill()
            process.wait()


def _address(file):
    try:
        return json.loads(file.read_text(encoding="utf-8"))["address"]
    except ValueError:
        return None


@pytest.fixture
def archive(tmp_path):
    """Lines of JSON, one in a hundred of them wrong."""
    source = tmp_path / "archive.jsonl"
    with source.open("w", encoding="utf-8") as file:
        for i in range(RECORDS):
            item = {"role": ("deep_strike", "artillery", "transport")[i % 3], "range": str(i % 500)}
            document = {"schema": 1, "id": f"r-{i}", "title": "x", "as_of": "2022-12-14", "perceiver": "RUS"}
            document["items"] = [{"id": "a", "range_kind": "ground", **item}]
            if i % 100 == 7:
                document["as_of"] = "soon"
            file.write(json.dumps(document) + "\n")
    return source


def files(out):
    return {path.name: path.read_bytes() for path in out.iterdir() if path.name != "manifest.json" and path.is_file()}


def test_a_worker_is_killed_and_nothing_is_lost(archive, tmp_path):
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    assert run("batch", archive, "-o", alone, "--part-rows", PART, "--workers", "1").code == 0
    with cluster(tmp_path) as (address, workers):
        command = ("escalation", "batch", archive, "-o", shared, "--part-rows", PART, "--cluster", address)
        job = started(*command)
        until(lambda: len(list(shared.glob(".work/done-*"))) >= 5, "some partitions are done")
        os.kill(workers[0].pid, signal.SIGKILL)
        done = len(list(shared.glob(".work/done-*")))
        assert job.wait(PATIENCE) == 0
        assert workers[0].wait() == -signal.SIGKILL and workers[1].poll() is None
    assert done < RECORDS // PART, "the worker was killed when all was done"
    assert files(shared) == files(alone)
    assert len(files(shared)) == RECORDS // PART + 1


def test_a_cluster_whose_workers_are_gone_can_be_gone_on_without(archive, tmp_path):
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    assert run("batch", archive, "-o", alone, "--part-rows", PART, "--workers", "1").code == 0
    with cluster(tmp_path, workers=1) as (address, _):
        job = started("escalation", "batch", archive, "-o", shared, "--part-rows", PART, "--cluster", address)
        until(lambda: len(list(shared.glob(".work/done-*"))) >= 3, "some partitions are done")
        job.send_signal(signal.SIGINT)
        assert job.wait(PATIENCE) == 130
    again = ("batch", archive, "-o", shared, "--part-rows", PART, "--resume", "--workers", "1")
    assert run(*again).code == 0
    assert files(shared) == files(alone)


@pytest.mark.parametrize(
    "words",
    [
        ("--vary", "items[0].role=*", "--vary", "items[0].range=1:20000:1"),
        ("--sample", "60000", "--seed", "5", "--vary", "items[0].precedent=*"),
    ],
)
def test_rows_are_the_same_from_a_cluster(words, tmp_path):
    alone, shared = tmp_path / "alone.parquet", tmp_path / "shared.parquet"
    first = run("sweep", PATRIOT, *words, "-o", alone)
    second = run("sweep", PATRIOT, *words, "-o", shared, "--cluster", "local:2", "--verify", "0.0001")
    assert (first.code, second.code) == (0, 0), second.err
    assert first.out == second.out
    assert "none differs" in second.err
    assert pq.read_table(alone).equals(pq.read_table(shared))


@pytest.mark.parametrize(
    ("address", "said"),
    [("nowhere", "neither tcp://HOST:PORT nor local:N"), ("local:", "not written local:N"), ("local:0", "local:N")],
)
def test_an_address_that_is_none(address, said):
    found = run("sweep", PATRIOT, "--sample", "10", "--cluster", address)
    assert found.code == 2 and said in found.err


def test_a_scheduler_that_does_not_answer(monkeypatch):
    monkeypatch.setattr("escalation.bulk.cluster._PATIENCE", "1s")
    found = run("sweep", PATRIOT, "--sample", "10", "--cluster", "tcp://127.0.0.1:1")
    assert found.code == 2 and found.err.splitlines()[-1] == "Error: no scheduler answers at tcp://127.0.0.1:1"


def test_the_extra_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "escalation.bulk.cluster", raising=False)
    found = run("sweep", PATRIOT, "--sample", "10", "--cluster", "local:2")
    assert found.code == 2 and "pip install 'escalation-assess[cluster]'" in found.err
