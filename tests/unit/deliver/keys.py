"""Private keys made for a test run, as OpenSSL prints them, and a signer with one."""

import subprocess
from functools import cache

from digest.deliver.dkim import Signer, parse_key
from digest.model.newsroom import Canonicalization


@cache
def pem(*words: str) -> str:
    """What `openssl WORDS` prints."""
    return subprocess.run(
        ["openssl", *(words or ("genrsa", "2048"))], capture_output=True, check=True, text=True
    ).stdout


@cache
def signer(form: Canonicalization = Canonicalization.RELAXED_SIMPLE) -> Signer:
    return Signer("news.porttide.example", "wrap2026", parse_key(pem()), form)
