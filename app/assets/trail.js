/* The audit: the text that is looked for, and word to the page that something was done. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const CALM = 3000;
  let marks = null;
  let at = 0;

  // ── what it is about: typed here, kept in the address ───────────────────
  function field(place) {
    const about = new URLSearchParams(location.search).get("about") || "";
    if (!place.firstElementChild)
      place.append(vigie.element("input", "", [], {
        type: "search", name: "about", placeholder: place.dataset.hint, maxlength: "200",
      }));
    if (place.firstElementChild !== document.activeElement) place.firstElementChild.value = about;
  }

  function find(text) {
    const params = new URLSearchParams(location.search);
    params.delete("after");
    if (text) params.set("about", text);
    else params.delete("about");
    const words = params.toString();
    history.pushState({}, "", location.pathname + (words ? `?${words}` : ""));
    dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  }

  document.addEventListener("change", (event) => {
    if (event.target.closest("#audit-about-place")) find(event.target.value.trim());
  });

  const look = () => {
    const place = document.getElementById("audit-about-place");
    if (place) field(place);
  };
  new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true });
  addEventListener("popstate", look);
  addEventListener("_dashprivate_pushstate", look);

  // ── the first page is told when something was done; later ones are left alone ──
  vigie.watch((changed, cells) => {
    const found = document.getElementById("audit-found");
    if (!found) { marks = null; return; }
    const now = Object.keys(cells).filter((path) => path.endsWith(".mark")).map((path) => cells[path]).join(" ");
    if (marks === null) marks = now;
    if (marks === now || Date.now() - at < CALM || /[?&]after=/.test(location.search)) return;
    if (document.visibilityState !== "visible" || found.contains(document.activeElement)) return;
    [marks, at] = [now, Date.now()];
    window.dash_clientside.set_props("audit-moved", { data: now });
  });
})();
