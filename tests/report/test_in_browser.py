"""Pages in a real browser: nothing is asked of a network, nothing goes wrong, and nothing sticks out on a phone."""

import pytest

from balansfilter.report.palette import DARK, LIGHT
from tests.report.browser import CHROMIUM, Browser
from tests.report.test_pages_form import PAGES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (Debian: apt-get install chromium)"),
]

STICKING_OUT = """[...document.querySelectorAll("body *")]
    .filter(one => !one.closest(".skip, .scroll") && one.getBoundingClientRect().right > innerWidth + 0.5)
    .map(one => one.tagName + " " + one.textContent.trim().slice(0, 40))"""
OVERLAPPING = """[...document.querySelectorAll("svg")].flatMap(chart => {
    const AIR = 2;  // above and below its letters a line has some, in which nothing can be seen to overlap
    const texts = [...chart.querySelectorAll("text")].filter(one => one.textContent.trim()).map(one => one.getBoundingClientRect());
    return texts.filter((one, i) => texts.slice(i + 1).some(other => one.left < other.right && other.left < one.right
        && one.top < other.bottom - AIR && other.top < one.bottom - AIR)).map(one => Math.round(one.top));
})"""
COLOURS = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"


@pytest.fixture(scope="module")
def browser():
    with Browser() as made:
        yield made


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    made = []
    for number, (language, name, page) in enumerate(PAGES):
        path = folder / f"{number}.html"
        path.write_text(page, encoding="utf-8")
        made.append((f"{name}-{language}", path))
    return made


@pytest.mark.parametrize("width", [360, 1200])
def test_pages_are_whole_and_quiet(browser, pages, width):
    for name, path in pages:
        seen = browser.open(path, width)
        assert [address for address in seen.requests if address != "data:,"] == [path.as_uri()], name
        assert seen.console == [], name
        assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert browser.evaluate(STICKING_OUT) == [], name
        assert browser.evaluate(OVERLAPPING) == [], name


def test_pages_follow_the_scheme_of_the_reader(browser, pages):
    _, path = pages[0]
    for scheme, palette in (("light", LIGHT), ("dark", DARK)):
        browser.open(path, scheme=scheme)
        assert browser.evaluate(COLOURS) == [rgb(palette.page), rgb(palette.text)]


def test_a_page_prints_on_a4_in_light_colours(browser, pages, tmp_path):
    browser.open(pages[0][1], scheme="dark")
    browser.ask(
        "Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}]
    )
    assert browser.evaluate("getComputedStyle(document.body).color") == rgb(LIGHT.text)
    browser.pdf(tmp_path / "page.pdf")
    printed = (tmp_path / "page.pdf").read_bytes()
    browser.ask("Emulation.setEmulatedMedia", media="")
    assert b"/MediaBox [0 0 594.95996 841.91998]" in printed or b"/MediaBox [0 0 595" in printed


def rgb(colour):
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"
