"""Settings: the shipped files are good, and each wrong one is refused in words that help."""

import re
import traceback
from datetime import time
from pathlib import Path

import pytest

from digest.errors import SettingsError, UsageError
from digest.model.newsroom import Canonicalization, Dkim
from digest.settings.load import load_settings
from tests.unit.deliver.keys import pem

ROOT = Path(__file__).parents[2]
SHIPPED = (ROOT / "config" / "digest.toml").read_text(encoding="utf-8")
KEY = "k" * 32


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A newsroom's folder with the shipped TOML, and nothing set in the environment."""
    for name in ("CONFIG", "DATABASE_URL", "SMTP_URL", "BASE_URL", "SECRET_KEY", "DKIM_KEY"):
        monkeypatch.delenv(f"DIGEST_{name}", raising=False)
        monkeypatch.delenv(f"DIGEST_{name}_FILE", raising=False)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "digest.toml").write_text(SHIPPED, encoding="utf-8")
    return tmp_path


def problems_of(project: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(project)
    return str(caught.value)


def change(project: Path, old: str, new: str) -> None:
    assert old in SHIPPED
    (project / "config" / "digest.toml").write_text(SHIPPED.replace(old, new, 1), encoding="utf-8")


def test_the_shipped_file_is_good(project: Path) -> None:
    settings = load_settings(project)
    publication = settings.publication("kestrel")
    assert publication.send_at == time(18)
    assert publication.days == (0, 1, 2, 3, 4, 5, 6)
    assert [section.slug for section in publication.sections][:2] == ["news", "council"]
    assert len(settings.feeds) == 4
    assert settings.publication(None) is publication


def test_proxies_are_addresses_or_networks(project: Path) -> None:
    assert load_settings(project).web.trusted_proxies == ("127.0.0.1", "::1")
    old, new = '["127.0.0.1", "::1"]   # your', '["10.0.0.0/8", "2001:db8::1"]   #'
    change(project, old, new)
    assert load_settings(project).web.trusted_proxies == ("10.0.0.0/8", "2001:db8::1")


def test_relative_paths_are_the_projects(project: Path) -> None:
    settings = load_settings(project)
    assert settings.database_url == f"sqlite:///{project}/var/digest.db"
    assert settings.smtp_url == f"maildir:{project}/var/outbox"


def test_digest_config_leads_to_a_project(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (project / ".env").write_text(f"DIGEST_SECRET_KEY={KEY}\n")
    monkeypatch.setenv("DIGEST_CONFIG", str(project / "config" / "digest.toml"))
    settings = load_settings(elsewhere)
    assert settings.folder == project
    assert settings.secret_key == KEY.encode()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('timezone = "America/Halifax"', 'timezone = "Halifax"',
         r'\[kestrel\]\.timezone: expected an IANA time zone such as "America/Halifax"'),
        ('send_at = "18:00"', 'send_at = "6pm"',
         r'publications\[kestrel\]\.send_at: expected a local time such as "18:00"'),
        ('days = ["mon"', 'days = ["monday"', r"days: expected a list of mon, tue"),
        ('accent = "#0b5563"', 'accent = "teal"', r"theme\.accent: expected a colour as #rrggbb"),
        ("weight = 0.8", 'weight = "much"', r"feeds\[county\]\.weight: expected a number"),
        ("weight = 0.8", "weight = 11", r"feeds\[county\]\.weight: expected less than or equal"),
        ("is_own = true", "is_mine = true", r"feeds\[tide\]\.is_mine: unknown key"),
        ('url = "file:config/sample/tide.xml"', 'url = "gopher://x"',
         r"feeds\[tide\]\.url: expected an address that begins"),
        ('name = "county"', 'name = "tide"', r'feeds: "tide" stands twice'),
        ('section = "council"', 'section = "town"', r'feeds "county": no section "town"; expected'),
        ('slug = "kestrel" ', 'slug = "Port Kestrel" ', r"lower-case letters, digits and hyphens"),
        ('from_address = "wrap@porttide.example"', 'from_address = "wrap"',
         r"from_address: expected a mail address"),
        ('from_name = "The Port Kestrel Tide"', 'from_name = "Tide\\r\\nBcc: x"',
         r"from_name: expected one line without control characters"),
        ('postal_address = "14 Wharf', 'postal = "14 Wharf', r"postal_address: missing"),
        ('language = "en"', 'language = "tlh"', r'language: expected "en" or "fr"'),
        ("[gather]", "[gather", r"not valid TOML: .*line \d+"),
        ("max_stories = 24", "max_stories = 0", r"limits\.max_stories: expected greater than"),
        ("max_stories = 24", 'max_stories = "24"', r"limits\.max_stories: expected an integer"),
        ("max_stories = 24", "max_stories = 24.0", r"limits\.max_stories: expected an integer"),
        ("poll_every_min = 15", "poll_every_min = true",
         r"gather\.poll_every_min: expected an integer"),
        ("is_own = true", 'is_own = "yes"', r"feeds\[tide\]\.is_own: expected true or false"),
        ("is_own = true", "is_own = 1", r"feeds\[tide\]\.is_own: expected true or false"),
        ("weight = 0.8", "weight = true", r"feeds\[county\]\.weight: expected a number"),
        ('from_name = "The Port Kestrel Tide"', "from_name = 1", r"from_name: expected a text in"),
        ('days = ["mon"', "days = [1", r"days: expected a list of mon, tue"),
        ("is_own = true", 'publications = "kestrel"',
         r"feeds\[tide\]\.publications: expected a list"),
        ("is_own = true", "publications = [1]", r"publications\[1\]: expected a text in quotes"),
        ("[gather]", "[[gather]]", r"gather: expected a table"),
        ('slug = "kestrel"', 'slug = "metrics"', r"slug: expected another name: pages of every"),
        ('slug = "kestrel"', 'slug = "p"', r"slug: expected another name"),
        ('trusted_proxies = ["127.0.0.1", "::1"]', 'trusted_proxies = ["nginx"]',
         r"web\.trusted_proxies\[1\]: expected an IP address or a network, such as"),
        ('trusted_proxies = ["127.0.0.1", "::1"]', 'trusted_proxies = ["10.0.0.1/8"]',
         r"proxies\[1\]: expected an IP"),
        ('metrics_from = ["127.0.0.1", "::1"]', 'metrics_from = "127.0.0.1"',
         r"web\.metrics_from: expected a list"),
        ('send_at = "18:00"', "send_at = 18", r"send_at: expected a local time such as"),
    ],
)  # fmt: skip
def test_wrong_keys_are_refused(project: Path, old: str, new: str, expected: str) -> None:
    change(project, old, new)
    problems = problems_of(project)
    assert str(project / "config" / "digest.toml") in problems
    assert re.search(expected, problems), problems


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("weight = 0.8", "weight = 1"),
        ('send_at = "18:00"', "send_at = 18:00:00"),
        ("is_own = true", 'publications = ["kestrel"]'),
    ],
)
def test_other_spellings_that_are_good(project: Path, old: str, new: str) -> None:
    change(project, old, new)
    settings = load_settings(project)
    assert settings.publications[0].send_at == time(18)


