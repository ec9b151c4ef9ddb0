"""`digest doctor`: is all well for the next night? I/O: see check.py."""

from pathlib import Path
from typing import Annotated

import typer

from digest.cli.screen import print_json

MARKS = {True: "ok", False: "WRONG", None: "look"}


def doctor(
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check settings, templates, database, readers' pages, relay, DKIM key and feeds.

    Exit code 1 when something is wrong.
    """
    from digest.check import check_all
    from digest.settings.load import load_settings

    findings = []
    for finding in check_all(load_settings(Path.cwd())):
        findings.append(finding)
        if not is_json:
            typer.echo(f"{MARKS[finding.is_ok]:5}  {finding.what:16}  {finding.detail}")
    if is_json:
        print_json(
            [{"what": one.what, "is_ok": one.is_ok, "detail": one.detail} for one in findings]
        )
    if any(finding.is_ok is False for finding in findings):
        raise typer.Exit(1)
