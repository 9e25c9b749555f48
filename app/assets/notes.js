/* Lines under the cards that are worked out from several cells. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const GRACE = 8;
  const say = (key, values) => vigie.say(key, values);
  const f = vigie.format;

  /** Today by quarter hours: those that are over, the one that runs, null for the rest. */
  vigie.today = function (cells) {
    const told = cells["trend.today"];
    if (!told) return null;
    const over = told.indexOf(null);
    return over < 0 ? told : told.with(over, cells["trend.running"] ?? null);
  };

  vigie.notes = function (cells) {
    const today = vigie.today(cells);
    note("against-last-week", today ? against(today, cells["trend.last_week"] || []) : "");
    note("longest-where", where(cells.queues || [], "longest_wait_s"));
    note("oldest-backlog", f.missing(cells["total.oldest_s"]) ? "" :
      say("oldest", { time: f.duration(cells["total.oldest_s"]) }));
    const switches = (cells.exposure || []).filter(vigie.active).length;
    note("in-force", switches ? say("in_force", { count: f.integer(switches) }) : "");
  };

  function note(name, text) {
    document.querySelectorAll(`[data-note="${name}"]`).forEach((target) => vigie.put(target, text));
  }

  /** The first quarter with a contact: a week that began later than the day is no comparison. */
  const began = (counts) => counts.findIndex((count) => count > 0);

  /** Today so far against the same quarters a week ago. */
  function against(today, lastWeek) {
    if (began(lastWeek) > began(today) + GRACE) return say("nothing_last_week");
    let now = 0;
    let then = 0;
    today.forEach((count, index) => {
      if (f.missing(count)) return;
      now += count;
      then += lastWeek[index] || 0;
    });
    if (!then) return say("nothing_last_week");
    if (now === then) return say("same_as_last_week");
    return say("against_last_week", { change: f.change(now / then - 1) });
  }

  function where(queues, key) {
    const [worst] = queues.filter((row) => !f.missing(row[key])).sort((a, b) => b[key] - a[key]);
    if (!worst) return say("nobody_waits");
    return say("on", { queue: `${f.channel(worst.channel)} · ${f.queue(worst.queue)}` });
  }

  vigie.watch((changed, cells) => vigie.notes(cells));
})();