def test_every_problem_is_told_at_once(project: Path) -> None:
    text = SHIPPED.replace('"America/Halifax"', '"Nowhere"').replace('"#0b5563"', '"teal"')
    (project / "config" / "digest.toml").write_text(text, encoding="utf-8")
    assert len(problems_of(project).splitlines()) == 2


def test_no_project_here(tmp_path: Path) -> None:
    assert "digest init NAME" in problems_of(tmp_path)


def test_the_environment_wins_over_dotenv(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / ".env").write_text("DIGEST_BASE_URL=https://a.example/\n")
    assert load_settings(project).base_url == "https://a.example"
    monkeypatch.setenv("DIGEST_BASE_URL", "https://b.example")
    assert load_settings(project).base_url == "https://b.example"


@pytest.mark.parametrize("name", ["DATABASE_URL", "SMTP_URL", "BASE_URL", "SECRET_KEY"])
def test_each_may_come_from_a_file(
    project: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    value = "https://from-a-file.example/with-thirty-two-characters"
    (project / "secret").write_text(value + "\n")
    monkeypatch.setenv(f"DIGEST_{name}_FILE", str(project / "secret"))
    found = getattr(load_settings(project), name.lower())
    assert found == (value.encode() if name == "SECRET_KEY" else value)


def test_a_file_named_in_the_environment_wins_over_dotenv(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / ".env").write_text("DIGEST_SMTP_URL=maildir:var/outbox\n")
    (project / "secret").write_text("smtps://relay.example\n")
    monkeypatch.setenv("DIGEST_SMTP_URL_FILE", str(project / "secret"))
    assert load_settings(project).smtp_url == "smtps://relay.example"


def test_a_file_may_hold_a_relay_a_line(project: Path) -> None:
    (project / "relays").write_text("\nsmtps://a.example\nsmtps://b.example?weight=0\n")
    (project / ".env").write_text(f"DIGEST_SMTP_URL_FILE={project}/relays\n")
    assert load_settings(project).smtp_url.split() == [
        "smtps://a.example", "smtps://b.example?weight=0",
    ]  # fmt: skip


def test_dotenv_may_hold_relays_with_a_space_between(project: Path) -> None:
    urls = "smtps://u:p@a.example?weight=3&rate=50 smtps://b.example?weight=0"
    (project / ".env").write_text(f"DIGEST_SMTP_URL={urls}\n")
    assert load_settings(project).smtp_url == urls


@pytest.mark.parametrize("name", ["SMTP_URL", "SECRET_KEY"])
def test_a_file_without_a_value_is_refused(project: Path, name: str) -> None:
    (project / "empty").write_text("\n\n")
    (project / ".env").write_text(f"DIGEST_{name}_FILE={project}/empty\n")
    assert f"DIGEST_{name}_FILE: {project}/empty is empty" in problems_of(project)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DKIM_KEY", "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFA/ASC\n"),
        ("DKIM_KEY", "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFA/ASC\n" * 99),
        ("SECRET_KEY", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
        ("SECRET_KEY", "/8Zq1v/9nq+5OdP4t8Zb0m2v1s5F7kQw=="),
        ("SMTP_URL", "smtps://me:hunter22hunter22hunter22@relay.example"),
        ("DATABASE_URL", "postgresql://me:hunter22hunter22hunter22@db.example/news"),
    ],
)
def test_a_value_in_place_of_its_file_is_not_shown(
    project: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"DIGEST_{name}_FILE", value)
    with pytest.raises(SettingsError) as caught:
        load_settings(project)
    assert str(caught.value) == (
        f"DIGEST_{name}_FILE: there is no such file; expected the path of a file that holds the "
        "value, not the value itself"
    )
    shown = "".join(traceback.format_exception(caught.value))
    assert value[30:45] not in shown


