/* A change that needs a fresh proof of who this is: ask for it in a small dialog, show it at
   /proof, then send the change again.  Whoever sent it notices nothing but the time it took. */
(function () {
  "use strict";
  const PROBLEM = "/problems/proof-needed";
  const sent = window.fetch.bind(window);
  let asking = null;

  window.fetch = async function (...told) {
    const again = told[0] instanceof Request ? told[0].clone() : told[0];
    const answer = await sent(...told);
    if (answer.status !== 403 || !(await needs_proof(answer.clone()))) return answer;
    asking = asking || ask().finally(() => (asking = null));
    // Dash takes an answer without content as «nothing changes».
    return (await asking) ? sent(again, ...told.slice(1)) : new Response(null, { status: 204 });
  };

  async function needs_proof(answer) {
    if (!(answer.headers.get("content-type") || "").includes("problem+json")) return false;
    return (await answer.json()).type === PROBLEM;
  }

  /** Resolves to true once the proof was right, to false where it is given up. */
  async function ask() {
    const words = await (await sent("/proof")).json();
    return new Promise((done) => open(words, done));
  }

  function open(words, done) {
    const dialog = make("dialog", { className: "vg-proof" });
    const form = make("form", { method: "dialog" });
    const title = make("h2", { textContent: words.title, id: "vigie-proof-title" });
    const wrong = make("p", { className: "vg-proof-wrong", role: "alert", hidden: true });
    const on = make("button", { type: "submit", className: "vg-act vg-act-main", textContent: words.on });
    const cancel = make("button", { type: "button", className: "vg-act", textContent: words.cancel });
    const acts = make("div", { className: "vg-acts" }, on, cancel);
    const field = words.address ? make("p", { textContent: words.label }) : asked(words);
    dialog.setAttribute("aria-labelledby", title.id);
    form.append(title, make("p", { textContent: words.why }), field, wrong, acts);
    dialog.append(form);
    const back = document.activeElement;
    let good = false;
    dialog.addEventListener("close", () => {
      dialog.remove();
      back?.focus?.();
      done(good);
    });
    cancel.addEventListener("click", () => dialog.close());
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (words.address) {
        location.assign(`${words.address}&next=${encodeURIComponent(location.pathname + location.search)}`);
        return;
      }
      on.disabled = true;
      const refusal = await shown(dialog.querySelector("input").value);
      on.disabled = false;
      good = refusal === null;
      if (good) return dialog.close();
      wrong.textContent = refusal;
      wrong.hidden = false;
      dialog.querySelector("input").select();
    });
    // Inside of what is open over the page: else that would close.
    (document.querySelector(":popover-open") || document.body).append(dialog);
    dialog.showModal();
  }

  function asked(words) {
    const input = make("input", {
      id: "vigie-proof",
      type: words.kind === "password" ? "password" : "text",
      autocomplete: words.kind === "password" ? "current-password" : "one-time-code",
      required: true,
      maxLength: 1024,
      spellcheck: false,
    });
    return make("label", { textContent: words.label, htmlFor: input.id }, input);
  }

  /** null where it is right, else the words that say why not. */
  async function shown(proof) {
    const csrf = /(?:^|; )_csrf_token=([^;]*)/.exec(document.cookie);
    const answer = await sent("/proof", {
      method: "POST",
      headers: { "content-type": "application/json", "x-csrftoken": csrf ? csrf[1] : "" },
      body: JSON.stringify({ proof }),
    });
    return answer.ok ? null : (await answer.json()).detail;
  }

  function make(tag, props, ...inside) {
    const made = Object.assign(document.createElement(tag), props);
    if (props.role) made.setAttribute("role", props.role);
    made.append(...inside);
    return made;
  }
})();
