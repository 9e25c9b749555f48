/* The set-up page: a file goes in piece by piece, is loaded, and its ledger is shown. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const { element } = vigie;
  const PIECE = 900 * 1024;
  const FILES = "/api/v1/setup/files";
  const by = (id) => document.getElementById(id);
  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);

  async function asked(method, address, body, type = "application/json") {
    const answer = await fetch(address, { method, body,
      headers: { "content-type": type, "x-csrftoken": vigie.token() } });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.detail);
    return told;
  }

  async function send(file, tell) {
    const { ticket } = await asked("POST", FILES, JSON.stringify({ name: file.name }));
    for (let at = 0; at < file.size; at += PIECE) {
      tell(at / file.size);
      await asked("PUT", `${FILES}/${ticket}?at=${at}`, file.slice(at, at + PIECE), "application/octet-stream");
    }
    return ticket;
  }

  function say(words, good) {
    const mark = good === undefined ? "" : `vg-said-${good ? "good" : "bad"}`;
    by("setup-loaded").replaceChildren(element("div", mark, words));
  }

  function ledger(place, told) {
    const numbers = Object.fromEntries(Object.entries(told).map(([name, value]) => [name, vigie.format.integer(value)]));
    const words = place.dataset;
    const links = [["/channels?period=91d", words.channels], ["/contacts", words.list]];
    if (told.quarantined) links.push(["/quarantine", words.quarantine]);
    say(element("div", "vg-setup-ledger", [
      element("p", "vg-number", filled(words.equation, numbers)),
      element("p", "vg-strong", filled(words.contacts, numbers)),
      element("p", "", links.map(([href, text]) => element("a", "", text, { href, "data-inside": "" }))),
    ]), true);
  }

  async function load(place, button) {
    const file = by("setup-file").files[0];
    const words = place.dataset;
    if (!file) return say(words.none, false);
    button.disabled = true;
    try {
      const ticket = await send(file, (share) => say(filled(words.sending, { share: vigie.format.whole(share) })));
      say(words.loading);
      const told = { ticket, connector: words.connector, source: by("setup-name").value };
      return ledger(place, await asked("POST", "/api/v1/setup/load", JSON.stringify(told)));
    } catch (error) {
      return say(error.message || words.wrong, false);
    } finally {
      button.disabled = false;
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("#setup-load");
    if (button) load(by("setup-upload"), button);
  });
  new MutationObserver(() => {
    const place = by("setup-file-place");
    if (place && !place.firstElementChild) place.append(element("input", "", [], { type: "file", id: "setup-file" }));
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
