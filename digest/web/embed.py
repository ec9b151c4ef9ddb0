"""The banner for a newsroom's own site: a page for an <iframe>, and the script that puts it there.
I/O: none by itself.

The banner alone may be framed, by anybody: what it posts opens in the whole window and changes
nothing that a stranger's click could not; the reader still has to confirm by mail.
"""

import json
from math import ceil

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from digest.web.answer import EVERYWHERE, NOT_KEPT
from digest.web.signup import Door, Fields
from digest.web.signup_words import signup_words_for, wording_of

# Other sites may take these in, also such as isolate themselves (COEP).
SHARED = {
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
SCRIPT_KEPT = "public, max-age=3600"
# Widths in px up to which the frame keeps one height: it can't know how much is in it.
STEPS = (300, 340, 380, 420, 460, 500, 580, 660, 800, 1000)
# Of the banner's text and its consent wording: a letter's width and a line's height in px, a bit
# more than they are in the widest of the usual fonts.
LETTER, LINE = 8.4, 25
SMALL_LETTER, SMALL_LINE = 6.5, 18.2
# From there on the button stands beside the field.
ONE_ROW = 484
# A site's policy need allow no more than `script-src` and `frame-src` of our address: the style is
# set as properties, and nothing is fetched or written as HTML.
SCRIPT = """\
(function () {
  var here = document.currentScript;
  if (!here || !here.parentNode) return;
  var frame = document.createElement("iframe");
  var heights = %(heights)s;
  frame.src = new URL("banner", here.src).href + "?lang=" + encodeURIComponent(%(lang)s) +
    "&on=" + encodeURIComponent(location.origin + location.pathname);
  frame.title = %(title)s;
  frame.loading = "lazy";
  frame.style.border = "0";
  frame.style.display = "block";
  frame.style.width = "100%%";
  frame.style.colorScheme = "light dark";
  function fit() {
    var width = frame.clientWidth || 600;
    for (var i = 0; i < heights.length - 1 && width > heights[i][0]; i++);
    frame.style.height = heights[i][1] + "px";
  }
  here.parentNode.insertBefore(frame, here);
  fit();
  if (window.ResizeObserver) new ResizeObserver(fit).observe(frame);
  else window.addEventListener("resize", fit);
})();
"""


async def show_banner(door: Door, request: Request) -> Response:
    """GET and HEAD /{publication}/banner."""
    look = door.look(request.query_params.get("lang", ""))
    say = signup_words_for(look.language)
    page = door.site.pages.render(
        "banner",
        look,
        say=say,
        fields=Fields(page=request.query_params.get("on", "")[:500]),
        wording=wording_of(look, say),
        stamp=door.stamp(),
    )
    policy = (
        "default-src 'none'; base-uri 'none'; frame-ancestors *; "
        f"style-src '{page.style_hash}'; img-src data:; form-action 'self'"
    )
    headers = {
        **EVERYWHERE,
        **SHARED,
        "Content-Security-Policy": policy,
        "Cache-Control": NOT_KEPT,
    }
    return HTMLResponse(page.html, 200, headers)


def heights_of(text: str, consent: str) -> list[tuple[int, int]]:
    """Pairs of a width up to which the banner with these words needs a height; the last is for all
    that is wider. Never too low, so that nothing of what a reader agrees to is cut off."""
    narrowest = (280, *(step + 1 for step in STEPS))
    return [
        (step, _height(text, consent, width))
        for step, width in zip((*STEPS, 100_000), narrowest, strict=True)
    ]


def _height(text: str, consent: str, width: int) -> int:
    inner = width - 44
    lines = ceil(len(text) * LETTER / inner) * LINE
    small = ceil(len(consent) * SMALL_LETTER / inner) * SMALL_LINE
    button = 0 if width >= ONE_ROW else 58
    # Border and padding; the title; the field with its label; the gaps between these.
    return ceil(43 + 33 + lines + 12 + 76 + button + 10 + small + 10)


async def show_script(door: Door, request: Request) -> Response:
    """GET and HEAD /{publication}/embed.js."""
    look = door.look(request.query_params.get("lang", ""))
    say = signup_words_for(look.language)
    script = SCRIPT % {
        "heights": json.dumps(
            heights_of(f"{say.banner_text} {say.banner_wrap}", wording_of(look, say).text)
        ),
        "lang": json.dumps(say.language),
        "title": json.dumps(f"{say.banner_title}: {look.title}"),
    }
    headers = {
        **EVERYWHERE,
        **SHARED,
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": SCRIPT_KEPT,
    }
    return Response(script, 200, headers, media_type="text/javascript; charset=utf-8")
