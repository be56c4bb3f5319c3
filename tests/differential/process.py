"""Python code in a process of its own, with the engine and the tests on its path."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run_python(code, **environment):
    """What the code prints, with these environment variables."""
    path = os.pathsep.join([str(ROOT / "engine"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
