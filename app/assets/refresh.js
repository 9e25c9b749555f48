/* The page of channels is the server's: tell it, once a minute at most, that more has come in.
   A view of the past is left alone. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const CALM = 60000;
  const PAST = /[?&]period=(yesterday|last-month|\d{4}-\d\d-\d\d)/;
  let place = null;
  let told = null;
  let at = 0;

  vigie.watch((changed, cells) => {
    const found = document.getElementById("channels-found");
    if (!found) return;
    const offered = cells["total.offered"];
    if (found !== place) [place, told, at] = [found, offered, Date.now()];
    if (offered === told || Date.now() - at < CALM || PAST.test(location.search)) return;
    // Whoever is at work in it keeps their place; what is new comes once they have left.
    if (document.visibilityState !== "visible" || found.contains(document.activeElement)) return;
    [told, at] = [offered, Date.now()];
    window.dash_clientside.set_props("channels-moved", { data: offered });
  });
})();
