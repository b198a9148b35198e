"""The two walks of ``docs/add-a-region.md``: a region of a known family, and a family that is new."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.authoring import family, region
from connectors.authoring.catalogue import families, route_of
from connectors.authoring.drafts import Draft, save
from connectors.overlay import bundled, overlay, overlays, parse
from connectors.testing.promises import PROMISES
from connectors.testing.runner import targets
from connectors.testing.verdict import Target, Verdict
from schema.dataset import Route
from schema.errors import InvalidRequest, OverlayInvalid, UnknownRegion
from schema.region import REGIONS
from stages.certification import on_sandbox
from tests.conftest import ROOT

YUNNAN = "53"
"""A region that has pages alone in the package."""


def written(folder: Path, code: str, name: str, *, force: bool = False) -> str:
    """Write a route of a region; what the overlay then holds."""
    save(region.drafts(code, name, folder, force=force), force=force)
    return (folder / f"{code}.toml").read_text(encoding="utf-8")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployment's own folder of overlays."""
    monkeypatch.setenv("TAXLINK_REGIONS", str(tmp_path))
    return tmp_path


# --- a region of a known family ---


def test_a_bank_adds_a_route_with_one_file_and_it_keeps_every_promise(own: Path) -> None:
    assert len(written(own, YUNNAN, "gateway").splitlines()) <= region.MOST_LINES
    wanted = dict.fromkeys(targets([YUNNAN], Route.API), PROMISES)
    assert list(wanted) == [Target(YUNNAN, "api", "gateway")]
    results = on_sandbox(wanted).results
    assert not [each for each in results if each.verdict is Verdict.BROKEN], results
    assert {each.verdict for each in results} == {Verdict.KEPT, Verdict.NOT_APPLICABLE}


@pytest.mark.parametrize("name", families())
def test_what_is_written_for_any_family_is_valid_short_and_claims_nothing(tmp_path: Path, name: str) -> None:
    for code in REGIONS:
        content = written(tmp_path, code, name)
        (route,) = parse(code, content).routes.values()
        assert (route.family, route.verified) == (name, False)
        assert f".{REGIONS[code].slug}.chinatax.gov.cn" in route.base_url
        assert "fill in" in content
        assert len(content.splitlines()) <= region.MOST_LINES


def test_the_deployments_own_route_goes_before_the_bundled_one_and_the_other_stays(own: Path) -> None:
    written(own, "44", "soap")
    assert overlay("44").routes[Route.API].family == "soap"
    assert overlay("44").routes[Route.RPA] == bundled()["44"].routes[Route.RPA]
    assert set(overlays()) == set(REGIONS)


def test_a_second_route_joins_the_file_and_leaves_the_first_as_it_stands(tmp_path: Path) -> None:
    first = written(tmp_path, YUNNAN, "unified").replace("per_minute = 60", "per_minute = 7 # asked them")
    (tmp_path / f"{YUNNAN}.toml").write_text(first, encoding="utf-8")
    (tmp_path / f"test_{YUNNAN}.py").write_text("# my own\n")
    both = written(tmp_path, YUNNAN, "gateway")
    assert both.startswith(first.rstrip())
    assert set(parse(YUNNAN, both).routes) == {Route.API, Route.RPA}
    assert (tmp_path / f"test_{YUNNAN}.py").read_text() == "# my own\n"


def test_a_route_that_is_there_is_replaced_by_force_alone(tmp_path: Path) -> None:
    written(tmp_path, YUNNAN, "unified")
    before = written(tmp_path, YUNNAN, "gateway")
    with pytest.raises(InvalidRequest, match="--force"):
        written(tmp_path, YUNNAN, "oauth")
    assert (tmp_path / f"{YUNNAN}.toml").read_text(encoding="utf-8") == before
    after = parse(YUNNAN, written(tmp_path, YUNNAN, "oauth", force=True)).routes
    assert {route: each.family for route, each in after.items()} == {
        Route.API: "oauth",
        Route.RPA: "unified",
    }


def test_no_region_and_no_family_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownRegion):
        region.drafts("99", "gateway", tmp_path)
    with pytest.raises(InvalidRequest, match="gateway"):
        region.drafts(YUNNAN, "nobody", tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("53.toml", "[routes.api", "53.toml"),
        ("53.toml", '[routes.api]\nfamily = "gateway"\ndatasets = ["invoice"]', "routes.api.base_url"),
        ("53.toml", '[routes.api]\nfamilie = "gateway"', "routes.api.familie"),
        ("yunnan.toml", "", "no region"),
    ],
)
def test_a_file_that_is_wrong_says_where(own: Path, name: str, content: str, said: str) -> None:
    (own / name).write_text(content, encoding="utf-8")
    with pytest.raises(OverlayInvalid, match=said):
        overlays()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAXLINK_REGIONS", str(tmp_path / "absent"))
    with pytest.raises(OverlayInvalid, match="TAXLINK_REGIONS"):
        overlays()


def test_nothing_is_written_when_one_file_is_there_already(tmp_path: Path) -> None:
    (tmp_path / "second").write_text("mine")
    with pytest.raises(InvalidRequest, match="second"):
        save([Draft(tmp_path / "first", "1"), Draft(tmp_path / "second", "2")], force=False)
    assert not (tmp_path / "first").exists()
    assert (tmp_path / "second").read_text() == "mine"


def test_a_familys_route_is_told_by_its_files() -> None:
    assert {name for name in families() if route_of(name) is Route.RPA} == {"unified"}


# --- a new family ---


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house, in which a family was written."""
    root = tmp_path_factory.mktemp("checkout") / "house"
    kept_out = shutil.ignore_patterns(".*", "var", "docs", "bench", "__pycache__", "node_modules")
    shutil.copytree(ROOT, root, ignore=kept_out)
    save(family.drafts("acme", YUNNAN, root), force=False)
    return root


def run(checkout: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A module's command in the copy, whose rooms go before the installed ones."""
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=checkout, env=environment, capture_output=True, text=True
    )


def test_a_new_familys_own_tests_are_green_as_written(checkout: Path) -> None:
    done = run(checkout, "pytest", "-q", "-p", "no:cacheprovider", "tests/connectors/acme")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_a_new_family_is_within_its_lines_and_clean(checkout: Path) -> None:
    folder = checkout / "connectors" / "families" / "acme"
    files = [each for each in folder.iterdir() if each.is_file()]
    assert sum(len(each.read_text(encoding="utf-8").splitlines()) for each in files) <= family.MOST_LINES
    paths = ("connectors/families/acme", "sandbox/families/acme", "tests/connectors/acme")
    for check in (("check",), ("format", "--check")):
        done = run(checkout, "ruff", *check, *paths)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["Acme", "my-family", "class", "", "../up", "gateway"])
def test_a_name_that_is_none_or_taken_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidRequest):
        family.drafts(name, YUNNAN, tmp_path)
