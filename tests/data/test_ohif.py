"""OHIF in a real browser: the archive's own, as its users open it, and another site's, which reads the archive."""

import base64
import io
import json
import time
from pathlib import Path

import pytest
from PIL import Image

from local.emulator_process import wait_until
from local.images import docker, ensure_ohif_image
from tests.browser import WIDTH, Browser, site
from tests.data.archive import PATIENCE_SECONDS, Archive
from tests.data.conftest import OHIF_SITE, VIEWER
from tests.data.files import as_new_study, content, parsed, written
from tests.tour import DRAWN, GREETINGS, GREYS, SLICES, STUDY, reads, store

# How many looks in a row, half a second apart, must be alike for an image that no longer changes.
STILL = 4
# At least so many pixels differ if another image is shown, or none. If it is the same image, what the viewer draws
# over it may differ in some dozens.
ANOTHER_IMAGE = 500
# What of the page is the image: between the panels, below the tools.
LEFT, TOP, RIGHT, BOTTOM = 290, 60, WIDTH - 40, 640


def look_through(browser: Browser) -> None:
    """What every reader does: see the first image of the phantom, and turn the wheel to the next."""
    browser.wait_for(reads(f"(1/{SLICES})"))
    first = first_image(browser)
    pixels = first.histogram()
    for tissue, grey in GREYS.items():
        assert sum(pixels[grey - 2 : grey + 3]) > 1000, f"the viewer shows no {tissue}"
    browser.scroll((LEFT + RIGHT) // 2, (TOP + BOTTOM) // 2, by=120)
    browser.wait_for(reads(f"(2/{SLICES})"))
    # The lungs are of another width in each slice.
    assert wait_until(lambda: differing(first, image(browser)) > ANOTHER_IMAGE, PATIENCE_SECONDS), (
        "the next image is the same"
    )


def first_image(browser: Browser) -> Image.Image:
    """The image of a browser that is new to OHIF, once its greetings have faded and nothing is drawn any more."""
    browser.wait_for(DRAWN)
    for button in GREETINGS:
        browser.press(button)
    seen = [image(browser)]

    def is_still() -> bool:
        time.sleep(0.5)
        seen.append(image(browser))
        return len(seen) > STILL and not any(differing(seen[-1], each) for each in seen[-STILL:-1])

    assert wait_until(is_still, PATIENCE_SECONDS), "what the viewer draws goes on changing"
    return seen[-1]


def image(browser: Browser) -> Image.Image:
    with Image.open(io.BytesIO(browser.picture())) as picture:
        return picture.convert("L").crop((LEFT, TOP, RIGHT, BOTTOM))


def differing(one: Image.Image, other: Image.Image) -> int:
    """How many pixels differ visibly."""
    return sum(abs(a - b) > 50 for a, b in zip(one.tobytes(), other.tobytes(), strict=True))


def test_a_study_opens_from_the_user_interface(on_s3: Archive):
    stored = store(on_s3)
    with Browser(on_s3) as browser:
        browser.remember()
        browser.open(f"/app/explorer.html#study?uuid={stored.study}")
        browser.follow("document.querySelector('#ohif')")
        look_through(browser)
        browser.wait_for("crossOriginIsolated")  # upstream's headers arrive: memory is shared with the workers


def test_compressed_images_are_decoded_in_the_browser(on_s3: Archive):
    """By programs in WebAssembly, which workers of the page load."""
    plain, *compressed = (f"MR_small{how}.dcm" for how in ("", "_jp2klossless", "_jpeg_ls_lossless", "_RLE"))
    with Browser(on_s3) as browser:
        browser.remember()

        def opened(name: str) -> None:
            dataset = as_new_study(parsed(content(name)))
            on_s3.store(written(dataset))
            browser.open(f"/ohif/viewer?StudyInstanceUIDs={dataset.StudyInstanceUID}")
            browser.wait_for(reads("1/1"))

        opened(plain)
        first = first_image(browser)
        empty = Image.new("L", first.size)
        assert differing(first, empty) > 10 * ANOTHER_IMAGE, "an image that is not drawn would not be missed"
        for name in compressed:
            opened(name)
            same = wait_until(lambda: differing(first, image(browser)) < ANOTHER_IMAGE, PATIENCE_SECONDS)
            assert same, (
                f"{name} is drawn differently from {plain} in {differing(first, image(browser))} pixels; "
                f"the page reads {browser.text()!r}"
            )


def test_its_page_answers_at_every_mode_and_its_files_are_no_page(on_s3: Archive):
    for mode in ("", "viewer", "tmtv", "segmentation", "microscopy"):
        assert "OHIF Viewer" in on_s3.get(f"/ohif/{mode}").text
    assert "../dicom-web" in on_s3.get("/ohif/app-config.js").text
    for missing in ("ort/ort.js", "nothing", "..%2f..%2f..%2fetc/passwd"):
        assert on_s3.session.get(f"{on_s3.url}/ohif/{missing}", timeout=30).status_code == 404


@pytest.fixture(scope="module")
def ohif(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | bytes]:
    """The files of OHIF by path, as a site has them that serves it below /ohif."""
    folder = tmp_path_factory.mktemp("ohif")
    container = docker("create", ensure_ohif_image(print), "nothing")
    docker("cp", f"{container}:/ohif", str(folder))
    docker("rm", container)
    files = [path for path in Path(folder).rglob("*") if path.is_file()]
    pages: dict[str, str | bytes] = {f"/{path.relative_to(folder)}": path.read_bytes() for path in files}
    return pages | {"/ohif/viewer": pages["/ohif/index.html"]}


def configured(archive: Archive, user: str) -> str:
    """The app-config.js of a site whose users read the archive, and which asks them for their password itself."""
    root = f"{archive.url}/dicom-web"
    source = {
        "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb",
        "sourceName": "archive",
        "configuration": {
            "name": "archive",
            **dict.fromkeys(("wadoUriRoot", "qidoRoot", "wadoRoot"), root),
            "imageRendering": "wadors",
            "thumbnailRendering": "wadors",
        },
    }
    settings = {
        "routerBasename": "/ohif/",
        "extensions": [],
        "modes": [],
        "dataSources": [source],
        "defaultDataSourceName": "archive",
    }
    password = base64.b64encode(f"{user}:{archive.passwords()[user]}".encode()).decode()
    # OHIF asks for metadata by one of the browser's interfaces, for images by the other one.
    return f"""
    window.config = {json.dumps(settings)};
    const authorization = 'Basic {password}';
    const [send, ask] = [XMLHttpRequest.prototype.send, window.fetch];
    XMLHttpRequest.prototype.send = function (...body) {{
        this.withCredentials = true;
        this.setRequestHeader('Authorization', authorization);
        send.apply(this, body);
    }};
    window.fetch = (resource, options = {{}}) => {{
        const headers = new Headers(options.headers);
        headers.set('Authorization', authorization);
        return ask(resource, {{ ...options, headers, credentials: 'include' }});
    }};
    """


def test_a_listed_site_has_an_ohif_of_its_own(on_efs: Archive, ohif: dict[str, str | bytes]):
    stored = store(on_efs)
    page = f"/ohif/viewer?StudyInstanceUIDs={stored.study_uid}"
    pages = ohif | {"/ohif/app-config.js": configured(on_efs, VIEWER)}
    port = int(OHIF_SITE.rpartition(":")[2])
    with site(pages, port) as listed, site(pages) as unlisted, Browser(on_efs) as browser:
        browser.forget()
        browser.visit(f"{listed}{page}")
        look_through(browser)
        browser.visit(f"{unlisted}{page}")
        browser.wait_for(reads("Something went wrong"))
        assert STUDY not in browser.text(), "the page of any site reads the archive, if it has a password"
