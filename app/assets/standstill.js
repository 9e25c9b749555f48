/* Numbers that stand still: held by whoever wants to read them, or of a past moment.  Alt-P
   holds and lets go.  The feed itself is `live.js`; here is what a person sees and presses. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const { feed } = vigie;
  const by = (id) => document.getElementById(id);
  const say = (key, values) => vigie.say(key, values);
  const f = vigie.format;

  function put(id, words) {
    const place = by(id);
    if (place) vigie.put(place, words);
  }

  function hide(selector, hidden) {
    document.querySelectorAll(selector).forEach((place) => { place.hidden = hidden; });
  }

  /** The banner, the button and the word in the chip: drawn whenever the feed's state is. */
  vigie.standstill = function () {
    const banner = by("vigie-held");
    if (!banner) return;
    const held = Boolean(feed.held);
    document.querySelectorAll("[data-hold]").forEach((button) => {
      if (button.getAttribute("aria-pressed") === String(held)) return;
      button.setAttribute("aria-pressed", String(held));
    });
    hide("[data-hold]", feed.past);
    banner.hidden = !held && !feed.past;
    if (banner.hidden) return;
    hide("[data-of-held]", !held);
    hide("[data-of-past]", held);
    if (held) {
      put("vigie-held-since", say("held_since", { time: f.minute(feed.held.at) }));
      put("vigie-held-why", waiting());
    } else {
      put("vigie-held-since", feed.refused ? say("past_refused")
        : feed.asOf ? say("past_at", { time: f.moment(feed.asOf) }) : say("connecting"));
      put("vigie-held-why", feed.refused || past());
    }
  };

  function waiting() {
    const many = feed.held.waiting.size;
    if (!many) return say("held_none");
    return say(many === 1 ? "held_one" : "held_many", { count: f.integer(many) });
  }

  function past() {
    const note = vigie.pastOf(location.pathname);
    return note === undefined ? say("past_present") : [say("past_why"), note].filter(Boolean).join(" ");
  }

  function turn() {
    if (feed.past) return;
    if (feed.held) vigie.resume();
    else vigie.hold();
  }

  document.addEventListener("click", (event) => {
    const { target } = event;
    if (!target.closest) return;
    if (target.closest("[data-hold], [data-resume]")) turn();
    if (target.closest("[data-moment]")) choose();
    if (target.closest("[data-to-now]")) vigie.lookAt(null);
  });
  document.addEventListener("keydown", (event) => {
    if (event.code !== "KeyP" || !event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    turn();
  });

  // ── which moment ────────────────────────────────────────────────────────
  /** The site's wall clock, as an <input type="datetime-local"> takes it. */
  function wall(time) {
    const parts = Object.fromEntries(new Intl.DateTimeFormat("en-CA", {
      timeZone: by("vigie-shell").dataset.zone, hourCycle: "h23", year: "numeric", month: "2-digit",
      day: "2-digit", hour: "2-digit", minute: "2-digit",
    }).formatToParts(new Date(time)).map(({ type, value }) => [type, value]));
    return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
  }

  function field() {
    const place = by("vigie-moment-field");
    if (!place.firstElementChild) {
      const input = vigie.element("input", "", [], { type: "datetime-local", required: "", step: "60" });
      input.setAttribute("aria-labelledby", "vigie-moment-label");
      place.append(input);
      place.closest("dialog").addEventListener("keydown", (event) => {
        if (event.key === "Enter" && event.target === input) go();
      });
      by("vigie-moment-go").addEventListener("click", go);
    }
    return place.firstElementChild;
  }

  function choose() {
    const input = field();
    const now = Date.now();
    input.max = wall(now);
    input.value = vigie.asOf() && feed.asOf ? wall(feed.asOf) : wall(now - 24 * 3600 * 1000);
    by("vigie-moment").showModal();
    input.focus();
  }

  function go() {
    const input = field();
    if (input.reportValidity()) vigie.lookAt(input.value);
  }
})();
