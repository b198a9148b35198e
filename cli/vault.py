"""The vault's keys: rotation, the two persons who unseal it, and the proofs of what it destroyed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from cli.terminal import Json, screen, show, workshop
from schema.errors import RootKeyUnavailable
from settings import Settings
from vault.proof import DestructionProof
from vault.roots import shares, unsealed

app = typer.Typer(no_args_is_help=True, help="The vault: keys, shares, proofs of destruction.")
Proof = Annotated[Path, typer.Argument(help="The proof (JSON), as the audit log or a download holds it.")]
PublicKey = Annotated[Path | None, typer.Option("--key", help="The bank's public key (PEM), from elsewhere.")]


@app.command("rotate")
def rotate(
    root: Annotated[
        bool, typer.Option("--root/--no-root", help="The root as well as the tenant's key.")
    ] = True,
    as_json: Json = False,
) -> None:
    """New keys wrap the old ones' charges, and the old versions open nothing any more. Records stay as they
    are; the service and its workers go on meanwhile."""
    with workshop(Settings.from_environment(), "cli") as shop:
        with Progress(console=screen, transient=True, disable=as_json) as progress:
            task = progress.add_task("keys rewrapped", total=None)
            keys = shop.vault.rotate_tenant(lambda count: progress.update(task, completed=count))
        tenants = shop.vault.rotate_root() if root else 0
    show({"keys_rewrapped": keys, "tenant_keys_rewrapped": tenants}, as_json)


@app.command("split")
def split() -> None:
    """Three shares of a new secret protect the root key file; any two persons open it. Shown once."""
    for number, words in enumerate(shares.split(_root_key_file()), start=1):
        typer.echo(f"\nshare {number} of {shares.GIVEN}, for one person alone:\n{words}")
    typer.echo("\nThe vault is unsealed on this machine until it restarts, or `taxlink vault seal`.")


@app.command("unseal")
def unseal() -> None:
    """Two persons type their shares, one after the other; what they type is not shown."""
    path = _root_key_file()
    typed = [
        typer.prompt(f"Share of person {number} of {shares.NEEDED}", hide_input=True)
        for number in range(1, shares.NEEDED + 1)
    ]
    shares.unseal(path, typed)
    typer.echo("unsealed")


@app.command("seal")
def seal() -> None:
    """Forget the secret on this machine: whatever starts from now on needs two persons again."""
    unsealed.forget(_root_key_file())
    typer.echo("sealed")


@app.command("public-key")
def public_key(name: str = "destruction") -> None:
    """The public key (PEM) of one purpose: ``destruction``, ``consent``, ``audit``."""
    with workshop(Settings.from_environment(), "cli") as shop:
        typer.echo(shop.vault.signer(name).public_key, nl=False)


@app.command("verify-proof")
def verify_proof(proof: Proof, key: PublicKey = None, as_json: Json = False) -> None:
    """Whether this vault, or whoever holds the key given, signed that a key was destroyed. Exit code 1 if
    not."""
    try:
        told = DestructionProof(**json.loads(proof.read_text()))
    except (ValueError, TypeError, OSError):
        raise typer.BadParameter("no proof of destruction") from None
    good = told.verify(key.read_text() if key else _own_key())
    show(
        {
            "genuine": good,
            "owner": told.owner,
            "key_class": told.key_class,
            "destroyed_at": told.destroyed_at,
        },
        as_json,
    )
    if not good:
        raise typer.Exit(1)


def _own_key() -> str:
    with workshop(Settings.from_environment(), "cli") as shop:
        return shop.vault.proof_key()


def _root_key_file() -> Path:
    settings = Settings.from_environment()
    if settings.root_url:
        raise RootKeyUnavailable("shares are for a root key file; this vault has another root")
    return settings.root_key_path
