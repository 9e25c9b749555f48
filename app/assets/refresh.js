/* Parts that the server draws over what came in, marked data-refreshed="<store>": told, at most
   every data-calm seconds, that more has come.  A view of the past is left alone.  When the day
   turns, whatever a page reads by its address is read anew («today» is another one), and
   «vigie:day» says so to what is drawn by other ways. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const PAST = /[?&]period=(yesterday|last-month|\d{4}-\d\d-\d\d)/;
  let place = null;
  let told = null;
  let at = 0;

  let day = null;

  vigie.watch(() => {
    if (!vigie.feed.asOf || !vigie.shell()) return;
    const now = vigie.format.iso(vigie.feed.asOf);
    if (day && day !== now && document.getElementById("vigie-page")) {
      window.dash_clientside.set_props("vigie-url", { search: location.search });
      document.dispatchEvent(new CustomEvent("vigie:day", { detail: now }));
    }
    day = now;
  });

  vigie.watch((changed, cells) => {
    const found = document.querySelector("[data-refreshed]");
    if (!found) return;
    const offered = cells["total.offered"];
    if (found !== place) [place, told, at] = [found, offered, Date.now()];
    const { refreshed, calm } = found.dataset;
    if (offered === told || Date.now() - at < calm * 1000 || PAST.test(location.search)) return;
    // Whoever is at work in it keeps their place; what is new comes once they have left.
    if (document.visibilityState !== "visible" || found.contains(document.activeElement)) return;
    [told, at] = [offered, Date.now()];
    window.dash_clientside.set_props(refreshed, { data: offered });
  });
})();
