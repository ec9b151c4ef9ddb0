"""What a relay said, in one line. Pure."""


def reply_words(code: int | None, enhanced: str, text: str) -> str:
    """ "421 4.7.28 too many": code, enhanced code (RFC 3463) and words, each once and where there
    is one."""
    said = " ".join(text.split())
    parts = (str(code or ""), "" if said.startswith(enhanced) else enhanced, said)
    return " ".join(part for part in parts if part)
