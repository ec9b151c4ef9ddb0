"""SIGTERM and Ctrl-C as an event: finish what is in hand, then end. I/O: signals."""

import asyncio
import signal


def stop_on_signals() -> asyncio.Event:
    """An event of the running loop that both signals set; a second Ctrl-C interrupts at once."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def ask() -> None:
        stop.set()
        loop.remove_signal_handler(signal.SIGINT)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask)
    return stop
