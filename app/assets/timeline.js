/* The timeline of a customer is the server's: tell it when something was told of any of them. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  /** A flood of contacts does not become one of questions. */
  const CALM = 1500;
  /** What is being stored is announced a moment before it can be read: look once more. */
  const SETTLED = 2500;
  let toldAt = 0;
  let soon = null;
  let later = null;

  const place = () => document.querySelector("#customer-timeline [data-news]");

  function tell() {
    clearTimeout(soon);
    soon = null;
    if (!place()) return;
    toldAt = performance.now();
    window.dash_clientside.set_props("customers-moved", { data: Date.now() });
  }

  function hear(cells) {
    const shown = place();
    const mark = cells["customers.mark"];
    if (!shown || !mark || shown.dataset.news === mark) return;
    shown.dataset.news = mark;
    clearTimeout(later);
    later = setTimeout(tell, SETTLED);
    soon = soon || setTimeout(tell, Math.max(0, toldAt + CALM - performance.now()));
  }

  vigie.watch((changed, cells) => hear(cells));
})();
