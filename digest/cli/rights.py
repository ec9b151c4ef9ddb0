"""`digest subscribers show | export-data | forget`: what a reader may ask for. I/O: the store.

Part of cli/subscribers.py's commands.
"""

from dataclasses import asdict
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.context import Context, open_context
from digest.cli.options import now
from digest.cli.screen import print_json, print_table
from digest.errors import SettingsError, UsageError

if TYPE_CHECKING:
    from digest.store.dossier import Dossier, Noted

AddressArgument = Annotated[str, typer.Argument(help="The reader's address.")]


def show(
    address: AddressArgument,
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show where a reader stands, what they chose, and the record of their consent, oldest first.

    The record is only ever added to."""
    with open_context() as context:
        found = _dossier(context, address)
    if found.is_empty:
        raise UsageError(f"nothing is held of {found.address}")
    if is_json:
        print_json(_as_json(found))
        return
    _print_standing(found)
    print_table(
        "\nrecord",
        ("time", "publication", "event", "source", "from", "said"),
        [
            (
                f"{one.recorded_at:%Y-%m-%d %H:%M:%SZ}",
                one.publication,
                one.event,
                one.consent.source,
                one.consent.ip or "",
                _said(one),
            )
            for one in found.consents
        ],
    )


def export_data(address: AddressArgument) -> None:
    """Print all that is held of an address as JSON, for the reader who asks for it."""
    with open_context() as context:
        print_json(_as_json(_dossier(context, address)))


def forget(
    address: AddressArgument,
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase all that is held of an address, for the reader who asks for it.

    A keyed hash is kept, so that no list brings them back; they themselves may sign up again."""
    from digest.store.dossier import open_dossier
    from digest.store.forgetting import forget as forget_them
    from digest.subscribe.forgotten import Forgetter

    with open_context() as context:
        key = context.settings.secret_key
        if key is None:
            raise SettingsError(("DIGEST_SECRET_KEY: missing; `digest init` makes one",))
        found = _dossier(context, address)
        if found.is_empty:
            typer.echo(f"nothing is held of {found.address}")
            return
        if not is_sure:
            typer.echo(_counted(found))
            typer.confirm(f"Erase all that is held of {found.address}?", abort=True)
        with context.store.write() as connection:
            whole = open_dossier(connection, found.address)
            forget_them(connection, whole, hashed=Forgetter(key).hash(whole.address), now=now())
    typer.echo(f"{found.address} is forgotten; only a keyed hash is kept, against lists")


def _dossier(context: Context, text: str) -> "Dossier":
    from digest.store.dossier import open_dossier
    from digest.subscribe.address import BadAddress, read_address

    known = read_address(text)
    if isinstance(known, BadAddress):
        raise UsageError(f"{text}: {known.reason}")
    with context.store.read() as connection:
        return open_dossier(connection, known.folded)


def _print_standing(found: "Dossier") -> None:
    typer.echo(f"{found.address}{f' ({found.name})' if found.name else ''}")
    if found.address_as_given not in ("", found.address):
        typer.echo(f"as given  {found.address_as_given}")
    if found.language:
        typer.echo(f"language  {found.language}")
    print_table(
        "",
        ("publication", "state", "topics", "how often", "paused until", "since"),
        [
            (
                one.publication,
                one.state.value,
                ", ".join(one.topics) or "all",
                one.frequency.value,
                "" if one.paused_until is None else f"{one.paused_until:%Y-%m-%d %H:%MZ}",
                f"{one.created_at:%Y-%m-%d}",
            )
            for one in found.subscriptions
        ],
    )
    for barred in found.suppressions:
        whose = barred.publication or "all publications"
        typer.echo(
            f"gets no mail of {whose}: {barred.reason.value}, {barred.at:%Y-%m-%d}, {barred.source}"
        )


def _said(one: "Noted") -> str:
    wording = f'"{one.consent.wording}"' if one.consent.wording else ""
    version = f"({one.consent.wording_version})" if one.consent.wording_version else ""
    clicked_at = one.consent.confirmed_at
    click = "" if clicked_at is None else f"confirmed {clicked_at:%Y-%m-%d %H:%M:%SZ}"
    return " ".join(filter(None, (wording, version, click, one.consent.note)))


def _counted(found: "Dossier") -> str:
    held = {
        "subscriptions": found.subscriptions,
        "lines of consent": found.consents,
        "deliveries": found.deliveries,
        "letters": found.letters,
        "suppressions": found.suppressions,
    }
    return ", ".join(f"{len(rows):,} {what}" for what, rows in held.items() if rows)


def _as_json(found: "Dossier") -> dict[str, object]:
    return {name: _plain(value) for name, value in asdict(found).items()}


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
