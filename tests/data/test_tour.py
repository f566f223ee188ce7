"""docs/tutorial.md in a real browser: what it shows can be seen."""

import io
import re

import pytest
from PIL import Image

from tests.browser import HEIGHT, WIDTH, Browser
from tests.data.archive import Archive
from tests.embedded import PROJECT
from tests.tour import GREYS, IMAGES, PATIENT, PICTURES, SERIES, STUDY, store, take

TOUR = (PROJECT / "docs/tutorial.md").read_text()


@pytest.fixture(scope="module")
def pages(on_s3: Archive) -> dict[str, tuple[Image.Image, str]]:
    """Pictures taken anew, and what can be read on them."""
    stored = store(on_s3)
    with Browser(on_s3) as browser:
        browser.remember()
        taken = {name: take(browser, name, stored) for name in ("study", "viewer")}
    return {name: (Image.open(io.BytesIO(picture)), text) for name, (picture, text) in taken.items()}


def test_the_study_is_found_by_its_names(pages: dict[str, tuple[Image.Image, str]]):
    picture, text = pages["study"]
    assert all(name in text for name in (PATIENT, STUDY, SERIES))
    assert picture.size == (WIDTH, HEIGHT) and len(picture.convert("L").getcolors() or []) > 50, (
        "the page is blank"
    )


def test_the_viewer_shows_the_image(pages: dict[str, tuple[Image.Image, str]]):
    pixels = pages["viewer"][0].convert("L").histogram()
    for tissue, grey in GREYS.items():
        assert sum(pixels[grey - 2 : grey + 3]) > 1000, f"the viewer shows no {tissue}"


def test_every_picture_of_the_tour_is_there_and_small():
    shown = re.findall(r"\]\(images/(tour-[\w-]+\.png)\)", TOUR)
    assert sorted(shown) == sorted(f"tour-{name}.png" for name in PICTURES)
    for name in shown:
        file = IMAGES / name
        with Image.open(file) as picture:
            assert picture.size == (WIDTH, HEIGHT)
        assert file.stat().st_size < 150_000
