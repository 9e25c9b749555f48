"""Knowing that a page has come to rest: nothing is asked any more, and all is drawn."""

from __future__ import annotations

from playwright.sync_api import Page

#: A machine that is busy with other things is waited for.
PATIENCE_MS = 60_000
#: Counts what is asked and not yet answered to its end; set before any script of the page.
COUNTING = """(() => {
  const real = window.fetch;
  let open = 0;
  window.busy = () => open;
  window.fetch = (...asked) => {
    open += 1;
    const answer = real(...asked);
    answer.then((one) => one.clone().text()).catch(() => null).finally(() => { open -= 1; });
    return answer;
  };
})()"""
#: Takes the title that the page must have by then; empty: any.
SETTLED = """(title) => {
  const heading = document.querySelector("h1");
  const plots = [...document.querySelectorAll(".vg-plot[data-figure]")];
  const lists = [...document.querySelectorAll("[data-list]")];
  return heading && document.querySelector('[data-state="live"]')
    && lists.every((one) => one.firstElementChild)
    && (!title || heading.textContent === title) && window.busy() === 0
    && plots.every((one) => one.dataset.drawn) && !document.querySelector("._dash-loading");
}"""
#: Said of one that does not.
UNSETTLED = """() => `does not come to rest: «${document.querySelector("h1")?.textContent}», `
  + `${window.busy()} requests, ${document.querySelectorAll(".vg-plot").length} charts`"""
#: What is asked of a page that has just come is asked within two frames.
FRAMES = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"


def settle(page: Page, title: str = "") -> None:
    """Wait for it.  Raises TimeoutError."""
    for _time in range(2):
        page.wait_for_function(SETTLED, arg=title, timeout=PATIENCE_MS)
        page.evaluate(FRAMES)
