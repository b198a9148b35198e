"""Check the floors of the house: run import-linter on the contracts in pyproject.toml.

import-linter takes packages as its roots, and five rooms are single files (`pipeline.py` and others).
So it is shown a view of the repository: a folder in which each package is a link and each file
room `x.py` is the package `x/__init__.py`. Imports mean the same in both.

    .venv/bin/python setup/floors.py        exit code 0 when every contract is kept
"""

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def lay_out(view: Path, root: Path = ROOT) -> None:
    """Fill the empty folder `view` with one package for each root package of the contracts."""
    config = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    for room in config["tool"]["importlinter"]["root_packages"]:
        if (root / f"{room}.py").is_file():
            (view / room).mkdir()
            (view / room / "__init__.py").symlink_to(root / f"{room}.py")
        else:
            (view / room).symlink_to(root / room, target_is_directory=True)


def check(root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run `lint-imports` over the rooms of `root`; a broken contract gives a return code other than 0."""
    lint_imports = Path(sys.executable).with_name("lint-imports")
    with tempfile.TemporaryDirectory(prefix="taxlink-floors-") as folder:
        lay_out(Path(folder), root)
        return subprocess.run(
            [lint_imports, "--no-cache", "--no-logo", root / "pyproject.toml"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": folder},
            capture_output=True,
            text=True,
            check=False,
        )


if __name__ == "__main__":
    outcome = check()
    sys.stdout.write(outcome.stdout)
    sys.stderr.write(outcome.stderr)
    sys.exit(outcome.returncode)
