"""``python -m tests.fuzz KIND --seconds 600``: coverage-guided fuzzing of one kind of file with libFuzzer.

It runs in a process of its own with a limit of time for each input and of memory, in an empty work folder;
the parent looks at what is left of it. A crash leaves its input in ``var/fuzz``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.seeds import SEEDS, seeds
from tests.fuzz.target import ZIPPED, packed, take, unpacked

ROOT = Path(__file__).parents[2]
HANG_SECONDS, MEMORY_MIB = 20, 2048


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m tests.fuzz")
    arguments.add_argument("kind", choices=sorted(SEEDS))
    arguments.add_argument("--seconds", type=int, default=600)
    arguments.add_argument("--inside", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.inside:
        _fuzz(given.kind, given.inside)
    else:
        sys.exit(_watch(given.kind, given.seconds))


def _watch(kind: str, seconds: int) -> int:
    """Exit code 0 when nothing crashed, hung, grew or wrote a file."""
    with tempfile.TemporaryDirectory() as folder:
        work, corpus = Path(folder, "work"), Path(folder, "corpus")
        work.mkdir()
        corpus.mkdir()
        for number, seed in enumerate(seeds(kind)):
            (corpus / str(number)).write_bytes(unpacked(seed) if kind in ZIPPED else seed)
        kept = ROOT / "var" / "fuzz"
        kept.mkdir(parents=True, exist_ok=True)
        limits = [
            f"-max_total_time={seconds}",
            f"-timeout={HANG_SECONDS}",
            f"-rss_limit_mb={MEMORY_MIB}",
            f"-artifact_prefix={kept}/{kind}-",
        ]
        command = [sys.executable, "-m", "tests.fuzz", kind, "--inside", " ".join([*limits, str(corpus)])]
        done = subprocess.run(
            command,
            cwd=work,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(work)},
            stdout=sys.stdout,
            stderr=subprocess.STDOUT,
        )
        if left := sorted(path.name for path in work.rglob("*")):
            print(f"{kind}: files were written: {', '.join(left)}")
            return 1
    print(f"{kind}: {'nothing found' if done.returncode == 0 else 'FAILED, input kept in var/fuzz'}")
    return done.returncode


def _fuzz(kind: str, libfuzzer: str) -> None:
    import atheris

    with atheris.instrument_imports(include=["normalizers", "schema"], enable_loader_override=False):
        from normalizers import documents

        documents.readers()

    def one(content: bytes) -> None:
        take(packed(content) if kind in ZIPPED else content)

    atheris.Setup([sys.argv[0], *libfuzzer.split()], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
