"""PDF files made by hand, object by object; bombs among them."""

import zlib
from collections.abc import Callable

SEVEN = b"8 w 1 J 200 600 m 400 600 l 260 300 l S"
"""Draws a 7 in the middle of an A4 page."""
CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of these objects, which are counted from 1; the first is the catalog."""
    file, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        places.append(b"%010d 00000 n \n" % len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(places)
    root = b"trailer\n<</Size %d/Root 1 0 R%b>>\n" % (len(objects) + 1, trailer)
    return file + table + root + b"startxref\n%d\n%%%%EOF\n" % len(file)


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """A stream object, deflated."""
    packed = zlib.compress(data, 9)
    head = b"<</Length %d/Filter/FlateDecode%b>>" % (len(packed), entries)
    return head + b"stream\n" + packed + b"\nendstream"


def pages(
    content: bytes = SEVEN,
    count: int = 1,
    *,
    box: bytes = b"0 0 595 842",
    resources: bytes = b"",
    more: tuple[bytes, ...] = (),
    trailer: bytes = b"",
) -> bytes:
    """A PDF of `count` pages with this content; `more` are objects after that of the pages."""
    kids = b" ".join(b"%d 0 R" % (4 + number) for number in range(count))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[%b]/Contents 3 0 R" % box
    page += b"/Resources<<%b>>>>" % resources
    tree = b"<</Type/Pages/Count %d/Kids[%b]>>" % (count, kids)
    return pdf(CATALOG, tree, stream(content), *[page] * count, *more, trailer=trailer)


def nested(depth: int, each: int) -> bytes:
    """A page on which each form is drawn so many times by the form around it."""
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]"
    inside = [
        stream(b"/F Do " * each, form + b"/Resources<</XObject<</F %d 0 R>>>>" % (6 + level))
        for level in range(depth)
    ]
    outer = b"/XObject<</F 5 0 R>>"
    return pages(b"/F Do", resources=outer, more=(*inside, stream(SEVEN, form)))


def pictured(width: int, height: int) -> bytes:
    """A page that is one white picture of so many pixels."""
    entries = b"/Type/XObject/Subtype/Image/Width %d/Height %d" % (width, height)
    white = stream(
        b"\xff" * (width * height), entries + b"/ColorSpace/DeviceGray/BitsPerComponent 8"
    )
    return pages(b"595 0 0 842 0 0 cm /I Do", resources=b"/XObject<</I 5 0 R>>", more=(white,))


def protected() -> bytes:
    """A PDF whose password nobody knows."""
    entries = b"/Filter/Standard/V 1/R 2/P -4/O<%b>/U<%b>" % (b"41" * 32, b"42" * 32)
    return pages(trailer=b"/Encrypt<<%b>>/ID[<00><00>]" % entries)


QUICK_BOMBS: dict[str, Callable[[], bytes]] = {
    "PDF of a huge page": lambda: pages(box=b"0 0 1e9 1e9"),
    "PDF of a billion forms": lambda: nested(9, 10),
    "PDF of deep forms": lambda: nested(3_000, 1),
    "PDF of states": lambda: pages(b"q " * 20_000_000),
    "PDF of a large picture": lambda: pictured(20_000, 20_000),
    "PDF of brackets": lambda: b"%PDF-1.7\n1 0 obj\n" + b"[" * 2_000_000,
}
SLOW_BOMBS: dict[str, Callable[[], bytes]] = {
    "PDF of forms in forms": lambda: nested(30, 2),
    "PDF of strokes": lambda: pages(b"0 0 m 595 842 0 842 595 0 c S " * 2_000_000),
    "PDF of many pages": lambda: pages(count=150),
}
