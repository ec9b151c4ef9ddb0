"""`digest serve` as a person runs it: says where, answers, and ends when asked."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import environment, run_digest


@pytest.fixture
def newsroom(tmp_path: Path) -> Path:
    """A folder that `digest init` has made, with a free port."""
    assert run_digest(tmp_path, "init", "news").code == 0
    folder = tmp_path / "news"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    file = folder / "config" / "digest.toml"
    file.write_text(file.read_text("utf-8").replace("port = 8025", f"port = {port}"), "utf-8")
    return folder


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_serves_until_it_is_told_to_stop(newsroom: Path, sign: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "digest", "serve"],
        cwd=newsroom, env=environment(PYTHONUNBUFFERED="1"), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            said = re.fullmatch(
                r"readers' pages are served at (http://127\.0\.0\.1:\d+)/\n",
                process.stdout.readline(),
            )
            assert said is not None
            with httpx.Client(base_url=said[1]) as client:
                assert client.get("/healthz").json() == {"status": "ok"}
                assert "No edition has been sent yet." in client.get("/kestrel").text
                assert client.get("/u/forged.1.kestrel").status_code == 404
                os.kill(process.pid, sign)
                out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 0
    # Addresses of pages hold tokens: none is written down.
    assert (out, err) == ("", "")


def test_a_port_in_use_is_a_sentence(newsroom: Path) -> None:
    file = newsroom / "config" / "digest.toml"
    port = re.search(r"port = (\d+)", file.read_text("utf-8"))
    assert port is not None
    with socket.create_server(("127.0.0.1", int(port[1]))):
        done = run_digest(newsroom, "serve")
    assert done.code == 1
    assert f"can't be served on 127.0.0.1 port {port[1]}: Address already in use" in done.err
