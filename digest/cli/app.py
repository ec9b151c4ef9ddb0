"""The commands, put together. I/O: the command line."""

import typer

from digest.cli import deliveries, feeds, letters, subscribers
from digest.cli.demo import demo
from digest.cli.doctor import doctor
from digest.cli.gather import gather
from digest.cli.init import init
from digest.cli.preview import preview
from digest.cli.purge import purge
from digest.cli.run import run
from digest.cli.send import send
from digest.cli.serve import serve
from digest.cli.status import status

app = typer.Typer(
    name="digest",
    help="A newsroom's nightly mail: gathers stories from feeds, chooses the ones that matter, "
    "and delivers a daily local news wrap to every subscriber.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (init, demo, gather, preview, send, status, run, serve, purge, doctor):
    app.command()(command)
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(feeds.app, name="feeds")
app.add_typer(letters.app, name="letters")
app.add_typer(subscribers.app, name="subscribers")
