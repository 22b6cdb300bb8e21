"""What the browser tests wait for: pages at rest, their charts, clocks that run out on no slow machine."""

from datetime import timedelta

from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, Request

from tests.processes import wait_until

# Milliseconds in which scripts that waited for the page, or for an answer, have asked for more.
MOMENT = 50
REST = """async () => {
    const isMoving = (one) => one.playState === "running" && isFinite(one.effect.getComputedTiming().endTime);
    for (;;) {
        const moving = document.getAnimations().filter(isMoving);
        if (!moving.length) return;
        await Promise.allSettled(moving.map((one) => one.finished));
    }
}"""
ARE_DRAWN = """() => [...document.querySelectorAll("canvas")].every((canvas) =>
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean))"""


def visit(page: Page, url: str) -> None:
    """Open an address; return when it is loaded and all has come that its scripts asked for meanwhile.

    Playwright's "networkidle" lets half a second more go by on every page.
    """
    awaited: set[Request] = set()

    def begin(request: Request) -> None:
        awaited.add(request)

    def end(request: Request) -> None:
        awaited.discard(request)

    listeners = {"request": begin, "requestfinished": end, "requestfailed": end}
    for event, listener in listeners.items():
        page.on(event, listener)
    page.goto(url)
    wait_until(lambda: page.wait_for_timeout(MOMENT) or not awaited)
    for event, listener in listeners.items():
        page.remove_listener(event, listener)


def wait_for_rest(page: Page) -> None:
    """Return when nothing moves any more: what is still fading in would be taken for a faint colour."""
    page.evaluate(REST)


def wait_for_charts(page: Page) -> None:
    """Return when no canvas of the page is empty any more."""
    page.wait_for_function(ARE_DRAWN)


def stop_clock(page: Page) -> None:
    """Let a page's timers run out only by `page.clock`: between two keys a slow machine lets seconds pass."""
    page.clock.install()
    page.clock.pause_at(timezone.now() + timedelta(hours=1))


def faults_at_that_moment(page: Page) -> list[str]:
    """What axe-core finds on a page whose clock is stopped, but for the moments that axe-core waits."""
    page.evaluate(Axe().axe_script)
    page.evaluate("() => { axe.run().then((found) => { window.faults = found.violations; }); }")
    wait_until(lambda: page.clock.run_for(1) or page.evaluate("'faults' in window"))
    return page.evaluate("faults.map(({ id }) => id)")
