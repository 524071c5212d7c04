import json, asyncio, time
import pytest, pytest_asyncio
from tests.integration import test_page_inline as t
from tests.integration.test_page_inline import *

draw, host = t.draw, t.host
pytestmark = pytest.mark.asyncio(loop_scope="module")


def style(host, **index):
    square = [[71, 50.9], [72, 50.9], [72, 51.4], [71, 51.4], [71, 50.9]]
    shape = {"type": "Polygon", "coordinates": [square]}
    host.files["/shape"] = ("application/json", json.dumps(shape).encode())
    spot = {"x": 0, "y": 0, "width": 16, "height": 16, "pixelRatio": 1, **index}
    host.files["/s.json"] = ("application/json", json.dumps({"spot": spot}).encode())
    host.files["/s.png"] = ("image/png", tile("#ff0000", 16))
    return map_style(
        sprite=f"https://{host.authority}/s",
        sources={"shape": {"type": "geojson", "data": f"https://{host.authority}/shape"}},
        layers=[
            {"id": "shape", "type": "fill", "source": "shape", "paint": {"fill-pattern": "spot"}}
        ],
    )


CASES = {
    "outside": (dict(x=8), None),
    "far": (dict(x=1000), None),
    "negative": (dict(x=-5), None),
    "huge": (dict(width=100000, height=100000), None),
    "zero": (dict(width=0), None),
    "text": (dict(width="wide"), None),
    "nopng": ({}, lambda h: h.files.pop("/s.png")),
    "nojson": ({}, lambda h: h.files.pop("/s.json")),
    "tornpng": (
        {},
        lambda h: h.files.__setitem__("/s.png", ("image/png", tile("#ff0000", 16)[:40])),
    ),
    "notjson": ({}, lambda h: h.files.__setitem__("/s.json", ("application/json", b"{["))),
    "nosuch": ({}, lambda h: h.files.__setitem__("/s.json", ("application/json", b"{}"))),
}


@pytest.mark.parametrize("name", CASES)
async def test_probe(draw, host, name):
    index, spoil = CASES[name]
    st = style(host, **index)
    if spoil:
        spoil(host)
    begun = time.monotonic()
    try:
        d = await draw(style=own(st), **BARE)
        print(
            "\nPROBE",
            name,
            share(opened(d), RED),
            [w["code"] + ": " + w["message"] for w in d.warnings],
            round(time.monotonic() - begun, 1),
        )
    except Exception as e:
        print(
            "\nPROBE",
            name,
            type(e).__name__,
            str(e)[:200],
            "|",
            getattr(e, "public", ""),
            round(time.monotonic() - begun, 1),
        )


ACTS = [
    "window.open('about:blank') && 1",
    "alert('x')",
    "confirm('x')",
    "prompt('x')",
    "print()",
    "(addEventListener('beforeunload', e => {e.preventDefault(); e.returnValue='x'}), 1)",
    "(() => {const a=document.createElement('a'); a.href='data:application/octet-stream,x'; a.download='x.bin'; document.body.append(a); a.click(); a.remove();})()",
    "navigator.permissions.query({name:'geolocation'}).then(p=>p.state)",
    "Notification.requestPermission()",
]


@pytest.mark.parametrize("act", ACTS)
async def test_act(draw, act):
    page = draw._page._page
    b = draw._page._browser
    try:
        r = await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(page.evaluate(act))), 3)
        print("\nACT", act, "->", r)
    except Exception as e:
        print("\nACT", act, type(e).__name__, str(e)[:200])
    begun = time.monotonic()
    try:
        await asyncio.wait_for(draw(), 15)
        print(
            "ACT drew",
            round(time.monotonic() - begun, 1),
            len(await b._connection.pages()),
            len(b._connection.targets()),
        )
    except Exception as e:
        print("ACT drew not", type(e).__name__, str(e)[:200])
