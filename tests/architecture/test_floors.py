"""The floors of the house (DESIGN.md §1) hold, and no room escapes them."""

import re
import runpy
import shutil
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIG: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["id"]: contract for contract in CONFIG["tool"]["importlinter"]["contracts"]}
ROOMS = set(CONFIG["tool"]["importlinter"]["root_packages"])
NOT_ROOMS = {"tests", "setup"}

floors = SimpleNamespace(**runpy.run_path(str(ROOT / "setup" / "floors.py")))


def rooms_on_disk() -> set[str]:
    """Every package and module that stands at the root of the repository."""
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    modules = {path.stem for path in ROOT.glob("*.py")}
    return (packages | modules) - NOT_ROOMS


def rooms_on_floors() -> set[str]:
    """The rooms that the layers contract names."""
    return {room.strip() for layer in CONTRACTS["floors"]["layers"] for room in layer.split("|")}


def rooms_packaged(names: list[str]) -> set[str]:
    """The rooms behind a list of folders and files."""
    return {name.removesuffix(".py") for name in names}


def broken_contracts(root: Path) -> int:
    """How many contracts the rooms under `root` break."""
    outcome = floors.check(root)
    tally = re.search(r"(\d+) broken", outcome.stdout)
    assert tally, outcome.stdout + outcome.stderr
    return int(tally[1])


def test_every_contract_is_kept() -> None:
    outcome = floors.check()
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_every_room_stands_on_a_floor_or_apart() -> None:
    apart = set(CONTRACTS["apart"]["protected_modules"])
    assert rooms_on_floors() | apart == ROOMS, "give the room a floor in pyproject.toml, [tool.importlinter]"


def test_no_room_on_disk_is_unknown_to_the_contracts() -> None:
    assert rooms_on_disk() == ROOMS, "add the room to root_packages and to a floor in pyproject.toml"


def test_sandbox_is_kept_from_every_room_but_the_schema() -> None:
    forbidden = set(CONTRACTS["sandbox-knows-schema-only"]["forbidden_modules"])
    assert forbidden == ROOMS - {"sandbox", "schema"}


def test_every_room_is_packaged_and_type_checked() -> None:
    assert rooms_packaged(CONFIG["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]) == ROOMS
    assert rooms_packaged(CONFIG["tool"]["mypy"]["files"]) == ROOMS


@pytest.mark.parametrize(
    ("room", "forbidden"),
    [
        ("schema", "import vault"),
        ("vault", "import store"),
        ("connectors", "from normalizers import anything"),
        ("webhooks", "import authz"),
        ("engine", "import pipeline"),
        ("scheduler", "import service"),
        ("service", "import cli"),
        ("sandbox", "import connectors"),
        ("cli", "import sandbox"),
        ("service", "import bench"),
        ("authz", "import dbos"),
    ],
)
def test_an_import_against_the_floors_is_caught(tmp_path: Path, room: str, forbidden: str) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name in sorted(ROOMS | set(CONTRACTS["training"]["protected_modules"])):
        folder = tmp_path.joinpath(*name.split("."))
        folder.mkdir()
        (folder / "__init__.py").touch()
    (tmp_path / "engine" / "__init__.py").write_text("import dbos\n")
    assert broken_contracts(tmp_path) == 0

    with (tmp_path / room / "__init__.py").open("a") as source:
        source.write(f"{forbidden}\n")
    assert broken_contracts(tmp_path) >= 1
    assert floors.check(tmp_path).returncode == 1
