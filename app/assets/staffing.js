/* The forecast page: how many agents are supposed to be there goes into the address; another
   quarter hour brings another forecast. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const QUARTER = 15 * 60 * 1000;
  /** Milliseconds: the screens of a house do not all ask at once. */
  const SPREAD = 15000;
  let asked = null;

  // ── agents that are supposed ────────────────────────────────────────────
  function fields() {
    document.querySelectorAll("[data-agents]").forEach((place) => {
      const input = place.firstElementChild || place.appendChild(vigie.element("input", "", [], {
        type: "number", min: 0, max: 9999, step: 1, inputmode: "numeric" }));
      if (place.shown === place.dataset.value + place.dataset.agents) return;
      place.shown = place.dataset.value + place.dataset.agents;
      input.setAttribute("aria-label", place.dataset.label);
      input.value = place.dataset.value;
    });
  }

  /** What is typed replaces the agents of its channel; an empty field means those there now. */
  function suppose(place, number) {
    const params = new URLSearchParams(location.search);
    const told = new Map((params.get("agents") || "").split(",").filter(Boolean)
      .map((word) => [word.slice(0, word.lastIndexOf(":")), word.slice(word.lastIndexOf(":") + 1)]));
    if (number === "") told.delete(place.dataset.agents);
    else told.set(place.dataset.agents, number);
    const words = [...told].map(([channel, agents]) => `${channel}:${agents}`).join(",");
    if (words) params.set("agents", words);
    else params.delete("agents");
    const query = params.toString().replace(/%2C/g, ",").replace(/%3A/g, ":");
    history.pushState({}, "", location.pathname + (query ? `?${query}` : ""));
    dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  }

  document.addEventListener("change", (event) => {
    const place = event.target.closest("[data-agents]");
    if (place && event.target.validity.valid) suppose(place, event.target.value);
  });

  // ── another quarter hour ────────────────────────────────────────────────
  function look_again(cells) {
    const mark = document.querySelector("[data-quarter]");
    const now = Date.parse(vigie.feed.asOf);
    if (!mark || !now || now - Date.parse(mark.dataset.quarter) < QUARTER) return;
    const quarter = Math.floor(now / QUARTER);
    if (asked === quarter) return;
    asked = quarter;
    setTimeout(() => document.querySelector("[data-quarter]") &&
      window.dash_clientside.set_props("forecast-moved", { data: quarter }), SPREAD * Math.random());
  }

  new MutationObserver(() => requestAnimationFrame(fields)).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-value"],
  });
  vigie.watch(look_again);
})();
