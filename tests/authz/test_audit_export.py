"""An export is checked without a database, and every tampering with it is found and located."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.authz.audits import held
from vault.signing import new_private_key, signer
from vault.suite import Suite
from verifier import layout
from verifier.chain import Record, entry
from verifier.digests import sha256
from verifier.merkle import leaf_hash

RECORDS = 40
LINES = st.integers(0, RECORDS - 1)
Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty records with checkpoints over 25 and 40."""
    log = held(tmp_path_factory.mktemp("log"))
    log.append(25)
    log.checkpoints.make()
    log.append(15, "auth_2")
    return log.export(tmp_path_factory.mktemp("export") / "log")


def mutated(export: Path, change: Callable[[Lines], Lines]) -> Path:
    """A copy of the export with its lines changed."""
    copy = export.parent / "mutated"
    shutil.copytree(export, copy, dirs_exist_ok=True)
    lines = [json.loads(line) for line in (export / layout.RECORDS).read_text().splitlines()]
    (copy / layout.RECORDS).write_text("".join(json.dumps(each) + "\n" for each in change(lines)))
    return copy


def places(folder: Path) -> list[tuple[str, int, int]]:
    return [(each.tampering.value, each.seq, each.until) for each in layout.verified(folder)[1]]


def near(found: list[tuple[str, int, int]], seq: int) -> bool:
    """Whether a finding names this record, or its follower that no longer fits."""
    return any(first <= seq <= last or first == seq + 1 for _, first, last in found)


def test_an_export_is_intact_and_the_program_beside_it_says_so(export: Path) -> None:
    assert places(export) == []
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(export)!r}); {_RUN}", str(export)],
        capture_output=True,
        text=True,
        cwd="/",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "40 records\n" in done.stdout


_RUN = "import runpy; runpy.run_module('verifier', run_name='__main__')"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=LINES, name=st.sampled_from(Record._fields), text=st.text("0123456789abcdef", min_size=1))
def test_an_altered_field_is_located(export: Path, at: int, name: str, text: str) -> None:
    def change(lines: Lines) -> Lines:
        old = lines[at][name]
        lines[at][name] = old + 1 + len(text) if isinstance(old, int) else (text + old[len(text) :])
        if lines[at][name] == old:
            lines[at][name] = old[:-1] + ("0" if old[-1] != "0" else "1")
        return lines

    assert near(places(mutated(export, change)), at + 1)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=LINES, name=st.sampled_from(["subject", "data"]))
def test_an_altered_opening_is_located(export: Path, at: int, name: str) -> None:
    def change(lines: Lines) -> Lines:
        lines[at]["opening"][name] += "x"
        return lines

    assert places(mutated(export, change)) == [("opening_altered", at + 1, at + 1)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=LINES, count=st.integers(1, RECORDS))
def test_deleted_lines_are_located(export: Path, first: int, count: int) -> None:
    last = min(RECORDS, first + count)
    found = places(mutated(export, lambda lines: lines[:first] + lines[last:]))
    assert ("deleted", first + 1, last) in found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=LINES, other=LINES)
def test_reordered_lines_are_located(export: Path, one: int, other: int) -> None:
    def change(lines: Lines) -> Lines:
        lines.insert(other, lines.pop(one))
        return lines

    found = places(mutated(export, change))
    assert (found == []) is (one == other)
    assert one == other or any(min(one, other) < seq <= max(one, other) + 1 for _, seq, _ in found)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=LINES, other=LINES)
def test_a_repeated_line_is_located(export: Path, one: int, other: int) -> None:
    def change(lines: Lines) -> Lines:
        return [*lines[: other + 1], lines[one], *lines[other + 1 :]]

    assert places(mutated(export, change)) != []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=LINES, whole_tail=st.booleans())
def test_a_rewritten_record_is_located_between_two_checkpoints(
    export: Path, at: int, whole_tail: bool
) -> None:
    """The forger hashes anew: the record alone, or all that follow too."""

    def change(lines: Lines) -> Lines:
        lines[at]["actor"] = "forger"
        for each in lines[at : RECORDS if whole_tail else at + 1]:
            raw = Record(*(layout.record(each)[0]))
            each["hash"] = leaf_hash(sha256, entry(*raw[:6])).hex()
            if whole_tail and each["seq"] < RECORDS:
                lines[each["seq"]]["previous"] = each["hash"]
        return lines

    found = places(mutated(export, change))
    checkpoint = (1, 25) if at < 25 else (26, 40)
    assert ("root_broken", *checkpoint) in found
    assert whole_tail or at == RECORDS - 1 or ("unlinked", at + 2, at + 2) in found


def test_lines_beyond_the_checkpoint_are_not_believed(export: Path) -> None:
    assert places(mutated(export, lambda lines: [*lines, lines[-1] | {"seq": 41}]))


@pytest.mark.parametrize("line", ["", "{}", "nonsense", "[1]", '{"seq": "x"}', "[" * 100_000, "\udcff"])
def test_a_line_that_is_none_is_named(export: Path, line: str) -> None:
    copy = mutated(export, lambda lines: lines[:3])
    with (copy / layout.RECORDS).open("a", encoding="utf-8", errors="surrogateescape") as lines:
        lines.write(line + "\n")
    with pytest.raises(layout.BadExport, match="line 4"):
        layout.verified(copy)


def test_an_export_with_a_forged_checkpoint_or_key_is_refused(export: Path) -> None:
    copy = mutated(export, lambda lines: lines)
    text = (copy / layout.CHECKPOINTS).read_text()
    (copy / layout.CHECKPOINTS).write_text(text.replace("\\n25\\n", "\\n24\\n"))
    with pytest.raises(layout.BadExport, match="signature"):
        layout.verified(copy)
    stranger = signer(Suite.INTL, new_private_key(Suite.INTL)).public_key
    with pytest.raises(layout.BadExport, match="no trusted key"):
        layout.verified(export, [stranger])


def test_without_openings_an_export_tells_of_nobody_and_still_verifies(tmp_path: Path) -> None:
    log = held(tmp_path)
    log.append(5, "auth_secret")
    folder = log.export(tmp_path / "log", openings=False)
    assert "auth_secret" not in (folder / layout.RECORDS).read_text()
    assert places(folder) == []
