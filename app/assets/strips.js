/* One line of quality a channel, live and written in the same words. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const { element, cell, part, put } = vigie;
  const say = (key, values) => vigie.say(key, values);
  const f = vigie.format;

  /** The same words for calls and for mail: promise kept, delay, waiting, oldest. */
  vigie.line = function (raw) {
    const row = { ...raw, ...(raw.kpis || {}) };
    const written = row.modality !== "sync";
    return {
      ...row,
      quality: written ? row.async_service_level ?? row.service_level : row.service_level,
      delay: written ? row.first_response_s : row.asa_s,
      waits: written ? row.backlog : row.waiting,
      oldest: written ? row.oldest_s : row.longest_wait_s,
    };
  };

  /** The words of the table's head, for narrow screens where it is folded away. */
  function label(column) {
    const head = document.querySelector(`.vg-strip-head [data-column="${column}"]`);
    return head ? head.textContent : "";
  }

  /** A number that leads to its contacts, where there are any. */
  function number(column, row, look) {
    const to = vigie.leadOf(column, row);
    const made = cell(column, to ? `${look} vg-drill` : look, to ? "a" : "span");
    if (to) made.href = to;
    return made;
  }

  function make_channel(row) {
    const name = element("span", "vg-strip-name", [
      vigie.channelIcon(row.channel),
      element("a", "vg-strip-label vg-drill", f.channel(row.channel), { href: vigie.pageOf(row) }),
    ], { role: "cell", title: f.modality(row.modality) });
    const bar = element("span", "vg-bar", [cell("fill", "vg-bar-fill"), cell("goal", "vg-bar-goal")],
      { "aria-hidden": "true" });
    const quality = element("span", "vg-strip-quality", [
      bar, number("quality", row, "vg-number vg-strong"), cell("verdict", "vg-verdict")], { role: "cell" });
    const rest = ["promise", "delay", "waits", "oldest", "offered", "answered"].map((column) =>
      element("span", `vg-strip-cell vg-strip-${column}`, number(column, row, "vg-number"),
        { role: "cell", "data-label": label(column) }));
    return element("div", "vg-strip", [name, quality, ...rest], { role: "row" });
  }

  function fill_channel(element_, raw) {
    const row = vigie.line(raw);
    const level = vigie.level(row.quality, row.goal);
    element_.dataset.level = level || "";
    const width = f.missing(row.quality) ? 0 : Math.min(1, row.quality);
    part(element_, "fill").style.inlineSize = `${width * 100}%`;
    const goal = part(element_, "goal");
    goal.hidden = f.missing(row.goal);
    goal.style.insetInlineStart = `${(row.goal || 0) * 100}%`;
    vigie.verdict(part(element_, "verdict"), level);
    put(part(element_, "quality"), f.percent(row.quality));
    put(part(element_, "promise"), f.missing(row.goal) ? f.NOTHING : f.promise(row));
    put(part(element_, "delay"), f.duration(row.delay));
    put(part(element_, "waits"), f.integer(row.waits));
    put(part(element_, "oldest"), f.duration(row.oldest));
    put(part(element_, "offered"), f.integer(row.offered));
    put(part(element_, "answered"), f.integer(row.answered));
  }

  vigie.lists.channels = (container, rows) => vigie.drawRows(
    container, rows, (row) => row.channel, make_channel, fill_channel, say("no_channels"));
})();
