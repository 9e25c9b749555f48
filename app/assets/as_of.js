/* Looking back: ?as_of=2026-11-20T14:00 in the address stays there from page to page, and every
   question to the server is about that moment. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const NAME = "as_of";
  const HEADER = "x-vigie-as-of";
  const ELSEWHERE = /^\/(login|logout|docs|assets|openapi)/;
  let notes = null;

  /** The moment that is looked at, as the address says it; null: now. */
  vigie.asOf = () => new URLSearchParams(location.search).get(NAME);

  /** What this page cannot tell of the past; undefined: it only knows the present. */
  vigie.pastOf = function (path) {
    const shell = document.getElementById("vigie-shell");
    if (!notes && shell && shell.dataset.past) notes = JSON.parse(shell.dataset.past);
    return notes ? notes[path.replace(/(.)\/+$/, "$1")] : "";
  };

  const written = (moment) => encodeURIComponent(moment).replace(/%3A/g, ":").replace(/%2C/g, ",");

  /** The address with the moment in it (null: without). */
  function at(address, moment) {
    const to = new URL(address, location.href);
    const others = to.search.slice(1).split("&").filter((word) => word && !word.startsWith(`${NAME}=`));
    const words = moment ? [...others, `${NAME}=${written(moment)}`] : others;
    return to.pathname + (words.length ? `?${words.join("&")}` : "") + to.hash;
  }

  function kept(address) {
    const moment = vigie.asOf();
    if (!moment || address === undefined || address === null) return address;
    const to = new URL(address, location.href);
    if (to.origin !== location.origin || to.searchParams.has(NAME) || ELSEWHERE.test(to.pathname)) return address;
    return at(address, moment);
  }

  /** Go to that moment, or (null) back to now; the page begins anew. */
  vigie.lookAt = (moment) => location.assign(at(location.href, moment));

  for (const name of ["pushState", "replaceState"]) {
    const plain = history[name].bind(history);
    history[name] = (state, title, address) => plain(state, title, kept(address));
  }

  function keep(event) {
    const link = event.target.closest && event.target.closest("a[href]");
    const address = link && link.getAttribute("href");
    if (!address || address.startsWith("#") || !vigie.asOf()) return;
    const moved = kept(address);
    if (moved !== address) link.setAttribute("href", moved);
  }
  addEventListener("click", keep, true);
  addEventListener("auxclick", keep, true);

  const ask = window.fetch.bind(window);
  const reads = (to, method) => to.pathname === "/_dash-update-component" ||
    (to.pathname.startsWith("/api/v1/") && method === "GET");

  window.fetch = function (target, options) {
    const moment = vigie.asOf();
    if (!moment || target instanceof Request) return ask(target, options);
    const to = new URL(target, location.href);
    const ours = to.origin === location.origin && reads(to, ((options || {}).method || "GET").toUpperCase());
    if (!ours || vigie.pastOf(location.pathname) === undefined) return ask(target, options);
    const headers = new Headers((options || {}).headers);
    headers.set(HEADER, moment);
    return ask(target, { ...options, headers });
  };
})();
