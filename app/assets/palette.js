/* The command palette: Ctrl-K or ⌘ K, a few letters, Enter.  What there is comes from the server
   (/api/v1/palette) and from the page itself; the list is a listbox that the field commands, so
   the focus never leaves the field. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const { element, say } = vigie;
  const MOST = 7;
  const AT_FIRST = ["actions", "pages"];
  const AN_IDENTITY = /@|\d{4}|^\w+=./;
  const by = (id) => document.getElementById(id);
  const box = () => by("vigie-palette");
  let groups = [];
  let shown = [];
  let at = -1;
  let loaded = Promise.resolve();

  // ── finding ─────────────────────────────────────────────────────────────
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  /** How well one word fits: at the start, at the start of a word, inside, letter by letter. */
  function fits(word, text) {
    const place = text.indexOf(word);
    if (place === 0) return 100 - Math.min(40, text.length);
    if (place > 0) return /[^\p{L}\p{N}]/u.test(text[place - 1]) ? 50 : 30;
    let from = 0;
    let gaps = 0;
    for (const letter of word) {
      const next = text.indexOf(letter, from);
      if (next < 0) return 0;
      gaps += from ? next - from : 0;
      from = next + 1;
    }
    return word.length > 1 && gaps <= word.length ? 10 - Math.min(9, gaps) : 0;
  }

  /** All words of the query must fit somewhere; the label counts most. */
  function score(words, target, title) {
    const label = plain(target.label);
    const rest = plain([target.more, target.words, title].join(" "));
    let sum = 0;
    for (const word of words) {
      const best = Math.max(2 * fits(word, label), rest.includes(word) ? fits(word, rest) : 0);
      if (!best) return 0;
      sum += best;
    }
    return sum;
  }

  function found(query) {
    const words = plain(query).split(/\s+/).filter(Boolean);
    const all = [...groups.map(onTheScreen), ...customer(query)];
    if (!words.length) return all.filter(({ kind }) => AT_FIRST.includes(kind)).map(({ kind, title, targets }) =>
      ({ kind, title, targets: targets.slice(0, kind === "pages" ? 99 : MOST) }));
    return all.map(({ kind, title, targets }) => {
      const judged = targets.map((target) => [target.always ? 1 : score(words, target, title), target])
        .filter(([good]) => good).sort((a, b) => b[0] - a[0]);
      return { kind, title, best: judged.length ? judged[0][0] : 0,
        targets: judged.slice(0, MOST).map(([, target]) => target) };
    }).filter(({ best }) => best).sort((a, b) => b.best - a.best);
  }

  /** What presses something is there while that is on the screen; downloads are found on it. */
  function onTheScreen(group) {
    const targets = group.targets.filter(({ act }) => !act || !act.startsWith("press:") || seen(act.slice(6)));
    if (group.kind !== "actions") return { ...group, targets };
    return { ...group, targets: [...targets, ...files().map((label) => ({ label, act: `take:${label}` }))] };
  }

  /** The names of what can be downloaded. */
  function files() {
    return [...document.querySelectorAll("[data-take]")].filter((one) => one.checkVisibility()).map(nameOf);
  }

  const nameOf = (place) => place.getAttribute("aria-label");

  function seen(selector) {
    const place = document.querySelector(selector);
    return Boolean(place && place.checkVisibility());
  }

  function customer(query) {
    const told = query.trim();
    const group = groups.find(({ kind }) => kind === "customers");
    if (!group || !AN_IDENTITY.test(told)) return [];
    const targets = group.targets.map((one) =>
      ({ ...one, label: one.label.replace("{words}", told), words: told, always: true }));
    return [{ ...group, targets }];
  }

  // ── showing ─────────────────────────────────────────────────────────────
  function option(target, number) {
    const more = target.more ? [element("span", "vg-palette-more", target.more)] : [];
    const row = element("div", "vg-palette-option", [element("span", "", target.label), ...more],
      { role: "option", id: `vigie-palette-${number}`, "aria-selected": "false" });
    row.addEventListener("click", () => follow(target));
    row.addEventListener("pointermove", () => choose(number));
    return row;
  }

  function draw() {
    const field = by("vigie-palette-input");
    shown = [];
    const parts = found(field.value).filter(({ targets }) => targets.length).map(({ kind, title, targets }) => {
      const head = element("div", "vg-palette-title", title, { id: `vigie-palette-of-${kind}`, role: "presentation" });
      const rows = targets.map((target) => option(target, shown.push(target) - 1));
      return element("div", "", [head, ...rows], { role: "group", "aria-labelledby": head.id });
    });
    by("vigie-palette-list").replaceChildren(...parts);
    choose(shown.length ? 0 : -1);
    tell(shown.length ? "" : field.value.trim() ? say("palette_none") : "");
  }

  function tell(words) {
    vigie.put(by("vigie-palette-said"), words);
  }

  function choose(number) {
    const field = by("vigie-palette-input");
    at = number;
    document.querySelectorAll(".vg-palette-option").forEach((row, place) => {
      if (row.ariaSelected !== String(place === at)) row.ariaSelected = String(place === at);
      if (place === at) row.scrollIntoView({ block: "nearest" });
    });
    if (at < 0) field.removeAttribute("aria-activedescendant");
    else field.setAttribute("aria-activedescendant", `vigie-palette-${at}`);
  }

  // ── acting ──────────────────────────────────────────────────────────────
  const ACTS = {
    open: (address) => window.open(address, "_blank", "noopener"),
    press: (selector) => press(document.querySelector(selector)),
    // Found only now: the page may have been drawn anew since its name was listed.
    take: (name) => press([...document.querySelectorAll("[data-take]")].find((one) => nameOf(one) === name)),
    language: (code) => vigie.speak(code),
    theme: (scheme) => vigie.wear(scheme),
    leave: () => vigie.logOut(),
    tour: () => vigie.tour(),
    forget: () => vigie.kept.forget(),
  };

  function press(place) {
    if (!place) return;
    place.scrollIntoView({ block: "center" });
    place.focus();
    if (!place.matches("input, textarea, select")) place.click();
  }

  async function follow(target) {
    if (target.act === "customer:") return lead(target.words);
    box().close();
    if (target.to) return vigie.go(target.to);
    const [, verb, object] = /^(\w+):(.*)$/.exec(target.act);
    ACTS[verb](object);
  }

  async function lead(words) {
    tell("");
    const answer = await fetch("/api/v1/palette/customer", {
      method: "POST", body: JSON.stringify({ words }),
      headers: { "content-type": "application/json", "x-csrftoken": vigie.token() },
    });
    const told = await answer.json();
    if (!answer.ok) return tell(told.detail || say("palette_wrong"));
    box().close();
    return vigie.go(told.to);
  }

  // ── opening ─────────────────────────────────────────────────────────────
  function field() {
    const place = by("vigie-palette-field");
    if (place.firstElementChild) return place.firstElementChild;
    const { controls, hint, label } = place.dataset;
    const input = element("input", "", [], {
      id: "vigie-palette-input", type: "text", role: "combobox", autocomplete: "off", spellcheck: "false",
      "aria-autocomplete": "list", "aria-expanded": "true", "aria-haspopup": "listbox", maxlength: "200",
      "aria-controls": controls, "aria-describedby": hint, "aria-label": label, placeholder: label,
    });
    input.addEventListener("input", draw);
    input.addEventListener("keydown", keys);
    place.append(input);
    return input;
  }

  const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };

  function keys(event) {
    if (event.isComposing) return;
    const step = STEPS[event.key];
    if (step && shown.length) {
      event.preventDefault();
      const next = at + step;
      choose(Math.abs(step) === 1 ? (next + shown.length) % shown.length
        : Math.min(shown.length - 1, Math.max(0, next)));
    } else if (event.key === "Enter") {
      event.preventDefault();
      // Whoever types faster than the list comes has chosen what it will say.
      loaded.then(() => box().open && shown[at] && follow(shown[at]));
    }
  }

  function open() {
    if (!box() || box().open) return;
    const input = field();
    input.value = "";
    box().showModal();
    draw();
    input.focus();
    loaded = load();
  }

  async function load() {
    try {
      const answer = await fetch("/api/v1/palette");
      if (!answer.ok) throw new Error(`${answer.status}`);
      groups = await answer.json();
      draw();
    } catch (error) {
      console.warn("palette", error);
      tell(say("palette_wrong"));
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (box() && box().open) box().close();
    else open();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("#vigie-palette-open")) open();
    else if (event.target === box()) box().close();
  });
})();
