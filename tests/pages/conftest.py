"""A person with a browser, in front of the demo shop."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.models import Product
from checkout.models import Order
from tests.caller import Caller
from tests.checkout.conftest import caller, shop  # noqa: F401
from vault.models import VaultToken

SIZES = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
AXE = Path(sys.prefix) / "axe" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = {"serious", "critical"}  # of axe's impacts
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


class Visitor:
    """Looks at pages of our server, and complains of what a visitor should not meet."""

    def __init__(self, browser: Any, url: str, size: str) -> None:
        self.url, self.complaints = url, list[str]()
        self.page = browser.new_page(viewport=SIZES[size])
        self.page.set_default_timeout(10_000)
        self.page.on("console", self._listen)
        self.page.add_init_script(
            "addEventListener('securitypolicyviolation', (event) =>"
            " console.error('POLICY', event.effectiveDirective, event.blockedURI, event.sourceFile))"
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._watch)

    def open(self, path: str) -> int:
        """Go there; returns the status."""
        response = self.page.goto(self.url + path, wait_until="load")
        return response.status

    def sees(self, *texts: str) -> bool:
        """Whether each of `texts` can be seen: what is hidden is not part of a page's inner text."""
        text = " ".join(self.page.inner_text("body").split())
        missing = [each for each in texts if each not in text]
        assert not missing, text
        return True

    def scrolls_sideways(self) -> bool:
        return self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")

    def pictures_are_there(self) -> bool:
        """Every picture can be shown, also one that waits to be scrolled to."""
        return self.page.evaluate(
            """async () => {
                const shown = [...document.images].map((image) => ((image.loading = "eager"), image.decode()));
                return (await Promise.allSettled(shown)).every(({ status }) => status === "fulfilled");
            }"""
        )

    def tab(self) -> str:
        """Press the tab key; returns what has the focus now, which must be visible to be there."""
        self.page.keyboard.press("Tab")
        focused = self.page.locator(":focus")
        assert focused.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
        assert focused.bounding_box()["x"] >= 0
        return focused.inner_text().strip()

    def _listen(self, message: Any) -> None:
        """Chromium also calls the status of the page itself an error, and asks for a favicon that nobody named."""
        url = message.location.get("url", "")
        is_of_the_page = url in (self.page.url, f"{self.url}/favicon.ico") and not message.text.startswith("POLICY")
        if message.type in ("error", "warning") and not is_of_the_page:
            self.complaints.append(f"{message.type}: {message.text} {url}")

    def _watch(self, request: Any) -> None:
        if not request.url.startswith((self.url, "data:")):
            self.complaints.append(f"asked another host: {request.url}")


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("no chromium to look at pages with: apt-get install chromium")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop runs in the thread of the tests
        with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=FLAGS) as chromium:
            yield chromium


@pytest.fixture
def size() -> str:
    return "desktop"


@pytest.fixture
def visitor(browser: Any, live_server: Any, size: str) -> Iterator[Visitor]:
    visitor = Visitor(browser, live_server.url, size)
    yield visitor
    visitor.page.close()
    assert not visitor.complaints


@pytest.fixture
def accessible() -> Callable[[Any], bool]:
    """Whether axe finds nothing serious on a Playwright page, as it looks now: in the light, and in the dark."""
    if not AXE.exists():
        pytest.skip("no axe-core: `make test` installs it where npm reaches its registry")
    source = AXE.read_text()

    def checked(page: Any) -> bool:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.evaluate(source)
            found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
            grave = [each for each in found if each["impact"] in GRAVE]
            assert not grave, f"{page.url}, {scheme}: {_told(grave)}"
        return True

    return checked


def _told(violations: list[dict[str, Any]]) -> str:
    return "\n".join(
        f"{each['id']}: {each['help']}\n  " + "\n  ".join(node["html"][:300] for node in each["nodes"][:5])
        for each in violations
    )


@pytest.fixture
def buy(caller: Caller) -> Any:  # noqa: F811
    """Buy something as an agent would."""

    def bought(*item_ids: str, review: bool = False, token: str = "", **members: Any) -> Order:
        session = caller.ready(*item_ids or ("item_123",), **members)
        token = token or caller.delegate(session)
        VaultToken.objects.filter(id=token).update(needs_review=review)
        answer = caller.complete(session, token)
        return Order.objects.get(id=answer.json()["order"]["id"])

    return bought


@pytest.fixture
def bag(shop: None) -> Product:  # noqa: F811
    """Something with a title that no page has room for."""
    title = (
        "Hand-stitched weekender bag with a Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbau strap" + " x" * 40
    )
    return Product.objects.create(id="bag", title=title.strip(), unit_amount=1_234_567, currency="usd")
