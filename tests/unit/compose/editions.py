"""Editions of the sample town, written by hand: what every test of this room composes."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from digest.compose.imprint import Imprint, Tokens, imprint_of
from digest.model.edition import Edition, EditionSection, Source, Story
from digest.model.feeds import Image
from digest.model.message import Recipient
from digest.model.newsroom import Publication, Theme

DAY = date(2026, 3, 12)
CUTOFF = datetime(2026, 3, 12, 21, 0, tzinfo=UTC)
KEY = b"a key for tests only"

PUBLICATION = Publication(
    slug="evening-tide",
    title="The Evening Tide",
    timezone="America/Halifax",
    send_at=time(18),
    from_name="The Port Kestrel Tide",
    from_address="wrap@news.porttide.example",
    reply_to="desk@porttide.example",
    postal_address="12 Wharf Street\nPort Kestrel, Nova Scotia  B0X 1K0",
    contact="desk@porttide.example",
    site_url="https://www.porttide.example/",
    tagline="The day in Port Kestrel and Gannet Bay, in ten minutes",
)
FRENCH = replace(
    PUBLICATION,
    slug="le-soir",
    title="La Marée du soir",
    from_name="Radio Kestrel",
    from_address="bulletin@nouvelles.radiokestrel.example",
    reply_to=None,
    contact="https://www.radiokestrel.example/nous-joindre",
    language="fr-CA",
    tagline="La journée à Port Kestrel, en dix minutes",
    theme=Theme(accent="#f2b632", ink="#22201a"),
)
IMPRINT: Imprint = imprint_of(PUBLICATION, DAY, base_url="https://wrap.porttide.example/", key=KEY)
TOKENS = Tokens(unsubscribe="Q2xJ.2s.evening-tide", preferences="bm9w.2s.evening-tide")
READER = Recipient(100, "ada.fraser@readers.example", "Ada Fraser")

_TIDE = Source("tide", "The Port Kestrel Tide", None)
_RECORD = Source("record", "The Gannet Bay Record", "https://www.gannetbay.example/ferry")
_RADIO = Source("radio", "Radio Kestrel", "https://www.radiokestrel.example/?p=41&lang=en")
_COUNTY = Source("county", "County of Kestrel", None)


def story(number: int, title: str, *, hour: int = 14, minute: int = 5, **more: object) -> Story:
    """A story of the Tide with little but a title; `more` replaces fields."""
    plain = Story(
        id=number,
        entry_ids=(number,),
        title=title,
        url=f"https://www.porttide.example/news/{number}?a=1&b=2",
        lede="",
        byline="",
        dateline="",
        credit="",
        section="news",
        categories=(),
        image=None,
        published_at=datetime(2026, 3, 12, hour, minute, tzinfo=UTC),
        updated_at=None,
        language="en",
        source=_TIDE,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def picture(name: str, alt: str) -> Image:
    """One of the sample's pictures, 1200 x 675."""
    return Image(f"https://www.porttide.example/images/{name}.jpg", alt, 1200, 675)


LEAD = story(
    1,
    "Ferry to Gannet Bay tied up for a third day as crew waits on a part",
    hour=19,
    minute=10,
    lede=(
        "The Kestrel Bay ferry will stay at its berth until at least Saturday, the operator said, "
        "after a steering pump failed for the second time this winter. A bus will carry foot "
        "passengers around the bay; trucks face a 140-kilometre detour."
    ),
    byline="Marguerite Doane",
    dateline="Port Kestrel",
    image=picture("ferry", "The ferry at its pier at dusk, ramp raised"),
    updated_at=datetime(2026, 3, 12, 20, 25, tzinfo=UTC),
    also=(_RECORD, _RADIO),
)
_NEWS = (
    story(
        2, "Boil-water advisory lifted for the harbour end of town",
        hour=16, minute=40, byline="Owen Tupper", dateline="Port Kestrel",
        lede="Two clean tests in a row mean about 640 homes east of Chapel Hill can drink from "
        "the tap again. The county asks everyone to run cold water for five minutes first.",
        image=picture("tap", "A kitchen tap running"), also=(_COUNTY,),
    ),
    story(
        3, "Freezing rain expected along the coast overnight",
        hour=12, minute=15, byline="The Canadian Press", dateline="Halifax",
        credit="The Canadian Press",
        lede="Forecasters expect up to ten millimetres of freezing rain from midnight, changing "
        "to drizzle by the morning commute.",
    ),
    story(
        4, "« La mer nous a tout donné » : trois générations de pêcheuses à Port Kestrel",
        hour=11, minute=2, language="fr", source=replace(_RADIO, url=None),
        byline="Hélène Thériault", url="https://www.radiokestrel.example/?p=52",
        lede="Elles ont 19, 46 et 71 ans et montent sur le même bateau. Rencontre à l’aube, "
        "avant la levée des casiers.",
    ),
)  # fmt: skip
_COUNCIL = (
    story(
        5, "Council trims the library's hours to keep the tax rate flat",
        hour=13, minute=30, byline="Priya Nickerson", section="council",
        lede="The budget passed five votes to four after midnight. The Water Street branch will "
        "close on Mondays from April; councillors promised to look again in the fall.",
        image=picture("library", "The Water Street library, lights on"),
    ),
    story(
        6, "Who pays for the wharf? Three bids, one decision, and a deadline",
        hour=15, byline="Owen Tupper", section="council",
        lede="All three offers came in above the estimate. Staff will report back next month.",
    ),
)  # fmt: skip
_SPORTS = (
    story(
        7, "Under-15 Gulls come back from three down to take the series",
        hour=10, minute=45, byline="Cal Amirault", section="sports",
        lede="Three goals in the last six minutes sent the Gulls to the provincial tournament "
        "and most of the stands onto the ice.",
        image=picture("rink", "The rink before a game"), also=(_RECORD,),
    ),
)  # fmt: skip
EDITION = Edition(
    publication="evening-tide",
    day=DAY,
    since=CUTOFF - timedelta(days=1),
    cutoff=CUTOFF,
    lead=LEAD,
    sections=(
        EditionSection("news", "News", _NEWS),
        EditionSection("council", "Town Hall", _COUNCIL),
        EditionSection("sports", "Sports", _SPORTS),
    ),
)


def large_edition(count: int) -> Edition:
    """`count` stories as long as real ones are, a third with pictures."""
    models = EDITION.stories
    many = tuple(
        replace(
            models[number % len(models)], id=number + 10,
            url=f"https://www.porttide.example/news/2026/03/12/{number}-a-slug-of-usual-length",
        )
        for number in range(count)
    )  # fmt: skip
    rest = many[1:]
    size = max(1, -(-len(rest) // 6))
    sections = tuple(
        EditionSection(f"section-{at}", f"Section {at}", rest[at : at + size])
        for at in range(0, len(rest), size)
    )
    return replace(EDITION, lead=many[0], sections=sections)