@pytest.mark.parametrize("content", [None, b"\xff"], ids=["missing", "no text"])
def test_a_file_that_can_not_be_read_is_named(project: Path, content: bytes | None) -> None:
    if content is not None:
        (project / "config" / "secret").write_bytes(content)
    (project / ".env").write_text(f"DIGEST_SECRET_KEY_FILE={project}/config/secret\n")
    expected = f"DIGEST_SECRET_KEY_FILE: {project}/config/secret can't be read"
    assert problems_of(project) == expected


def test_dotenv_that_is_no_text_is_refused(project: Path) -> None:
    (project / ".env").write_bytes(b"DIGEST_BASE_URL=\xff\xfe")
    assert ".env: can't be read" in problems_of(project)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("DIGEST_SECRET_KEY=short", "DIGEST_SECRET_KEY: expected at least 32 characters"),
        ("DIGEST_BASE_URL=news.example", "DIGEST_BASE_URL: expected an address such as https"),
        ("DIGEST_SMTP_URL_FILE=/nowhere/x", "DIGEST_SMTP_URL_FILE: there is no such file"),
        ("DIGEST_SMTP_URL_FILE=x\nDIGEST_SMTP_URL=smtp://x", "expected only one"),
    ],
)
def test_a_wrong_environment_is_refused(project: Path, lines: str, expected: str) -> None:
    (project / ".env").write_text(lines + "\n")
    problems = problems_of(project)
    assert expected in problems
    assert "short" not in problems.replace("short name", "")


