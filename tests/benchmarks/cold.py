"""A cold start: the whole command, from the shell to its end, beside importing what it cannot do without.

The wheel is built from the checkout and installed, byte-compiled, into a new environment. Counted is the CPU time (user
and system) of the process. The parsed pack is kept between runs, as it is for whoever uses the program; the run that
has none yet is listed too.
"""

import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from tests.benchmarks.table import Row, medians

ROOT = Path(__file__).parent.parent.parent
SCENARIO = str(ROOT / "scenarios" / "us-patriot-2022.yaml")
FLOOR = "import yaml, click, durable_rules_engine"
ROUNDS = 31


def rows() -> Iterator[Row]:
    """The floor, then the command with JSON and with text, as ratios to it."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        programs = installed(place)
        cache = place / "cache"
        environment = {"PATH": os.environ.get("PATH", ""), "XDG_CACHE_HOME": str(cache), "LANG": "C.UTF-8"}

        def run(*command: str) -> float:
            return cpu_time(command, environment)

        def without_cache() -> float:
            rmtree(cache, ignore_errors=True)
            return run(assess, SCENARIO, "--format", "json")

        python, assess = str(programs / "python"), str(programs / "assess")
        found = medians(
            {
                "floor": lambda: run(python, "-c", FLOOR),
                "json": lambda: run(assess, SCENARIO, "--format", "json"),
                "ledger": lambda: run(assess, SCENARIO, "--format", "json", "--engine", "ledger"),
                "text": lambda: run(assess, SCENARIO),
                "verdict": lambda: run(assess, SCENARIO, "--detail", "verdict"),
            },
            ROUNDS,
        )
        first = medians({"first": without_cache}, 5)["first"]
    floor = found["floor"]
    yield Row(f'cold: python -c "{FLOOR}"', floor, 1.0)
    yield Row("cold: assess FILE --format json", found["json"], found["json"] / floor, 1.6)
    yield Row("cold: assess FILE", found["text"], found["text"] / floor, 2.0)
    yield Row("cold: assess FILE --detail verdict", found["verdict"], found["verdict"] / floor)
    yield Row("cold: assess FILE --format json --engine ledger", found["ledger"], found["ledger"] / floor)
    yield Row("cold: assess FILE --format json, no pack kept yet", first, first / floor)


def installed(place: Path) -> Path:
    """The folder of programs of a new environment in which the wheel is installed."""
    wheels = place / "wheels"
    alone = ["--no-isolation"] if find_spec("hatchling") else []
    _quietly("-m", "build", "--wheel", *alone, "--outdir", str(wheels), str(ROOT))
    venv.create(place / "environment", symlinks=True)
    programs = place / "environment" / "bin"
    wheel = str(next(wheels.glob("*.whl")))
    _quietly("-m", "pip", "--python", str(programs / "python"), "install", "--quiet", "--compile", wheel)
    return programs


def cpu_time(command: tuple[str, ...], environment: dict[str, str]) -> float:
    """The seconds of CPU time that a command takes, in user and in system mode."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return used.ru_utime + used.ru_stime


def _quietly(*command: str) -> None:
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
