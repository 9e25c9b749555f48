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
    drop();
    const scheme = location.protocol === "https:" ? "wss://" : "ws://";
    const socket = new WebSocket(scheme + location.host + "/live?page=" + encodeURIComponent(page()));
    feed.socket = socket;
    feed.seq = null;
    feed.triedAt = performance.now();
    socket.onmessage = (message) => socket === feed.socket && hear(JSON.parse(message.data));
    socket.onclose = (event) => socket === feed.socket && closed(event.code);
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
    location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search));
  }

  function hear(message) {
    const expected = { full: message.seq, delta: feed.seq + 1, beat: feed.seq }[message.type];
    if (feed.seq === null && message.type !== "full") return;
    if (message.seq !== expected) return connect();
    feed.attempts = 0;
    feed.seq = message.seq;
    feed.heardAt = performance.now();
    if (message.as_of !== feed.asOf) feed.advancedAt = feed.heardAt;
    feed.asOf = message.as_of;
    if (message.type !== "beat") take(message);
    show_state();
  }

  function take(message) {
    if (message.type === "full") feed.cells = message.data;
    else Object.assign(feed.cells, message.data);
    publish(new Set(Object.keys(message.data)), message.type === "delta");
  }

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
    if (stale()) return "stale";
    return feed.asOf ? "live" : "connecting";
  }

  function show_state() {
    const shell = vigie.shell();
    const chip = document.getElementById("vigie-connection");
    if (!shell || !chip) return;
    const now = state();
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
    const silent = performance.now() - Math.max(feed.heardAt, feed.triedAt);
    if (feed.socket && silent > CONNECT_WITHIN) {
      drop();
      later();
    }
    show_state();
    if (vigie.tick) vigie.tick();
  }

  function wake() {
    if (document.visibilityState === "visible" && !feed.ended && (stale() || !feed.socket)) {
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
