/* Words, numbers and times in the reader's language and the site's zone.
   Everything hangs on `window.vigie`; the shell brings the words (`data-words`). */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const NOTHING = "–";
  const NBSP = "\u00a0";
  let loaded = null;

  /** The shell's words and settings; null until the shell is on the page. */
  vigie.shell = function () {
    if (loaded) return loaded;
    const shell = document.getElementById("vigie-shell");
    if (!shell || !shell.dataset.words) return null;
    const words = JSON.parse(shell.dataset.words);
    document.documentElement.lang = words.language;
    const zone = shell.dataset.zone;
    const time = (options) =>
      new Intl.DateTimeFormat(words.language, { timeZone: zone, hourCycle: "h23", ...options });
    loaded = {
      words,
      texts: words.texts,
      integer: new Intl.NumberFormat(words.language, { maximumFractionDigits: 0 }),
      decimal: new Intl.NumberFormat(words.language, { maximumFractionDigits: 1 }),
      percent: new Intl.NumberFormat(words.language, {
        style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1,
      }),
      whole: new Intl.NumberFormat(words.language, { style: "percent", maximumFractionDigits: 1 }),
      change: new Intl.NumberFormat(words.language, {
        style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1,
        signDisplay: "exceptZero",
      }),
      clock: time({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
      minute: time({ hour: "2-digit", minute: "2-digit" }),
      day: time({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }),
      date: time({ day: "numeric", month: "short", year: "numeric" }),
      moment: time({ weekday: "long", day: "numeric", month: "long", year: "numeric",
        hour: "2-digit", minute: "2-digit" }),
      today: time({ weekday: "long", day: "numeric", month: "long", year: "numeric" }),
      iso: new Intl.DateTimeFormat("en-CA", { timeZone: zone }),
    };
    return loaded;
  };

  /** A sentence of the shell with its {places} filled in. */
  vigie.say = function (key, values) {
    const text = vigie.shell().texts[key] || key;
    return text.replace(/\{(\w+)\}/g, (place, name) =>
      values && name in values ? values[name] : place);
  };

  const missing = (value) => value === null || value === undefined || Number.isNaN(value);

  const pad = (number) => String(number).padStart(2, "0");

  /** Seconds as people of the floor read them: «8 s», «3:05», «2 h 14», «3 d 04 h». */
  function duration(seconds) {
    if (missing(seconds)) return NOTHING;
    const whole = Math.max(0, Math.round(seconds));
    const minutes = Math.floor(whole / 60);
    const hours = Math.floor(minutes / 60);
    const days = Math.floor(hours / 24);
    if (days) {
      const day = vigie.shell().words.language === "fr" ? "j" : "d";
      return days + NBSP + day + NBSP + pad(hours % 24) + NBSP + "h";
    }
    if (hours) return hours + NBSP + "h" + NBSP + pad(minutes % 60);
    return minutes ? minutes + ":" + pad(whole % 60) : whole + NBSP + "s";
  }

  /** A time target without needless zeros: «20 s», «5 min», «24 h». */
  function span(seconds) {
    if (seconds % 3600 === 0) return seconds / 3600 + NBSP + "h";
    if (seconds % 60 === 0) return seconds / 60 + NBSP + "min";
    return Math.round(seconds) + NBSP + "s";
  }

  const known = (list, any) => (name) => {
    const shell = vigie.shell();
    if (name === "*" && any) return shell.texts[any];
    if (missing(name) || name === "") return shell.texts.others;
    return vocabulary(list)[name] || shell.words[list][name] || readable(name);
  };

  /** Words of the page's own vocabulary (rows of the database), where it brings one. */
  function vocabulary(list) {
    const place = document.getElementById("vigie-vocabulary");
    if (!place) return {};
    if (place !== vocabulary.place) {
      vocabulary.place = place;
      vocabulary.words = JSON.parse(place.dataset.words);
    }
    return vocabulary.words[list] || {};
  }

  function readable(name) {
    return capital(String(name).replace(/[_-]+/g, " ").trim());
  }

  const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);

  const with_ = (formatter) => (value) =>
    missing(value) ? NOTHING : vigie.shell()[formatter].format(value);

  const moment = (formatter) => (value) =>
    missing(value) ? NOTHING : vigie.shell()[formatter].format(new Date(value));

  vigie.format = {
    NOTHING,
    missing,
    integer: with_("integer"),
    /** A count beside a name: nothing where there is nothing. */
    badge: (value) => (value ? with_("integer")(value) : ""),
    decimal: with_("decimal"),
    percent: with_("percent"),
    whole: with_("whole"),
    change: with_("change"),
    duration,
    span,
    clock: moment("clock"),
    minute: moment("minute"),
    day: moment("day"),
    date: moment("date"),
    today: (value) => capital(moment("today")(value)),
    moment: moment("moment"),
    /** The site's day as fields of forms hold it: «2026-10-25». */
    iso: moment("iso"),
    text: (value) => (missing(value) ? NOTHING : String(value)),
    channel: known("channels", "any_channel"),
    reason: known("reasons", "any_reason"),
    segment: known("segments", "any_segment"),
    surface: known("surfaces", "any_surface"),
    modality: known("modalities"),
    state: known("states"),
    formula: known("formulas"),
    // A queue is often named after the reason it serves: then it has a word already.
    queue: known("reasons"),
  };

  /** «80 % within 20 s», or nothing where no target is set. */
  vigie.format.promise = function (line) {
    if (!line || missing(line.goal) || missing(line.target_s)) return NOTHING;
    return vigie.say("promise", {
      goal: vigie.format.whole(line.goal), time: span(line.target_s),
    });
  };

  /** good | near | bad | null: a value against (worth a look, bad), whichever way is better. */
  vigie.threshold = function (value, look, bad) {
    if (missing(value)) return null;
    const sign = look >= bad ? 1 : -1;
    return value * sign >= look * sign ? "good" : value * sign >= bad * sign ? "near" : "bad";
  };

  /** good | near | bad | null: a value against its goal; near is within five points. */
  vigie.level = function (value, goal) {
    if (missing(value) || missing(goal)) return null;
    return value >= goal ? "good" : value >= goal - 0.05 ? "near" : "bad";
  };

  /** An element; text goes in as text, never as markup. */
  vigie.element = function (tag, className, children, attributes) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    for (const child of [].concat(children === undefined ? [] : children)) element.append(child);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    return element;
  };

  const scripts = new Map();

  /** Run that script of ours, once; resolves when it has run.  One of the document is waited for. */
  vigie.script = function (src) {
    if (!scripts.has(src)) scripts.set(src, new Promise((done, failed) => {
      const there = [...document.scripts].find((one) => one.getAttribute("src") === src);
      const script = there || vigie.element("script", "", [], { src });
      script.addEventListener("load", done);
      script.addEventListener("error", failed);
      if (!there) document.head.append(script);
    }));
    return scripts.get(src);
  };

  vigie.icon = (name) =>
    vigie.element("span", "vg-icon", [], { "data-icon": name, "aria-hidden": "true" });

  vigie.channelIcon = (channel) => vigie.icon(vigie.shell().words.icons[channel] || "message");

  const LEVEL_ICONS = { good: "check", near: "near", bad: "down" };

  /** The icon and the word of a level; empty without one. */
  vigie.verdict = function (element, level) {
    if (element.dataset.level === (level || "")) return;
    element.dataset.level = level || "";
    element.replaceChildren();
    if (level) element.append(vigie.icon(LEVEL_ICONS[level]), vigie.say(level));
  };

  const grid = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  const when_ready = (format) => (value) => (vigie.shell() ? format(value) : "");
  grid.vigieInteger = when_ready((value) => vigie.format.integer(value));
  grid.vigiePercent = when_ready((value) => vigie.format.percent(value));
  grid.vigieDuration = when_ready((value) => vigie.format.duration(value));
  grid.vigieChannel = when_ready((value) => vigie.format.channel(value));
  grid.vigieQueue = when_ready((value) => vigie.format.queue(value));
  grid.vigiePromise = when_ready((row) => vigie.format.promise(row));
  const MARKS = { good: "✓ ", near: "≈ ", bad: "▼ " };
  grid.vigieJudged = (value, goal) =>
    vigie.shell() ? (MARKS[vigie.level(value, goal)] || "") + vigie.format.percent(value) : "";
  grid.vigieLevel = (value, goal) => vigie.level(value, goal);
})();
