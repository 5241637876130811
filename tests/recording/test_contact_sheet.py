import io

from PIL import Image

from digitwatch.recording.contact_sheet import Frame, Part, draw_contact_sheet


def frame(colour: str, size: tuple[int, int] = (480, 240)) -> Frame:
    png = io.BytesIO()
    Image.new("RGB", size, colour).save(png, "PNG")
    return Frame(png.getvalue(), "is: 7, read: 1", "a/7_\N{GRINNING FACE}.png")


def drawn(*parts: Part) -> Image.Image:
    return Image.open(io.BytesIO(draw_contact_sheet(parts))).convert("RGB")


def test_thumbnails_stand_three_in_a_row_at_their_full_size():
    colours = ["#ff0000", "#00ff00", "#0000ff", "#ffff00"]
    sheet = drawn(Part("Read wrong", [frame(colour) for colour in colours]))
    for place, colour in enumerate(colours):
        left, top = 16 + place % 3 * 496, 60 + place // 3 * 300
        middle = sheet.getpixel((left + 240, top + 120))
        assert middle == tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
    assert sheet.size == (1504, 16 + 44 + 2 * 300 + 16 - 16)


def test_a_tall_thumbnail_is_reduced_to_the_room_of_the_others():
    sheet = drawn(Part("Slowest", [frame("#ff0000", (480, 700)), frame("#00ff00")]))
    assert sheet.height == drawn(Part("Slowest", [frame("#ff0000")])).height


def test_a_part_without_drawings_still_has_its_title():
    assert drawn(Part("Read wrong: 0", [])).getextrema() != ((255, 255),) * 3
