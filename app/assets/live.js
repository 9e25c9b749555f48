/* The live feed: one WebSocket a tab, a full picture, then deltas in sequence.
   Elements say what they show: data-live="channel.phone.waiting" data-format="integer".
   Lists, the grid and the figure are drawn by the files that listen here. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const STALE_AFTER = 3000;
  const CONNECT_WITHIN = 8000;
  const LOGGED_OUT = 4401;
  const REFUSED = 4403;
  const SLOWEST = 20000;
  const LEAVE_AFTER = 700;
  /** What the feed fills, once it is on the page. */
  const PLACES = "#vigie-shell,h1,[data-live],[data-list],[data-verdict],.ag-root,.plot-container";

  const feed = {
    cells: {},
    seq: null,
    asOf: null,
    heardAt: performance.now(),
    advancedAt: performance.now(),
    triedAt: performance.now(),
    attempts: 0,
    ended: false,
    /** Held by a person: {at, next: the cells as they are now, waiting: the paths that changed}. */
    held: null,
    /** What is looked at is over: there is nothing to listen to. */
    past: Boolean(vigie.asOf && vigie.asOf()),
    refused: null,
    newest: null,
    socket: null,
    retry: null,
    watchers: [],
  };
  vigie.feed = feed;

  /** Call `watcher(changed: Set of paths, cells)` on every picture; and now, if there is one. */
  vigie.watch = function (watcher) {
    feed.watchers.push(watcher);
    if (feed.seq !== null) watcher(new Set(Object.keys(feed.cells)), feed.cells);
  };

  // ── the socket ──────────────────────────────────────────────────────────
  const page = () => location.pathname.replace(/^\/|\/$/g, "") || "overview";

  function connect() {
    clearTimeout(feed.retry);
    if (feed.ended) return;
    if (feed.past) return void look_back();
    drop();
    const scheme = location.protocol === "https:" ? "wss://" : "ws://";
    const socket = new WebSocket(scheme + location.host + "/live?page=" + encodeURIComponent(page()));
    feed.socket = socket;
    feed.seq = null;
    feed.triedAt = performance.now();
    socket.onmessage = (message) => socket === feed.socket && hear(JSON.parse(message.data));
    socket.onclose = (event) => socket === feed.socket && closed(event.code);
  }

  /** A past moment stands still: it is asked for once. */
  async function look_back() {
    const answer = await fetch(`/api/v1/picture?as_of=${encodeURIComponent(vigie.asOf())}`).catch(() => null);
    if (!answer || answer.status >= 500) return later();
    if (answer.status === 401) return leave();
    const told = await answer.json();
    if (answer.ok) {
      [feed.seq, feed.asOf] = [told.seq, told.as_of];
      take(told);
    } else feed.refused = told.detail;
    show_state();
  }

  function drop() {
    const socket = feed.socket;
    feed.socket = null;
    if (socket && socket.readyState <= WebSocket.OPEN) socket.close();
  }

  function closed(code) {
    feed.socket = null;
    if (code === LOGGED_OUT || code === REFUSED) return leave();
    later();
  }

  /** Back-off with jitter, so that a restart is not met by every screen at once. */
  function later() {
    clearTimeout(feed.retry);
    const longest = Math.min(SLOWEST, 500 * 2 ** feed.attempts++);
    feed.retry = setTimeout(connect, longest * (0.5 + Math.random() / 2));
  }

  function leave() {
    feed.ended = true;
    // Whoever ended the session here may be on the way elsewhere: the page that goes takes this along.
    const login = "/login?next=" + encodeURIComponent(location.pathname + location.search);
    setTimeout(() => location.assign(login), LEAVE_AFTER);
  }

  function hear(message) {
    const expected = { full: message.seq, delta: feed.seq + 1, beat: feed.seq }[message.type];
    if (feed.seq === null && message.type !== "full") return;
    if (message.seq !== expected) return connect();
    feed.attempts = 0;
    feed.seq = message.seq;
    feed.heardAt = performance.now();
    if (message.as_of !== feed.newest) feed.advancedAt = feed.heardAt;
    feed.newest = message.as_of;
    if (!feed.held) feed.asOf = feed.newest;
    if (message.type !== "beat") take(message);
    show_state();
  }

  function take(message) {
    if (feed.held) return lay_by(message);
    if (message.type === "full") feed.cells = message.data;
    else Object.assign(feed.cells, message.data);
    publish(new Set(Object.keys(message.data)), message.type === "delta");
  }

  // ── held still ──────────────────────────────────────────────────────────
  const same = (one, other) => one === other || JSON.stringify(one) === JSON.stringify(other);
  /** Whole lists hold what has cells of its own; marks are for nobody's eyes. */
  const counts = (path, value) => !Array.isArray(value) && !path.endsWith(".mark");

  vigie.hold = function () {
    if (feed.held || feed.past || feed.seq === null) return;
    feed.held = { at: Date.now(), next: { ...feed.cells }, changed: new Set(), waiting: new Set() };
    show_state();
  };

  function lay_by(message) {
    const { held, cells } = feed;
    const full = message.type === "full";
    const paths = full ? { ...held.next, ...message.data } : message.data;
    held.next = full ? message.data : Object.assign(held.next, message.data);
    for (const path of Object.keys(paths)) {
      const moved = !same(held.next[path], cells[path]);
      held.changed[moved ? "add" : "delete"](path);
      held.waiting[moved && counts(path, held.next[path]) ? "add" : "delete"](path);
    }
  }

  /** Catch up at once. */
  vigie.resume = function () {
    if (!feed.held) return;
    const { next, changed } = feed.held;
    feed.held = null;
    [feed.cells, feed.asOf] = [next, feed.newest];
    publish(changed, true);
    show_state();
  };

  /** The moment that the numbers are of, for whatever counts down. */
  vigie.now = () => (feed.past ? Date.parse(feed.asOf) || 0 : feed.held ? feed.held.at : Date.now());

  // ── values in place ─────────────────────────────────────────────────────
  function publish(changed, announce) {
    if (!vigie.shell()) return;
    document.querySelectorAll("[data-live]").forEach((element) => {
      if (concerns(element, changed)) fill(element, announce);
    });
    document.querySelectorAll("[data-verdict]").forEach(judge);
    for (const watcher of feed.watchers) watcher(changed, feed.cells);
  }

  function concerns(element, changed) {
    const path = element.dataset.live;
    return changed.has(path);
  }

  function fill(element, announce) {
    const text = vigie.format[element.dataset.format](feed.cells[element.dataset.live]);
    if (element.textContent === text) return;
    element.textContent = text;
    if (announce && !matchMedia("(prefers-reduced-motion: reduce)").matches)
      element.animate([{ backgroundColor: "var(--vg-accent-soft)" }, { backgroundColor: "transparent" }],
        { duration: 700, easing: "ease-out" });
  }

  function judge(element) {
    const { verdict, look, bad } = element.dataset;
    const level = vigie.threshold(feed.cells[verdict], Number(look), Number(bad));
    vigie.verdict(element, level);
    const card = element.closest("[data-card]");
    if (card) card.dataset.level = level || "";
  }

  // ── is it still true? ───────────────────────────────────────────────────
  function stale() {
    const now = performance.now();
    return now - feed.heardAt > STALE_AFTER || now - feed.advancedAt > STALE_AFTER;
  }

  function state() {
    if (feed.past) return "past";
    if (feed.held) return "held";
    if (stale()) return "stale";
    return feed.asOf ? "live" : "connecting";
  }

  function show_state() {
    const shell = vigie.shell();
    const chip = document.getElementById("vigie-connection");
    if (!shell || !chip) return;
    const now = state();
    if (vigie.standstill) vigie.standstill();
    text("vigie-as-of", feed.asOf ? vigie.format.clock(feed.asOf) : vigie.format.NOTHING);
    if (feed.asOf) text("vigie-day", vigie.format.today(feed.asOf));
    if (chip.dataset.state === now) return;
    chip.dataset.state = now;
    document.body.dataset.feed = now;
    text("vigie-state", vigie.say(now));
    banner(now === "stale");
  }

  function banner(visible) {
    const since = feed.asOf ? vigie.say("stale_since", { time: vigie.format.clock(feed.asOf) })
      : vigie.say("stale");
    text("vigie-stale-since", since);
    text("vigie-stale-why", vigie.say("stale_why"));
    document.getElementById("vigie-stale").hidden = !visible;
  }

  function text(id, words) {
    const element = document.getElementById(id);
    if (element && element.textContent !== words) element.textContent = words;
  }

  /** A socket that neither opens nor speaks is given up: half-open connections never close. */
  function watch_over() {
    if (feed.past) return;
    const silent = performance.now() - Math.max(feed.heardAt, feed.triedAt);
    if (feed.socket && silent > CONNECT_WITHIN) {
      drop();
      later();
    }
    show_state();
    if (vigie.tick && !feed.held) vigie.tick();
  }

  function wake() {
    if (document.visibilityState === "visible" && !feed.ended && !feed.past && (stale() || !feed.socket)) {
      feed.attempts = 0;
      connect();
    }
  }

  // ── pages come and go without a reload ──────────────────────────────────
  function refresh() {
    const heading = document.querySelector("#content h1");
    if (heading) document.title = heading.textContent + " – Vigie";
    show_state();
    if (feed.seq !== null) publish(new Set(Object.keys(feed.cells)), false);
  }

  function placed(nodes) {
    return [...nodes].some((node) => node.nodeType === Node.ELEMENT_NODE && (
      node.matches(PLACES) || node.querySelector(PLACES)));
  }

  function begin() {
    new MutationObserver((changes) => {
      if (changes.some((change) => placed(change.addedNodes))) requestAnimationFrame(refresh);
    }).observe(document.body, { childList: true, subtree: true });
    document.addEventListener("visibilitychange", wake);
    addEventListener("online", wake);
    addEventListener("pageshow", (event) => event.persisted && wake());
    setInterval(watch_over, 500);
    connect();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
