/* Filters: what is chosen goes into the address, what the address says is chosen. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const ANY = "*";
  const DAYS = "days";
  const RANGE = /^(\d{4}-\d\d-\d\d)(?:\.\.(\d{4}-\d\d-\d\d))?$/;
  /** A place in a list is none in another list. */
  const PLACES = ["after"];

  const ids = (list) => list.map((each) => each.id);
  /** «channels-period» → the bar and «period». */
  function field(id) {
    const bar = [...document.querySelectorAll(".vg-filters, [data-filters]")]
      .find((one) => id.startsWith(one.id.replace(/filters$/, "")));
    if (!bar) return null;
    const name = id.slice(bar.id.length - "filters".length);
    return { bar, name, usual: bar.getAttribute(`data-usual-${name}`) || ANY };
  }

  const told = (params) => params.toString().replace(/%2C/g, ",");

  /** Into the address; what a person chose comes back with the page (`kept.js`). */
  function write(params, by_hand) {
    PLACES.forEach((name) => params.delete(name));
    if (by_hand) keep(params);
    const words = told(params);
    if (words === told(new URLSearchParams(location.search))) return;
    history.pushState({}, "", location.pathname + (words ? `?${words}` : ""));
    dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  }

  /** The words of the bar alone: what else is in the address is of the moment. */
  function keep(params) {
    const bar = document.querySelector(".vg-filters");
    if (!bar) return;
    const own = [...params].filter(([name]) => bar.hasAttribute(`data-usual-${name}`));
    vigie.keepFilters(told(new URLSearchParams(own)));
  }

  /** What is chosen already is not told again: whatever follows the field would be asked twice. */
  const told_anew = (id, value) =>
    window.dash_component_api.getLayout(id)?.props.value === value ? window.dash_clientside.no_update : value;

  /** From the address to the fields; a range of days is «from … to …» with its dates shown. */
  function shown(search) {
    const params = new URLSearchParams(search || "");
    const values = ids(window.dash_clientside.callback_context.outputs_list).map((id) => {
      const at = field(id);
      if (!at) return window.dash_clientside.no_update;
      const told = params.get(at.name) || at.usual;
      at.bar.querySelector(`.vg-filter-${at.name}`)?.classList.toggle("vg-filter-told", told !== at.usual);
      if (at.name !== "period") return told_anew(id, told);
      dates(at.bar, RANGE.exec(told));
      return told_anew(id, RANGE.test(told) ? DAYS : told);
    });
    return values.length === 1 ? values[0] : values;
  }

  function chosen(...values) {
    const names = ids(window.dash_clientside.callback_context.inputs_list);
    const params = new URLSearchParams(location.search);
    let by_hand = false;
    names.forEach((id, at) => {
      const place = field(id);
      if (!place) return;
      const value = values[at];
      if (place.name === "period" && value === DAYS) return ask(place.bar, params);
      if (place.name === "period") dates(place.bar, null);
      by_hand = by_hand || (value || place.usual) !== (params.get(place.name) || place.usual);
      if (!value || value === place.usual || value === ANY) params.delete(place.name);
      else params.set(place.name, value);
    });
    write(params, by_hand);
    return window.dash_clientside.no_update;
  }

  // ── from … to … ─────────────────────────────────────────────────────────
  const box = (bar) => document.getElementById(bar.id.replace(/filters$/, "dates"));

  function dates(bar, range) {
    const place = box(bar);
    if (!place) return;
    place.hidden = !range;
    if (!range) return;
    const [from, to] = inputs(place);
    from.value = range[1];
    to.value = range[2] || range[1];
  }

  function inputs(place) {
    if (!place.firstElementChild)
      ["from", "to"].forEach((name) => place.append(
        vigie.element("label", "", [place.dataset[name],
          vigie.element("input", "", [], { type: "date", name, max: "2199-12-31", min: "1971-01-01" })])));
    return place.querySelectorAll("input");
  }

  /** The dates open with the days shown until now, at least today. */
  function ask(bar, params) {
    if (RANGE.test(params.get("period") || "")) return;
    const place = box(bar);
    const today = vigie.format.iso(vigie.now());
    place.hidden = false;
    const [from, to] = inputs(place);
    from.value = from.value || today;
    to.value = to.value || today;
    from.focus();
  }

  document.addEventListener("change", (event) => {
    const place = event.target.closest(".vg-filter-dates");
    if (!place) return;
    const [from, to] = [...inputs(place)].map((input) => input.value);
    if (!from || !to) return;
    const params = new URLSearchParams(location.search);
    const [first, last] = from <= to ? [from, to] : [to, from];
    params.set("period", first === last ? first : `${first}..${last}`);
    write(params, true);
  });

  document.addEventListener("submit", (event) => {
    if (event.target.closest(".vg-filters")) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-clear]")) return;
    event.preventDefault();
    write(new URLSearchParams(), true);
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside, { filters: { shown, chosen } });
})();
