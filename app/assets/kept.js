/* What a person chose stays chosen: filters, columns, the tour.  The server keeps it for them
   alone (/api/v1/me/choices); it comes with the frame (data-kept).  An address that says what is
   looked at always wins: a shared link shows what was shared. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const CHOICES = "/api/v1/me/choices";
  const CALM = 400;
  let choices = null;
  const waiting = new Map();

  /** The value of the CSRF cookie, for requests that change something. */
  vigie.token = () => (/(?:^|; )_csrf_token=([^;]*)/.exec(document.cookie) || [])[1] || "";

  /** Call `then` with the element of that id, now or once it is on the page (a minute at most). */
  vigie.whenThere = function (id, then) {
    const look = () => document.getElementById(id);
    if (look()) return void then(look());
    const watching = new MutationObserver(() => {
      if (!look()) return;
      watching.disconnect();
      then(look());
    });
    watching.observe(document.documentElement, { childList: true, subtree: true });
    setTimeout(() => watching.disconnect(), 60000);
  };

  function known() {
    if (choices) return choices;
    const shell = document.getElementById("vigie-shell");
    if (!shell || !shell.dataset.kept) return {};
    choices = JSON.parse(shell.dataset.kept);
    return choices;
  }

  function send(method, address, body) {
    return fetch(address, {
      method, body, keepalive: true,
      headers: { "content-type": "application/json", "x-csrftoken": vigie.token() },
    }).catch((error) => console.warn("kept", error));
  }

  function put(place, choice) {
    known()[place] = choice;
    clearTimeout(waiting.get(place));
    waiting.set(place, setTimeout(() => tellServer(place), CALM));
  }

  function tellServer(place) {
    clearTimeout(waiting.get(place));
    waiting.delete(place);
    send("PUT", `${CHOICES}/${encodeURIComponent(place)}`, JSON.stringify({ choice: choices[place] }));
  }

  function drop(place) {
    if (!(place in known())) return;
    delete choices[place];
    clearTimeout(waiting.get(place));
    waiting.delete(place);
    send("DELETE", `${CHOICES}/${encodeURIComponent(place)}`);
  }

  async function forget() {
    await send("DELETE", CHOICES);
    location.assign(location.pathname);
  }

  vigie.kept = { get: (place) => known()[place], all: known, put, drop, forget };

  // ── the last filters of a page ──────────────────────────────────────────
  const filters = () => `filters:${location.pathname}`;

  /** A person chose these filters on this page; none: nothing is kept any more. */
  vigie.keepFilters = function (words) {
    if (words) put(filters(), words);
    else drop(filters());
    note(false);
  };

  /** A page that is opened without a word about filters gets its last ones. */
  function bringBack() {
    const words = known()[filters()];
    const back = Boolean(words && !location.search);
    if (back) history.replaceState(history.state, "", `${location.pathname}?${words}${location.hash}`);
    note(back || (noted === location.pathname && location.search === `?${words}`));
    return back;
  }

  let noted = null;
  function note(back) {
    noted = back ? location.pathname : null;
    tell();
  }

  /** Said in the bar, with the way out of it. */
  function tell() {
    const bar = document.querySelector(".vg-filters");
    if (!bar) return;
    const there = bar.querySelector(".vg-kept");
    if (noted !== location.pathname) return void (there && there.remove());
    if (there) return;
    bar.append(vigie.element("span", "vg-kept", [vigie.say("kept"),
      vigie.element("button", "vg-act", vigie.say("kept_reset"), { type: "button", "data-clear": "" })],
      { role: "status" }));
  }

  let begun = false;
  new MutationObserver(() => {
    if (!begun && document.querySelector("#vigie-shell[data-kept]")) {
      begun = true;
      const [arrival] = performance.getEntriesByType("navigation");
      const again = arrival && arrival.type === "back_forward";
      if (!again && bringBack()) dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    }
    tell();
  }).observe(document.documentElement, { childList: true, subtree: true });
  // Before Dash reads the address: this file is loaded before it.
  addEventListener("_dashprivate_pushstate", bringBack);
  addEventListener("popstate", () => note(false));
  addEventListener("pagehide", () => [...waiting.keys()].forEach(tellServer));
})();
