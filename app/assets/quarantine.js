/* The quarantine's tables are the server's: tell it when more has been refused. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  /** A flood of refusals does not become one of questions. */
  const CALM = 3000;
  let told = null;
  let place = null;
  let waiting = null;

  const refused = (cells) => cells.sources.reduce((sum, row) => sum + row.today.quarantined, 0);

  function tell(cells) {
    const found = document.getElementById("quarantine");
    if (!found || !cells.sources) return;
    const seen = refused(cells);
    if (found !== place) [place, told] = [found, seen];
    if (seen === told || waiting) return;
    waiting = setTimeout(() => {
      waiting = null;
      told = refused(vigie.feed.cells);
      window.dash_clientside.set_props("quarantine-seen", { data: told });
    }, CALM);
  }

  // ── a record that was asked for comes into sight, and the keyboard with it ──
  let asked = false;

  document.addEventListener("click", (event) => {
    const link = event.target.closest('#quarantine-records a[href*="entry="]');
    if (link) asked = true;
  });

  new MutationObserver((changes) => {
    const place = document.getElementById("one");
    if (!asked || !place || !changes.some((change) => place.contains(change.target))) return;
    asked = false;
    place.setAttribute("tabindex", "-1");
    place.focus();
  }).observe(document.documentElement, { childList: true, subtree: true });

  vigie.watch((changed, cells) => tell(cells));
})();
