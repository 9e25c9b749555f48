/* Tables that come as data (data-table): drawn in the reader's locale, and only once they can
   be seen; thousands of rows cost nothing while their fold is closed. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const NUMBERS = new Set(["integer", "decimal", "percent", "duration"]);
  const A_DAY = /^\d{4}-\d\d-\d\d$/;

  /** Go to a page of the cockpit without loading it anew; a place on it is found once it is there. */
  vigie.go = function (address) {
    history.pushState({}, "", address);
    dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    scrollTo(0, 0);
    vigie.toPlace();
  };

  /** What the address points at comes later than it is looked for. */
  vigie.toPlace = function () {
    if (!location.hash) return;
    vigie.whenThere(decodeURIComponent(location.hash.slice(1)), (one) => one.scrollIntoView());
  };
  vigie.toPlace();

  /** What a place holds: name, title, columns, rows, links. */
  vigie.tableOf = (place) => JSON.parse(place.dataset.table);

  /** Where row `number` leads, if anywhere. */
  vigie.leads = function (told, number) {
    const end = told.links[number];
    return end === undefined || end === null ? null : told.prefix + end;
  };

  function day(value) {
    const language = vigie.shell().words.language;
    return new Intl.DateTimeFormat(language, {
      timeZone: "UTC", weekday: "short", day: "numeric", month: "short", year: "numeric",
    }).format(new Date(value));
  }

  function words(value, kind) {
    if (vigie.format.missing(value)) return vigie.format.NOTHING;
    if (kind !== "moment") return vigie.format[kind](value);
    return A_DAY.test(value) ? day(value) : vigie.format.day(value);
  }

  /** A fraction drawn behind its number. */
  function bar(value) {
    const line = vigie.element("span", "vg-databar", [], { "aria-hidden": "true" });
    line.style.inlineSize = `${Math.min(1, Math.max(0, value || 0)) * 100}%`;
    return vigie.element("span", "vg-databar-place", line);
  }

  function cell(value, column, at, link) {
    const text = words(value, column.kind);
    let inside = link ? vigie.element("a", "vg-leads", text, { href: link, "data-inside": "" }) : text;
    if (column.bar) inside = [bar(value), vigie.element("span", "vg-number", text)];
    const name = [NUMBERS.has(column.kind) ? "vg-end" : "", at ? "" : "vg-row-name"].join(" ").trim();
    return at ? vigie.element("td", name, inside, { "data-label": column.label })
      : vigie.element("th", name, inside, { scope: "row" });
  }

  const WAYS = { "-1": "descending", 1: "ascending" };

  /** A heading sorts by its column. */
  function head(told, { columns, sort }) {
    const cells = columns.map((at) => {
      const column = told.columns[at];
      const sorted = sort && sort[0] === at ? { "aria-sort": WAYS[sort[1]] } : {};
      const button = vigie.element("button", "vg-sort", column.label,
        { type: "button", "data-sort": at, title: vigie.say("sorted_by", { column: column.label }) });
      return vigie.element("th", NUMBERS.has(column.kind) ? "vg-end" : "", button, { scope: "col", ...sorted });
    });
    return vigie.element("thead", "", vigie.element("tr", "", cells));
  }

  function body(told, { columns, rows }) {
    return vigie.element("tbody", "", rows.map((number) =>
      vigie.element("tr", "", columns.map((at) =>
        cell(told.rows[number][at], told.columns[at], at, at ? null : vigie.leads(told, number))))));
  }

  function draw(place) {
    if (place.drawn === place.dataset.table || !vigie.shell()) return;
    if (place.closest("details:not([open])")) return;
    // Whoever is in it stays in it: what is new comes once they have left.
    if (place.drawn && place !== document.activeElement && place.contains(document.activeElement)) return;
    place.drawn = place.dataset.table;
    const told = vigie.tableOf(place);
    const view = vigie.viewOf(told);
    const title = vigie.element("caption", "vg-unseen", told.title);
    place.replaceChildren(vigie.element("table", "vg-table vg-stackable", [title, head(told, view), body(told, view)]));
  }

  /** Again, as its columns are chosen now; whoever stood on a heading stays on it. */
  vigie.redraw = function (place) {
    const { sort } = (place.contains(document.activeElement) && document.activeElement.dataset) || {};
    place.drawn = null;
    draw(place);
    if (sort) place.querySelector(`[data-sort="${sort}"]`)?.focus();
  };

  const all = () => document.querySelectorAll("[data-table]").forEach(draw);

  // ── what was unfolded stays so when the server sends the panel anew ─────
  const unfolded = new Set();
  const panelOf = (fold) => location.pathname + (fold.closest("section[id]") || {}).id;

  function keep_unfolded() {
    document.querySelectorAll(".vg-alternative:not([data-seen])").forEach((fold) => {
      fold.dataset.seen = "";
      fold.open = unfolded.has(panelOf(fold));
    });
  }

  document.addEventListener("toggle", (event) => {
    if (!event.target.matches(".vg-alternative")) return;
    if (event.target.isConnected) unfolded[event.target.open ? "add" : "delete"](panelOf(event.target));
    all();
  }, true);
  document.addEventListener("focusout", () => requestAnimationFrame(all));
  document.addEventListener("click", (event) => {
    const heading = event.target.closest("[data-table] [data-sort]");
    if (heading) return void vigie.sortBy(heading.closest("[data-table]"), Number(heading.dataset.sort));
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || !within(link)) return undefined;
    event.preventDefault();
    return vigie.go(link.getAttribute("href"));
  });

  /** Does it lead to a page of this frame?  Then nothing is loaded anew. */
  function within(link) {
    if ("inside" in link.dataset) return true;
    const path = link.getAttribute("href").split(/[?#]/)[0];
    return path.startsWith("/") && !link.target && !link.download
      && Boolean(document.querySelector(`nav a[href="${CSS.escape(path)}"]:not([target])`));
  }
  new MutationObserver(() => {
    keep_unfolded();
    requestAnimationFrame(all);
  }).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-table"],
  });
})();
