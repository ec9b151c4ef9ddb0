"""The one error tree. Each says, in plain words, what is wrong and what to do about it. Pure.

    DigestError                 exit code
    |-- UsageError                2   the command's words do not fit
    |-- SettingsError             2   .env or digest.toml: file, key, what is expected
    |-- TemplateError             2   a template: file, line, what is wrong
    |-- StoreError                1   the database, in general
    |   |-- StoreLockedError          another process holds it
    |   |-- StoreReadOnlyError        it can't be written
    |   |-- StoreFullError            the disk is full
    |   |-- StoreVersionError         made by a newer digest
    |   `-- StoreMissingError         not there, or not reachable
    |-- RelayError                1   the relay can't be used at all (refused, certificate, AUTH)
    |-- SigningError              1   a message can't be signed (DKIM): it is not in its final form
    |-- DnsError                  1   DNS could not be asked
    |-- WebError                  1   readers' pages can't be served at that address
    |-- AlreadyRunningError       1   another process is sending from this store
    `-- UnreadableFileError       1   a file a person gave us can't be read

Expected failures (a dead feed, a 550 for one reader) are values, not exceptions.
"""


class DigestError(Exception):
    """Something the person who runs digest can act on; str() is the sentence to show."""

    exit_code = 1


class UsageError(DigestError):
    """The command's words do not fit."""

    exit_code = 2


class SettingsError(DigestError):
    """A setting is wrong. `problems` has one line each: place, key, what is expected."""

    exit_code = 2

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class TemplateError(DigestError):
    """A template can't be used; names file and line."""

    exit_code = 2


class StoreError(DigestError):
    """The database refused."""


class StoreLockedError(StoreError):
    """Another process holds the database."""


class StoreReadOnlyError(StoreError):
    """The database can't be written."""


class StoreFullError(StoreError):
    """The disk is full."""


class StoreVersionError(StoreError):
    """The database was made by a newer version of digest."""


class StoreMissingError(StoreError):
    """The database is not there or not reachable."""


class RelayError(DigestError):
    """The relay can't be used at all, whoever the recipient: nothing was sent on this try.
    `is_lasting`: it would say the same in a minute."""

    def __init__(self, words: str, *, is_lasting: bool = False) -> None:
        super().__init__(words)
        self.is_lasting = is_lasting


class SigningError(DigestError):
    """A message can't be signed with DKIM; it must not leave unsigned."""


class DnsError(DigestError):
    """DNS could not be asked: no answer, or no name server."""


class WebError(DigestError):
    """Readers' pages can't be served: the address is in use, or not ours."""


class AlreadyRunningError(DigestError):
    """Another process is sending from the same store."""


class UnreadableFileError(DigestError):
    """A file that a person gave us can't be read."""
