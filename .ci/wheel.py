"""A wheel holds exactly the tracked files that `pyproject.toml` says it should, each where it says.

Usage: wheel.py WHEEL, from the root of a clean clone. A data file left out shows only when somebody else installs the
package, and a file too many (a case coded from memory, a stray output) shows never; so both are asked here.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from fnmatch import fnmatch
from pathlib import Path


def expected() -> set[str]:
    """The names of the files that belong into the wheel, as they are called inside it."""
    target = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    tracked = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True, text=True).stdout.split("\0")
    kept = [name for name in tracked if not any(fnmatch(name, pattern) for pattern in target["exclude"])]
    return {
        inside + name.removeprefix(folder)
        for folder, inside in target["sources"].items()
        for name in kept
        if name.startswith(folder + "/")
    }


def main() -> int:
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        found = {name for name in wheel.namelist() if ".dist-info/" not in name}
    wanted = expected()
    for title, names in (("missing from", wanted - found), ("not wanted in", found - wanted)):
        for name in sorted(names):
            print(f"{title} the wheel: {name}")
    print(f"{len(found)} files in the wheel, {len(wanted)} wanted")
    return 0 if found == wanted and found else 1


if __name__ == "__main__":
    sys.exit(main())
