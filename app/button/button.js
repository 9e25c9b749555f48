// The omnichannel button.  One script tag draws it; it asks the hub that served it, keeps what
// it was told last, and never fails: without a hub it draws every mode as far as it is known.
// Settings are data-attributes of the tag, see docs/button.md.  Served without these comments.
(() => {
  "use strict";
  const script = document.currentScript || document.querySelector('script[src*="/hub/button.js"]');
  if (!script || script.vigie) return;
  script.vigie = true;
  const told = script.dataset;
  const hub = told.hub || script.src.split("/hub/button.js")[0];
  const language = /^fr/i.test(told.language || (script.closest("[lang]") || {}).lang || navigator.language) ? "fr" : "en";
  const english = language === "fr" ? 0 : 1;
  const locale = ["fr-FR", "en-GB"][english];
  const { words: WORDS, offers: BAKED, draw: PATHS, css: CSS } = "$KNOWN";
  const say = (key, values = {}) => WORDS[key][english].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const preview = "preview" in told;
  const WRITTEN = ["email", "form", "messaging", "letter"];
  const DAY = 864e5;

  let offers, siteZone, reasons = [], reason = told.reason || "", segment = told.segment;
  let unsure = false, failures = 0, turn = 0, answeredAt = 0, ahead = 0, timer;
  let opened = false, modal = false, more = false, view = list, drawn, displayed, visitorId;
  let root, frame, dialog, launch, body, said;

  // What may be kept across pages: nothing, until the page says that the visitor allows it.
  const kept = (key, value) => {
    if (told.storage !== "allowed") return null;
    try {
      if (value === undefined) return JSON.parse(localStorage.getItem("vigie-" + key));
      localStorage.setItem("vigie-" + key, JSON.stringify(value));
    } catch { /* a browser that keeps nothing is like a visitor who does not allow it */ }
    return null;
  };
  const page = location.pathname.slice(0, 1000);
  const name = () => [...crypto.getRandomValues(new Uint8Array(12))].map((one) => one.toString(16).padStart(2, "0")).join("");
  const visitor = () => {
    visitorId = visitorId || kept("visitor") || name();
    kept("visitor", visitorId);
    return visitorId;
  };

  // Asking the hub.
  const ask = (path, sent) => fetch((/^(slots|callb)/.test(path) && told.callbacks || hub) + "/api/v1/hub/" + path, {
    credentials: "omit",
    signal: AbortSignal.timeout(path === "offers" ? 4000 : 9000),
    ...(sent && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(sent) }),
  });
  const read = async (path, sent) => {
    const answer = await ask(path, sent);
    if (!answer.ok) throw answer;
    heedClock(answer.headers.get("date"));
    return answer.json();
  };
  // A clock that goes wrong opens and closes nothing: the hub's counts, as its answers tell it.
  const heedClock = (date) => {
    const by = Date.parse(date) - Date.now();
    if (date) ahead = Math.abs(by) > 2000 ? by : 0;
  };
  const clock = () => Date.now() + ahead;
  const about = () => {
    const asked = { visitor: visitor(), page };
    for (const [key, value] of Object.entries({ surface: told.surface, reason, segment })) if (value) asked[key] = value;
    return asked;
  };
  const question = () => {
    const asked = { ...about(), language };
    for (const key of ["location", "contract"]) if (told[key]) asked[key] = told[key];
    if (told.basket > 0) asked.basket_value = +told.basket;
    if (path.length) asked.session_path = path;
    return asked;
  };
  const path = (kept("path") || []).slice(-20);
  kept("path", [...path, page]);

  async function refresh() {
    clearTimeout(timer);
    const mine = ++turn;
    try {
      const news = await read("offers", question());
      if (mine !== turn) return;
      learn(news);
    } catch {
      if (mine !== turn) return;
      failures += 1;
      remember();
    }
    draw();
    plan();
  }
  function learn(news) {
    const before = offers && !unsure && JSON.stringify(states());
    offers = news.offers;
    if (!answeredAt) {
      segment = segment || news.segment;
      reason = reason || news.reason || "";
    }
    unsure = false;
    failures = 0;
    answeredAt = Date.now();
    kept("offers-" + language, { at: answeredAt, offers });
    if (opened && before && before !== JSON.stringify(states())) said.textContent = say("changed");
  }
  // The hub is away: what it told last, else all that it served with this script.
  function remember() {
    const last = kept("offers-" + language);
    offers = offers || (last && Date.now() - last.at < DAY && last.offers) || BAKED.map(([channel, ...more]) => ({ channel, label: more[english], link: more[2], state: "open" }));
    unsure = true;
  }
  // Again soon while somebody looks, when a switch or the opening hours end, or after a failure.
  function plan() {
    clearTimeout(timer);
    let after = failures ? Math.min(60, 2 ** failures) : opened ? +told.refresh || 15 : 0;
    if (!after || document.hidden) return;
    for (const one of offers || []) {
      const ends = (Date.parse(one.until || one.next_opening) - clock()) / 1000 + 0.5;
      if (ends > 0.5) after = Math.min(after, ends);
    }
    timer = setTimeout(refresh, after * (900 + Math.random() * 200));
  }
  async function learnReasons() {
    try {
      ({ reasons, zone: siteZone } = await read("menu?language=" + language));
    } catch { /* without a hub the list is shown without its menu */ }
    draw();
  }

  // Telling the hub: shown, chosen, completed.
  function tell(kind, channel) {
    if (preview || !offers || unsure) return;
    const fact = { kind, ...about(), offers: states() };
    if (channel) fact.channel = channel;
    fetch(hub + "/api/v1/hub/events", { method: "POST", credentials: "omit", keepalive: true, body: JSON.stringify({ events: [fact] }) })
      .then((answer) => answer.text()).catch(() => {});
  }
  function tellShown() {
    if (!opened || displayed === "of " + reason || !offers || unsure) return;
    displayed = "of " + reason;
    tell("shown");
  }

  // Drawing: elements only, no markup, no inline style: nothing that a strict page forbids.
  const fill = (node, attributes, children) => {
    for (const [key, value] of Object.entries(attributes || {})) {
      if (typeof value === "function") node.addEventListener(key, value);
      else if (value !== undefined && value !== false) node.setAttribute(key, value);
    }
    node.append(...children.flat(2).filter((one) => one));
    return node;
  };
  const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) => fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  const icon = (key) => svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: PATHS[key] || PATHS.messaging }));

  // A closing that has ended since the hub was asked is over.
  const ends = (one) => one.next_opening || one.until;
  const now = (one) => ((one.state === "closed" || one.state === "tucked") && Date.parse(ends(one)) <= clock() ? "open" : one.state);
  const states = () => offers.map((one) => ({ channel: one.channel, state: now(one) }));
  const inState = (...states) => offers.filter((one) => states.includes(now(one)));
  const usable = () => inState("promoted", "open", "tucked");

  function when(iso, zone = siteZone || undefined) {
    const at = new Date(iso), days = (one) => Math.floor(Date.parse(new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(one)) / DAY);
    const away = days(at) - days(clock()), format = (how) => new Intl.DateTimeFormat(locale, { timeZone: zone, ...how }).format(at);
    const day = away < 2 ? new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(away, "day")
      : format({ weekday: "long", day: "numeric", month: "long" });
    return say("at", { day, time: format({ hour: "2-digit", minute: "2-digit" }) });
  }
  function waiting(one) {
    const s = one.wait_s, written = WRITTEN.includes(one.channel);
    if (s == null) return "";
    if (s < 60 && !written) return say("wait_now");
    const minutes = Math.max(1, Math.ceil(s / 60)), n = minutes > 10 ? Math.ceil(minutes / 5) * 5 : minutes;
    const key = written ? "reply_" : "wait_";
    return n < 60 ? say(key + "min", { n }) : say(key + "h", { n: Math.ceil(s / 3600) });
  }
  function lines(one) {
    if (now(one) !== "closed") {
      const hours = /^\d(?!0:00-24)/.test(one.opening_hours) && one.opening_hours.replace(/-/g, "–").replace(/,/g, ", ");
      return [one.message, waiting(one), hours && say("today", { hours })];
    }
    const hours = /^calendar/.test(one.decided_by), other = usable()[0];
    return [
      one.message || say(hours ? "hours_over" : "not_now"),
      ends(one) && say("opens", { when: when(ends(one)) }),
      other && say("instead", { label: other.label }),
    ];
  }
  function row(one) {
    const state = now(one), link = /^(https?:|tel:|mailto:|sms:|\/)/.test(one.link) && one.link;
    const inside = [icon(one.channel), el("span", {},
      state === "promoted" && el("i", {}, say("best")), el("b", {}, one.label),
      lines(one).map((line) => line && el("small", {}, line)))];
    const how = { class: "o", "data-key": one.channel, click: (event) => choose(one, event, link) };
    if (state === "closed") return el("li", { class: state }, el("div", { class: "o" }, inside));
    const form = one.channel === "callback" && !unsure;
    if (link && !form) return el("li", { class: state }, el("a", { ...how, href: link }, inside));
    return el("li", { class: state }, el("button", { ...how, type: "button" }, inside));
  }
  function choose(one, event, link) {
    tell("chosen", one.channel);
    const detail = { channel: one.channel, label: one.label, reason, segment, visitor: visitor(), link };
    if (!document.dispatchEvent(new CustomEvent("vigie:chosen", { detail, cancelable: true }))) {
      event.preventDefault();
      if (!told.into) close();
      return;
    }
    if (one.channel === "callback" && !unsure) show(callback);
    else if (!link) {
      const other = usable().find((way) => way !== one && way.link);
      note = say("no_way", { label: one.label }) + (other ? " " + say("instead", { label: other.label }) : "");
      draw();
    }
  }
  let note = "";

  function list() {
    if (!offers) return [el("p", { class: "note" }, say("wait"))];
    const tucked = inState("tucked"), shut = inState("closed");
    return [
      unsure && el("p", { class: "note" }, say("unsure")),
      note && el("p", { class: "note", role: "alert" }, note),
      menu(),
      el("ul", {}, inState("promoted", "open").map(row)),
      tucked.length > 0 && el("button", { class: "more", type: "button", "data-key": "more", "aria-expanded": more + "", click: () => { more = !more; draw(); } }, icon("down"), say("more") + " (" + tucked.length + ")"),
      more && tucked.length > 0 && el("ul", {}, tucked.map(row)),
      shut.length > 0 && [el("h3", {}, say("shut")), el("ul", {}, shut.map(row))],
    ];
  }
  function menu() {
    if (!reasons.length || told.menu === "off") return null;
    const chosen = (event) => { reason = event.target.value; note = ""; refresh(); };
    const options = [["", say("anything")], ...reasons.map((one) => [one.reason, one.label])];
    return el("div", { class: "reason" }, el("label", { for: "reason" }, say("about")),
      el("select", { id: "reason", "data-key": "reason", change: chosen },
        options.map(([value, label]) => el("option", { value, selected: value === reason && "" }, label))));
  }

  // The callback: a free time, a number, one wish.  The same wish sent twice is one callback.
  function callback() {
    const place = el("div", {}, el("p", { class: "note", role: "status" }, say("wait")));
    read("slots?language=" + language + "&reason=" + encodeURIComponent(reason))
      .then((free) => (free.slots.length ? form(free) : sorry("cb_none")), () => sorry("cb_off"))
      .then((parts) => place.replaceChildren(parts));
    return [place];
  }
  function sorry(key) {
    const other = usable().find((one) => one.channel !== "callback");
    return el("p", { class: "note", role: "alert" }, say(key) + (other ? " " + say("instead", { label: other.label }) : ""));
  }
  function form(free) {
    const times = el("select", { id: "start" }), phone = el("input", { id: "phone", type: "tel", autocomplete: "tel", maxlength: 40, "aria-describedby": "why bad" });
    const person = el("input", { id: "name", autocomplete: "name", maxlength: 80 }), bad = el("p", { class: "bad", id: "bad", role: "alert" });
    let wish, id, sending;
    fillTimes(times, free);
    const wrong = (text, field) => {
      bad.textContent = text;
      if (field) { field.setAttribute("aria-invalid", "true"); field.focus(); }
    };
    const send = async (event) => {
      event.preventDefault();
      phone.removeAttribute("aria-invalid");
      bad.textContent = "";
      if (sending) return;
      if (!/\d.*\d.*\d/.test(phone.value)) return wrong(say("cb_need"), phone);
      if (preview) return wrong(say("cb_test"));
      const asked = { phone: phone.value, start: times.value, language, visitor: visitor() };
      for (const [key, value] of Object.entries({ reason, name: person.value.trim(), surface: told.surface })) if (value) asked[key] = value;
      if (wish !== JSON.stringify(asked)) { wish = JSON.stringify(asked); id = name(); }
      sending = true;
      try {
        const answer = await ask("callbacks", { ...asked, request_id: id }), news = await answer.json();
        if (answer.ok) booked(news, free.zone);
        else if (news.slots && news.slots.length) { fillTimes(times, { ...free, slots: news.slots }); wrong(say("cb_full"), times); }
        else wrong(answer.status < 500 && news.detail || say("cb_off"), { phone, name: person, start: times }[news.field]);
      } catch {
        wrong(say("cb_off"));
      }
      sending = false;
    };
    const abroad = new Intl.DateTimeFormat().resolvedOptions().timeZone !== free.zone;
    return el("form", { submit: send, novalidate: "" },
      el("label", { for: "start" }, say("cb_when")), times,
      abroad && el("p", { class: "hint" }, say("cb_zone", { zone: free.zone.replace(/.*\//, "").replace(/_/g, " ") })),
      el("label", { for: "phone" }, say("cb_phone")), phone, el("p", { class: "hint", id: "why" }, say("cb_why")),
      el("label", { for: "name" }, say("cb_name")), person, bad,
      el("button", { class: "go" }, say("cb_go")));
  }
  function fillTimes(times, free) {
    const best = free.slots.find((one) => one.advised) || free.slots[0];
    const sooner = [...free.slots].sort((one, other) => Date.parse(one.start) - Date.parse(other.start));
    times.removeAttribute("aria-invalid");
    times.replaceChildren(...sooner.map((one) => {
      const time = when(one.start, free.zone);
      return el("option", { value: one.start, selected: one === best && "" }, one === best ? say("cb_best", { time }) : time);
    }));
  }
  function booked(news, zone) {
    tell("completed", "callback");
    show(() => [el("p", { class: "done", role: "status" }, news.message || when(news.start, zone))], "cb_done");
  }

  // The frame: a button and a dialog on the page, or a place that the page gives.
  function show(next, title, quietly) {
    view = next;
    note = "";
    drawn = null;
    frameHead(title || (next === callback ? "cb_go" : "title"));
    draw();
    if (!quietly) head.focus();
  }
  let head;
  function frameHead(key) {
    head = el("h2", { id: "title", tabindex: "-1" }, say(key));
    const tops = [
      view !== list && el("button", { class: "x", type: "button", "aria-label": say("back"), click: () => show(list) }, icon("back")),
      head,
      dialog && el("button", { class: "x", type: "button", "aria-label": say("close"), click: close }, icon("x")),
    ];
    const top = frame.querySelector("header");
    top.replaceChildren();
    top.hidden = !dialog && view === list;
    fill(top, {}, tops);
  }
  function draw() {
    if (!root || (view !== list && drawn)) return;
    const picture = JSON.stringify([offers, reasons, reason, more, unsure, note, view === list && offers && offers.map(now)]);
    if (picture !== drawn) {
      drawn = picture;
      const focused = root.activeElement && root.activeElement.dataset.key;
      body.replaceChildren();
      fill(body, {}, view());
      const again = focused && (body.querySelector('[data-key="' + focused + '"]') || head);
      if (again) again.focus();
    }
    if (view === list) tellShown();
  }
  function open(byVisitor) {
    if (opened) return;
    opened = true;
    modal = byVisitor;
    displayed = null;
    launch.setAttribute("aria-expanded", "true");
    show(list, "title", true);
    if (modal) {
      dialog.showModal();
      head.focus();
    } else {
      dialog.setAttribute("open", "");
      said.textContent = say("title");
    }
    if (Date.now() - answeredAt > 2000) refresh();
    else plan();
    if (!reasons.length) learnReasons();
  }
  function close() {
    if (!opened) return;
    kept("quiet", Date.now());
    dialog.close();
  }
  function closed() {
    opened = false;
    view = list;
    launch.setAttribute("aria-expanded", "false");
    if (modal || root.activeElement) launch.focus();
    plan();
  }

  // A visitor hesitates who for so long neither presses nor types anything.  Once is enough.
  function heed() {
    const after = +told.openAfter;
    if (!(after > 0) || Date.now() - kept("quiet") < DAY) return;
    let hesitating;
    const again = () => {
      clearTimeout(hesitating);
      if (displayed !== undefined) return;
      hesitating = setTimeout(() => (document.hidden || unsure ? again() : displayed === undefined && open(false)), after * 1000);
    };
    for (const sign of ["pointerdown", "keydown"]) document.addEventListener(sign, again, true);
    again();
  }

  function build() {
    const place = told.into && document.getElementById(told.into);
    if (!place && document.querySelector("vigie-button:not([into])")) return;
    const host = el("vigie-button", { into: place && "" });
    if (told.theme) host.style.colorScheme = told.theme;
    root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
    body = el("div", { class: "b" });
    said = el("p", { class: "said", role: "status" });
    const parts = [el("header"), body, said];
    if (place) {
      opened = true;
      frame = el("section", { class: "r in", lang: language, "aria-labelledby": "title" }, parts);
    } else {
      dialog = el("dialog", { "aria-labelledby": "title", close: closed, cancel: () => kept("quiet", Date.now()), click: (event) => { if (event.target === dialog) close(); } }, parts);
      launch = el("button", { class: "launch", type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", click: () => open(true) }, icon("chat"), told.label || say("launch"));
      frame = el("div", { class: "r" + (told.position === "left" ? " left" : ""), lang: language }, launch, dialog);
      document.addEventListener("keydown", (event) => { if (event.key === "Escape" && opened && !modal) close(); });
    }
    root.append(frame);
    if (place) place.replaceChildren(host);
    else document.body.append(host);
    frameHead("title");
    draw();
    if (place) learnReasons();
    else heed();
  }
  const awake = () => { if (!document.hidden && (opened || failures) && Date.now() - answeredAt > 1000) refresh(); };
  for (const sign of ["online", "focus"]) addEventListener(sign, awake);
  document.addEventListener("visibilitychange", awake);
  document.addEventListener("vigie:completed", (event) => tell("completed", event.detail.channel));
  refresh();
  if (document.body) build();
  else document.addEventListener("DOMContentLoaded", build);
})();
