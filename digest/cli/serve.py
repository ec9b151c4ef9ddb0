"""`digest serve`: readers' pages alone, without polling or sending. I/O: see web/serve.py."""

import asyncio

import typer

from digest.cli.context import Context, open_context
from digest.cli.options import now


def serve() -> None:
    """Serve readers' pages: unsubscribe, see their topics, editions in the browser.

    Put your web server in front of it, at DIGEST_BASE_URL. SIGTERM or Ctrl-C ends it.
    """
    with open_context() as context:
        asyncio.run(_serve(context))


async def _serve(context: Context) -> None:
    from digest.signals import stop_on_signals
    from digest.web.serve import serve as serve_pages

    await serve_pages(
        context.settings,
        context.store,
        clock=now,
        stop=stop_on_signals(),
        on_start=lambda address: typer.echo(f"readers' pages are served at {address}"),
    )
