"""The README's pictures: `python -m tests.screenshots` (make screenshots) starts a shop with a past and looks at it.

Add a page to PICTURES to have its picture in docs/pictures. Names on the command line take only those pictures;
`--into FOLDER` puts them elsewhere, `--all-sizes` takes each on a desktop and a phone, in the light and in the dark.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
LARGEST = 200_000  # bytes of a picture
SESSIONS, DAYS = 4_000, 120  # of the past


@dataclass(frozen=True)
class Picture:
    """A page as somebody sees it. `prepare` clicks what must be clicked first."""

    name: str
    path: str | Callable[[], str]
    is_staff: bool = False
    size: str = "desktop"
    scheme: str = "light"
    prepare: Callable[[Any], Any] | None = None
    is_whole_page: bool = False

    @property
    def everywhere(self) -> Iterator["Picture"]:
        for size in SIZES:
            for scheme in ("light", "dark"):
                yield replace(self, name=f"{self.name}-{size}-{scheme}", size=size, scheme=scheme, is_whole_page=True)


def latest_order() -> Any:
    from checkout.models import Order

    return Order.objects.latest("created_at")


def admin_page_of(row: Any) -> str:
    from django.contrib.admin.utils import quote
    from django.urls import reverse

    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[quote(row.pk)])


def open_a_call(page: Any) -> None:
    page.locator(".till-calls summary", has_text="/complete").click()
    page.locator(".till-calls").evaluate("list => list.scrollIntoView()")


def play(page: Any) -> None:
    page.get_by_role("button", name="Play all").click()
    page.locator(".note-success").wait_for()
    page.evaluate("scrollTo(0, 0)")


PICTURES = [
    Picture("storefront", "/"),
    Picture("console", "/console", prepare=play),
    Picture("front-page", "/admin/?days=90", is_staff=True),
    Picture("inspector", lambda: admin_page_of(latest_order().session), is_staff=True, prepare=open_a_call),
    Picture("order", lambda: f"/orders/{latest_order().id}", size="phone"),
]


def main(arguments: list[str]) -> None:
    parser = ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("names", nargs="*", help="of pictures; all of them if there is none")
    parser.add_argument("--into", type=Path, default=ROOT / "docs" / "pictures", metavar="FOLDER")
    parser.add_argument("--all-sizes", action="store_true", help="desktop and phone, light and dark; whole pages")
    options = parser.parse_args(arguments)
    wanted = [each for each in PICTURES if not options.names or each.name in options.names]
    if options.all_sizes:
        wanted = [variant for each in wanted for variant in each.everywhere]
    options.into.mkdir(parents=True, exist_ok=True)
    with a_shop() as url, a_browser() as browser:
        for picture in wanted:
            size = take(picture, browser, url, options.into / f"{picture.name}.png")
            print(f"{picture.name}.png  {size / 1000:.0f} kB")
            if size > LARGEST and not options.all_sizes:
                raise SystemExit(f"{picture.name}.png is larger than {LARGEST / 1000:.0f} kB")


def take(picture: Picture, browser: Any, url: str, path: Path) -> int:
    """Take it, and return its size in bytes."""
    context = browser.new_context(viewport=SIZES[picture.size], color_scheme=picture.scheme, reduced_motion="reduce")
    page = context.new_page()
    if picture.is_staff:
        page.goto(f"{url}/admin/")
        page.fill("#id_username", "admin")
        page.fill("#id_password", "admin")
        page.press("#id_password", "Enter")
        page.wait_for_url(f"{url}/admin/")
    page.goto(url + (picture.path() if callable(picture.path) else picture.path), wait_until="networkidle")
    if picture.prepare:
        picture.prepare(page)
    page.screenshot(path=path, full_page=picture.is_whole_page)
    context.close()
    return path.stat().st_size


@contextlib.contextmanager
def a_shop() -> Iterator[str]:
    """The URL of a demo shop with a past, in a database of its own, for as long as the pictures take."""
    with tempfile.TemporaryDirectory() as folder:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        os.environ |= {
            "DATABASE_URL": f"sqlite:///{folder}/till.sqlite3",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "LOG_LEVEL": "WARNING",
        }
        fill_the_shop()
        command = [sys.executable, "manage.py", "serve"]
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            wait_for(f"http://127.0.0.1:{port}/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def fill_the_shop() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from tests.bench.history import grow

    call_command("migrate", verbosity=0)
    call_command("seed_demo", verbosity=0)
    grow(SESSIONS, days=DAYS)
    sell_coins()


def sell_coins() -> None:
    """A few players buy coins and spend some."""
    from config.management.commands.seed_demo import KEYS
    from tests.caller import Api

    game = Api(KEYS[0])
    for number, name in enumerate(("Ada", "Grace", "Joan", "Mary", "Katherine")):
        player = {"email": f"{name.lower()}@example.com", "name": name}
        who = {"user_id": game.post("/stripe/create-customer", player).json()["user_id"]}
        game.post("/stripe/attach-payment-method", who | {"payment_method_id": "pm_card_visa"})
        game.post("/stripe/purchase-currency", who | {"package_id": f"package_{1 + number % 3}"})
        game.post("/stripe/spend-currency", who | {"amount": 20 + 5 * number, "reason": "a sword"})


def wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit("Till did not start")


@contextlib.contextmanager
def a_browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        raise SystemExit("No chromium to look at pages with")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in this thread, beside our queries
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]) as it:
        yield it


if __name__ == "__main__":
    main(sys.argv[1:])
