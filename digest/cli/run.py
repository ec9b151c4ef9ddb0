"""`digest run`: the long-running process. I/O: see schedule.py; its log is standard error."""

import asyncio
from typing import Annotated

import typer

from digest.cli.context import Context, open_context
from digest.cli.options import now


def run(
    json_log: Annotated[
        bool, typer.Option("--json-log", help="Log lines as JSON, not key=value.")
    ] = False,
    web: Annotated[
        bool, typer.Option("--web/--no-web", help="Serve the readers' pages, too.")
    ] = True,
) -> None:
    """Poll feeds through the day, send each publication's edition at its local hour, and serve
    the readers' pages.

    Logs a line an event. SIGTERM or Ctrl-C: finishes the messages in hand, then ends.
    """
    from digest.check import rehearse

    with open_context() as context:
        rehearse(context.settings)
        asyncio.run(_run(context, is_json=json_log, has_web=web))


async def _run(context: Context, *, is_json: bool, has_web: bool) -> None:
    from digest.logs import open_log
    from digest.post import open_post
    from digest.schedule import Watch
    from digest.signals import stop_on_signals
    from digest.web.serve import serve as serve_pages

    stop, log = stop_on_signals(), open_log(is_json=is_json)
    watch = Watch(
        settings=context.settings,
        store=context.store,
        clock=now,
        log=log,
        stop=stop,
    )
    post = asyncio.create_task(open_post(context.settings, context.store, clock=now).run(stop, log))
    # A programming error in it must not leave letters lying unseen.
    post.add_done_callback(lambda _task: stop.set())
    if not has_web:
        await watch.run()
        await post
        return
    pages = asyncio.create_task(
        serve_pages(
            context.settings,
            context.store,
            clock=now,
            stop=stop,
            on_start=lambda address: log.info("serving", address=address),
        )
    )
    # Without its pages readers can't leave: then sending ends too, in good order.
    pages.add_done_callback(lambda _task: stop.set())
    await watch.run()
    await pages
    await post
