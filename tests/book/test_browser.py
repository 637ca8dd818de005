"""The built pages in Chromium: nothing hostile runs, nothing is fetched, the controls work."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .chrome import Chrome, installed

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(installed() is None, reason="no chromium on this machine"),
]
PAGES = (
    "index.html",
    "claims/a1/C01.html",
    "articles/a1.html",
    "data.html",
    "sources.html",
    "methods.html",
    "models/shares.html",
)
FIRST = ".bd-article p a.jt-num"


@pytest.fixture(scope="module")
def chrome() -> Iterator[Chrome]:
    browser = Chrome()
    yield browser
    browser.close()


def is_open(chrome: Chrome) -> bool:
    return bool(chrome.js("!document.getElementById('jt-popover').hidden"))


@pytest.mark.parametrize("page", PAGES)
def test_g18_g23_nothing_runs_nothing_is_fetched_no_error(chrome: Chrome, built: Path, page: str) -> None:
    chrome.requests.clear(), chrome.errors.clear()
    chrome.open(built / page)
    chrome.js("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert chrome.js("window.hit === undefined")
    assert chrome.dialogs == []
    assert [url for url in chrome.requests if not url.startswith(("file:", "data:", "about:"))] == []
    assert chrome.errors == []


def test_g3_a_popover_opens_by_mouse_and_leads_to_the_trace(chrome: Chrome, built: Path) -> None:
    chrome.open(built / "index.html")
    chrome.click(FIRST)
    assert is_open(chrome)
    said = chrome.js("document.getElementById('jt-popover').textContent")
    for word in ("1.25 %", "1 to 1.5 %", "Unit", "boundary", "Author", "page", "grade: read"):
        assert word in said
    assert chrome.js("document.querySelector('#jt-popover script, #jt-popover img')") is None
    chrome.click(".jt-popover-trace")
    chrome.until("location.hash === '#trace-v1' && document.readyState === 'complete'")
    chrome.until("document.querySelector('#trace-v1[open]')")


def test_g3_a_popover_opens_by_keyboard_and_closes_by_escape(chrome: Chrome, built: Path) -> None:
    chrome.open(built / "index.html")
    chrome.js(f"document.querySelector('{FIRST}').focus()")
    for key, code in (("Enter", 13), (" ", 32)):
        chrome.key(key, code)
        assert is_open(chrome)
        assert chrome.js(f"document.querySelector('{FIRST}').getAttribute('aria-expanded')") == "true"
        chrome.key("Tab", 9)
        assert chrome.js("document.activeElement.className") == "jt-popover-trace"
        chrome.key("Escape", 27)
        assert not is_open(chrome)
        assert chrome.js(f"document.activeElement === document.querySelector('{FIRST}')")


def test_a_click_outside_closes_the_popover(chrome: Chrome, built: Path) -> None:
    chrome.open(built / "index.html")
    chrome.click(FIRST)
    chrome.click(".bd-article h1")
    assert not is_open(chrome)


def test_the_controls_are_named_for_assistive_tools(chrome: Chrome, built: Path) -> None:
    chrome.open(built / "index.html")
    found = chrome.js(
        "[...document.querySelectorAll('a.jt-num')].every(one => one.getAttribute('role') === 'button' && "
        "one.getAttribute('aria-controls') === 'jt-popover' && one.getAttribute('aria-expanded') === 'false')"
    )
    assert found


def test_the_table_filters_and_sorts(chrome: Chrome, built: Path) -> None:
    chrome.open(built / "index.html")
    rows = "[...document.querySelectorAll('.jt-verdicts tbody tr')].filter(one => !one.hidden).length"
    assert chrome.js(rows) == 1
    for value, left in (("no such words", 0), ("", 1), ("A TITLE", 1)):
        chrome.js(
            "(field => { field.value = " + repr(value) + "; field.dispatchEvent(new Event('input')); })"
            "(document.querySelector('[data-filter=text]'))"
        )
        assert chrome.js(rows) == left
    chrome.click(".jt-verdicts th .jt-sort")
    assert chrome.js("document.querySelector('.jt-verdicts th').getAttribute('aria-sort')") == "ascending"


def test_a_plain_table_sorts_by_its_numbers(chrome: Chrome, built: Path) -> None:
    chrome.open(built / "residuals.html", "#estimate-r2")
    assert chrome.js("document.querySelector('#all-centres').open")
    order = "[...document.querySelectorAll('.jt-sortable tbody tr')].map(one => one.id)"
    assert chrome.js(order) == ["estimate-r1", "estimate-r2"]
    chrome.js("document.querySelectorAll('.jt-sortable .jt-sort')[3].click()")
    assert chrome.js(order) == ["estimate-r2", "estimate-r1"]


@pytest.mark.parametrize("width", [320, 360, 1280, 1920])
@pytest.mark.parametrize("page", ["index.html", "claims/a1/C01.html", "residuals.html", "validation.html"])
def test_g21_no_page_is_wider_than_its_window(chrome: Chrome, built: Path, page: str, width: int) -> None:
    chrome.size(width, 800, mobile=width < 800)
    chrome.open(built / page)
    assert chrome.js("document.documentElement.scrollWidth") <= width
    chrome.size(1280, 900)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", ["index.html", "claims/a1/C01.html", "methods.html", "residuals.html"])
def test_g21_text_has_contrast(chrome: Chrome, built: Path, page: str, scheme: str) -> None:
    chrome.media(prefers_color_scheme=scheme)
    chrome.open(built / page)
    chrome.js("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert chrome.js(CONTRAST) == []
    chrome.media(prefers_color_scheme="light")


def test_g23_the_page_is_whole_without_scripts(chrome: Chrome, built: Path) -> None:
    chrome.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        chrome.open(built / "claims/a1/C01.html")
        shown = "[...document.querySelectorAll('.jt-figure img')].map(one => getComputedStyle(one).display !== 'none')"
        assert chrome.js(shown) == [True, False]
        assert chrome.js("document.querySelectorAll('a.jt-num[href]').length") > 10
        chrome.open(built / "index.html")
        assert chrome.js("getComputedStyle(document.querySelector('.jt-controls')).display") == "none"
    finally:
        chrome.send("Emulation.setScriptExecutionDisabled", value=False)


#: Text of the article whose contrast with the ground behind it is below 4.5 (3 where it is large).
CONTRAST = r"""
(() => {
  const part = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const rgb = (text) => (text.match(/[\d.]+/g) || []).map(Number);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const found = rgb(getComputedStyle(node).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const low = new Set();
  const walker = document.createTreeWalker(document.querySelector('.bd-article'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.getClientRects().length || node.closest('math, .highlight')) continue;
    const style = getComputedStyle(node);
    const [a, b] = [light(rgb(style.color)), light(ground(node))].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24;
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) low.add(`${node.tagName}.${node.className}`);
  }
  return [...low];
})()
"""
