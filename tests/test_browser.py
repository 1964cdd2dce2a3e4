"""That the tests' browser notices what a page asks for and what it complains of."""

from pathlib import Path

from tests.browser import browser


def test_requests_and_errors_are_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<title>t</title><p>seen</p><p hidden>unseen</p><img src='http://127.0.0.1:9/pixel.png'>"
        "<script>console.error('logged'); undefinedName.x</script>"
    )
    with browser(width=700, height=400) as tab:
        tab.open(page)
        assert tab.text() == "seen"
        assert tab.run("return [innerWidth, innerHeight, arguments[0]]", "a") == [700, 400, "a"]
        assert tab.requests() == [page.as_uri(), "http://127.0.0.1:9/pixel.png"]
        errors = " ".join(tab.console())
        for part in ("logged", "undefinedName is not defined", "pixel.png"):
            assert part in errors
        tab.screenshot(tmp_path / "page.png")
        assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
        tab.forget()
        assert (tab.requests(), tab.console()) == ([], [])