def test_a_misspelt_name_is_refused_with_the_nearest(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / ".env").write_text("DIGEST_SMPT_URL=smtps://relay.example\nSMTP_URL=x\n")
    assert problems_of(project) == ".env: DIGEST_SMPT_URL: unknown; did you mean DIGEST_SMTP_URL?"
    (project / ".env").unlink()
    monkeypatch.setenv("DIGEST_SECRETKEY_FILE", "/run/secrets/key")
    monkeypatch.setenv("DIGEST_XYZZY", "1")
    first, second = problems_of(project).splitlines()
    assert first == (
        "environment: DIGEST_SECRETKEY_FILE: unknown; did you mean DIGEST_SECRET_KEY_FILE?"
    )
    assert second.startswith("environment: DIGEST_XYZZY: unknown; expected one of DIGEST_CONFIG, ")


@pytest.mark.parametrize(
    "name",
    ["DIGEST_SERVICE_HOST", "DIGEST_SERVICE_PORT_HTTP", "DIGEST_PORT", "DIGEST_PORT_8025_TCP_ADDR",
     "DIGEST_WEB_SERVICE_PORT", "DIGESTION", "digest_smtp_url"],
)  # fmt: skip
def test_names_that_are_none_of_ours_or_known(
    project: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "smtps://relay.example")
    assert load_settings(project)


def test_secrets_stay_out_of_repr(project: Path) -> None:
    (project / ".env").write_text(
        f"DIGEST_SECRET_KEY={KEY}\nDIGEST_SMTP_URL=smtps://me:hunter22@relay.example\n"
    )
    assert KEY not in repr(load_settings(project))
    assert "hunter22" not in repr(load_settings(project))


def test_an_unknown_publication_names_those_there_are(project: Path) -> None:
    with pytest.raises(UsageError, match="There are: kestrel"):
        load_settings(project).publication("gannet")


def test_example_and_settings_name_the_same_variables() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"DIGEST_[A-Z_]*[A-Z]", text))
    assert named == {
        "DIGEST_CONFIG", "DIGEST_DATABASE_URL", "DIGEST_SMTP_URL", "DIGEST_BASE_URL",
        "DIGEST_SECRET_KEY", "DIGEST_DKIM_KEY_FILE",
    }  # fmt: skip


SECTIONS = "  # Sections in the order of the mail."
DKIM = '  [publications.dkim]\n  selector = "wrap2026"\n'


def test_mail_is_not_signed_unless_asked_for(project: Path) -> None:
    assert load_settings(project).publication(None).dkim is None
    assert load_settings(project).dkim_key is None


def test_how_mail_is_signed(project: Path) -> None:
    change(project, SECTIONS, DKIM + SECTIONS)
    assert load_settings(project).publication(None).dkim == Dkim("wrap2026", "porttide.example")
    more = 'domain = "news.example"\ncanonicalization = "relaxed/relaxed"\n'
    change(project, SECTIONS, DKIM + more + SECTIONS)
    assert load_settings(project).publication(None).dkim == Dkim(
        "wrap2026", "news.example", Canonicalization.RELAXED_RELAXED
    )


