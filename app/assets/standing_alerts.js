/* Alerts: the page told when to look again, its buttons, and the
   list of what fires for any page that has a place for it. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const { element, cell, part, put } = vigie;
  const say = (key) => vigie.say(key);
  const set = (id, props) => window.dash_clientside.set_props(id, props);

  // ── the lists of the page are the server's: tell it when something has moved ──
  vigie.watch((changed, cells) => {
    const place = document.querySelector("[data-alerts-mark]");
    const mark = cells["alerts.mark"];
    if (!place || !mark || place.dataset.alertsMark === mark) return;
    place.dataset.alertsMark = mark;
    set("alerts-moved", { data: mark });
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-alert]");
    if (!button || button.disabled) return;
    const { alert: name, act, firing, span } = button.dataset;
    const data = { name, act, firing, span, at: Date.now() };
    set(act === "edit" ? "alerts-edit" : "alerts-asked", { data });
    if (act === "edit") bring_form();
    if (act === "try") bring("every");
  });

  /** What answers comes into sight. */
  function bring(id) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    document.getElementById(id).scrollIntoView({ behavior: still ? "auto" : "smooth" });
  }

  /** The form, and the focus with it. */
  function bring_form() {
    document.getElementById("alerts-form").open = true;
    bring("alerts-form");
    document.getElementById("alerts-name").focus({ preventScroll: true });
  }

  // ── data-list="alerts": what fires, wherever a page has a place for it; each leads to its
  //    channel, queue or reason ────
  /** «Phone · Billing»: what it is narrowed to. */
  const place = (row) => ["channel", "queue", "reason", "segment", "site"].filter((name) => row[name] !== "*")
    .map((name) => (vigie.format[name] || vigie.format.text)(row[name])).join(" · ");

  function make(row) {
    const what = element("strong", "", vigie.shell().words.kpis[row.kpi] || row.name);
    const where = element("span", "vg-quiet vg-alert-where", place(row));
    return element("a", "vg-alert-line", [cell("mark", "vg-severity"), what, where, cell("since", "vg-quiet vg-number")],
      { href: row.leads });
  }

  function fill(line, row) {
    const mark = part(line, "mark");
    if (mark.dataset.severity !== row.severity) {
      mark.dataset.severity = row.severity;
      mark.replaceChildren(...(row.severity === "critical"
        ? [vigie.icon("alert"), say("critical")] : [vigie.icon("near"), say("warning")]));
    }
    line.dataset.status = row.status;
    put(part(line, "since"), vigie.format.minute(row.fired_at));
  }

  vigie.lists.alerts = (container, rows) => vigie.drawRows(
    container, rows, (row) => String(row.id), make, fill, say("no_alerts"));
})();
