"""A microscopic slide in a real browser: made up, in tiles and two levels, as scanners of slides store them."""

import io
from collections.abc import Callable, Mapping

from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit, VLWholeSlideMicroscopyImageStorage, generate_uid

from local.emulator_process import wait_until
from tests.browser import HEIGHT, WIDTH, Browser
from tests.data.archive import PATIENCE_SECONDS, Archive
from tests.data.files import made_up, written

TILE, LEVELS = 256, (8, 4)  # pixels, and tiles in each direction; the first level is the whole resolution
SLIDE_MM = 10.0
Colour = tuple[int, int, int]


def colour(level: int, column: int, row: int) -> Colour:
    """Every tile has its own: those of the whole resolution are blue, those of the overview are red."""
    shades = (40 + 20 * column, 40 + 20 * row)
    return (*shades, 255) if level == 0 else (255, *shades)


def slide() -> list[bytes]:
    """The DICOM files of the levels."""
    names = {"StudyInstanceUID": generate_uid(), "SeriesInstanceUID": generate_uid()}
    shared = names | {"FrameOfReferenceUID": generate_uid(), "PatientID": "SLIDE-1", "Modality": "SM"}
    return [_level(number, tiles, shared) for number, tiles in enumerate(LEVELS)]


def _level(level: int, tiles: int, shared: Mapping[str, str]) -> bytes:
    dataset = made_up(**shared, SOPClassUID=VLWholeSlideMicroscopyImageStorage, InstanceNumber=level + 1)
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.ImageType = [
        "ORIGINAL" if level == 0 else "DERIVED",
        "PRIMARY",
        "VOLUME",
        "NONE" if level == 0 else "RESAMPLED",
    ]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "YBR_FULL_422", 0
    dataset.Rows = dataset.Columns = TILE
    dataset.NumberOfFrames = tiles * tiles
    dataset.TotalPixelMatrixColumns = dataset.TotalPixelMatrixRows = tiles * TILE
    dataset.ImagedVolumeWidth = dataset.ImagedVolumeHeight = SLIDE_MM
    dataset.DimensionOrganizationType = "TILED_FULL"
    measures = Dataset()
    measures.PixelSpacing = [SLIDE_MM / (tiles * TILE)] * 2
    measures.SliceThickness = 0.001
    groups = Dataset()
    groups.PixelMeasuresSequence = [measures]
    dataset.SharedFunctionalGroupsSequence = [groups]
    dataset.PixelData = encapsulate(
        [_jpeg(colour(level, column, row)) for row in range(tiles) for column in range(tiles)]
    )
    return written(dataset)


def _jpeg(colour: Colour) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (TILE, TILE), colour).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def colours(browser: Browser) -> set[Colour]:
    """What colours large areas of the page have."""
    with Image.open(io.BytesIO(browser.picture())) as picture:
        found = picture.convert("RGB").getcolors(maxcolors=WIDTH * HEIGHT) or []
    return {value for count, value in found if count > 1000}  # type: ignore[misc]


def near(one: Colour, other: Colour) -> bool:
    return all(abs(a - b) <= 3 for a, b in zip(one, other, strict=True))  # JPEG is lossy


def drawn(browser: Browser, level: int) -> int:
    """How many tiles of the level the browser shows."""
    seen = colours(browser)
    tiles = [colour(level, column, row) for row in range(LEVELS[level]) for column in range(LEVELS[level])]
    return sum(any(near(each, shown) for shown in seen) for each in tiles)


def test_a_slide_opens_and_is_enlarged(on_s3: Archive):
    instance = [on_s3.store(file) for file in slide()][-1]
    series = on_s3.get(f"/instances/{instance}/series").json()["ID"]
    with Browser(on_s3) as browser:
        browser.remember()
        browser.open(f"/app/explorer.html#series?uuid={series}")
        browser.wait_for("document.querySelector('#wsi-series-button')")
        browser.open(f"/wsi/app/viewer.html?series={series}")
        browser.wait_for("document.querySelector('canvas')")

        def becomes(holds: Callable[[], bool], consequence: str) -> None:
            assert wait_until(holds, PATIENCE_SECONDS), (
                f"{consequence}; the page has the colours {colours(browser)}"
            )

        becomes(lambda: drawn(browser, 1) == LEVELS[1] ** 2, "the overview is not drawn as a whole")
        assert not drawn(browser, 0), "the browser loads a slide in its whole resolution to show an overview"
        for _ in range(3):
            browser.scroll(WIDTH // 2, HEIGHT // 2, by=-240)
        becomes(lambda: drawn(browser, 0) > 1, "the enlarged slide has no tiles of the whole resolution")


def test_annotations_are_off_and_links_to_nowhere_are_not_given(on_s3: Archive):
    for path in ("/wsi/api/annotations-info", "/wsi/iiif/series/x/manifest.json"):
        assert on_s3.session.get(f"{on_s3.url}{path}", timeout=30).status_code == 404