def test_the_lines_in_the_shipped_file_work_when_they_are_let_in(project: Path) -> None:
    keys = r"^  # (\[publications\.dkim\]|selector = |domain = |canonicalization = )"
    text = re.sub(keys, r"  \1", SHIPPED, flags=re.MULTILINE)
    (project / "config" / "digest.toml").write_text(text, encoding="utf-8")
    assert load_settings(project).publication(None).dkim == Dkim("wrap2026", "porttide.example")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('selector = "wrap_2026"', r"\[kestrel\]\.dkim\.selector: expected lower-case letters"),
        ('selector = "a..b"', r"dkim\.selector: expected"),
        ('selector = "-a"', r"dkim\.selector: expected"),
        ('selector = "a; d=b"', r"dkim\.selector: expected"),
        ('selector = "a\\r\\nBcc: x"', r"dkim\.selector: expected"),
        ('selector = ""', r"dkim\.selector: expected"),
        (f'selector = "{"a" * 64}"', r"dkim\.selector: expected"),
        ("", r"dkim\.selector: missing"),
        ('selector = "a"\ndomain = "news"', r"dkim\.domain: expected a domain in lower case"),
        ('selector = "a"\ndomain = "nötig.example"', r"dkim\.domain: expected a domain"),
        ('selector = "a"\ncanonicalization = "simple"',
         r"dkim\.canonicalization: expected 'relaxed/simple' or 'relaxed/relaxed'"),
        ('selector = "a"\nkey = "x"', r"dkim\.key: unknown key"),
    ],
)  # fmt: skip
def test_wrong_signing_is_refused(project: Path, lines: str, expected: str) -> None:
    change(project, SECTIONS, f"  [publications.dkim]\n{lines}\n{SECTIONS}")
    problems = problems_of(project)
    assert re.search(expected, problems), problems


def test_the_dkim_keys_file_is_taken_whole(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "dkim.pem").write_text(pem())
    monkeypatch.setenv("DIGEST_DKIM_KEY_FILE", str(project / "dkim.pem"))
    assert load_settings(project).dkim_key == pem().strip()


@pytest.mark.parametrize("line_end", ["\n", "\\n"], ids=["lines", "one line"])
def test_the_dkim_key_may_stand_in_dotenv(project: Path, line_end: str) -> None:
    value = pem().strip().replace("\n", line_end)
    (project / ".env").write_text(f'DIGEST_DKIM_KEY="{value}"\n')
    assert load_settings(project).dkim_key == pem().strip()


def test_the_dkim_key_may_be_one_line_of_the_environment(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_DKIM_KEY", pem().replace("\n", "\\n"))
    assert load_settings(project).dkim_key == pem()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("genrsa", "512"), "DIGEST_DKIM_KEY: expected 2048 bits"),
        (("genpkey", "-algorithm", "ed25519"), "DIGEST_DKIM_KEY: Gmail, Outlook and Yahoo do not"),
        (("version",), "DIGEST_DKIM_KEY: expected an RSA private key"),
    ],
)
def test_a_wrong_dkim_key_is_refused_and_not_shown(
    project: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], expected: str
) -> None:
    (project / "dkim.pem").write_text(pem(*words))
    monkeypatch.setenv("DIGEST_DKIM_KEY_FILE", str(project / "dkim.pem"))
    with pytest.raises(SettingsError) as caught:
        load_settings(project)
    assert expected in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert pem(*words).splitlines()[-1] not in shown
    assert pem(*words)[40:80] not in shown


def test_a_dkim_key_that_lost_its_lines_is_refused(project: Path) -> None:
    (project / ".env").write_text(f"DIGEST_DKIM_KEY={pem()}")
    assert "DIGEST_DKIM_KEY: expected an RSA private key, the whole" in problems_of(project)


def test_a_dkim_key_that_can_not_be_read_is_refused(project: Path) -> None:
    (project / ".env").write_text(f"DIGEST_DKIM_KEY_FILE={project}/nowhere.pem\n")
    assert f"DIGEST_DKIM_KEY_FILE: {project}/nowhere.pem can't be read" in problems_of(project)


def test_the_dkim_key_stays_out_of_repr(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_DKIM_KEY", pem())
    settings = load_settings(project)
    assert settings.dkim_key == pem()
    assert "PRIVATE" not in repr(settings)
