"""The value in the file that a DIGEST_*_FILE names. I/O: that file.

Whoever puts the secret itself there, and not where it is, must not find it in a log: a path is only
shown where there is a folder of that name.
"""

from pathlib import Path

from digest.errors import SettingsError

OF_MANY_LINES = ("dkim_key", "smtp_url")
_EXPECTED = "expected the path of a file that holds the value, not the value itself"


def value_in(path: Path, name: str) -> str:
    """The value of the setting `name`: the file's first line, or all of it where it may have more.

    Raises SettingsError for a file that is not there, can't be read or is empty.
    """
    variable = f"DIGEST_{name.upper()}_FILE"
    text = _text(path)
    if text is None and _is_of_this_machine(path):
        raise SettingsError((f"{variable}: {path} can't be read",))
    # Outside of any `except`: the system's error holds the path, and thus perhaps the secret.
    if text is None:
        raise SettingsError((f"{variable}: there is no such file; {_EXPECTED}",))
    if not text:
        raise SettingsError((f"{variable}: {path} is empty",))
    return text if name in OF_MANY_LINES else text.splitlines()[0].strip()


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):  # too long, a NUL in it, no UTF-8
        return None


def _is_of_this_machine(path: Path) -> bool:
    """Whether it names a file that is there, or one missing from a folder that is; a bare name,
    which "." and "/" would vouch for, may be anything."""
    folder = path.parent
    try:
        return path.exists() or (
            len(folder.parts) > len(Path(folder.anchor).parts) and folder.is_dir()
        )
    except (OSError, ValueError):
        return False
