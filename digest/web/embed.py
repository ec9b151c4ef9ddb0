"""The banner for a newsroom's own site: a page for an <iframe>, and the script that puts it there.
I/O: none by itself.

The banner alone may be framed, by anybody: what it posts opens in the whole window and changes
nothing that a stranger's click could not; the reader still has to confirm by mail.
"""

import json

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
# The banner's height in px by its width, in steps: the frame can't know what is in it.
HEIGHTS = ((300, 560), (360, 480), (480, 430), (640, 300), (10_000, 270))
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


async def show_script(door: Door, request: Request) -> Response:
    """GET and HEAD /{publication}/embed.js."""
    look = door.look(request.query_params.get("lang", ""))
    say = signup_words_for(look.language)
    script = SCRIPT % {
        "heights": json.dumps(HEIGHTS),
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
