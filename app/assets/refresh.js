/* The page of channels is the server's: tell it, once a minute at most, that more has come in.
   A view of the past is left alone.  When the day turns, whatever a page reads by its address is
   read anew: «today» is another one. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const CALM = 60000;
  const PAST = /[?&]period=(yesterday|last-month|\d{4}-\d\d-\d\d)/;
  let place = null;
  let told = null;
  let at = 0;

  let day = null;

  vigie.watch(() => {
    if (!vigie.feed.asOf || !vigie.shell()) return;
    const now = vigie.format.today(vigie.feed.asOf);
    if (day && day !== now && document.getElementById("vigie-page"))
      window.dash_clientside.set_props("vigie-url", { search: location.search });
    day = now;
  });

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
