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
    const { dialog, form, cancel, tell } = drawn(words);
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
      if (words.address) return log_in_again(words.address);
      const refusal = await tell(shown(dialog.querySelector("input").value));
      good = refusal === null;
      if (good) dialog.close();
    });
    // Inside of what is open over the page: else that would close.
    (document.querySelector(":popover-open") || document.body).append(dialog);
    dialog.showModal();
  }

  function log_in_again(address) {
    const here = encodeURIComponent(location.pathname + location.search);
    location.assign(`${address}&next=${here}`);
  }

  /** The dialog and what acts in it; `tell` waits for an answer and shows the refusal, if any. */
  function drawn(words) {
    const title = make("h2", { textContent: words.title, id: "vigie-proof-title" });
    const wrong = make("p", { className: "vg-proof-wrong", role: "alert", hidden: true });
    const on = make("button", { type: "submit", className: "vg-act", textContent: words.on });
    const cancel = make("button", { type: "button", className: "vg-act", textContent: words.cancel });
    const field = words.address ? make("p", { textContent: words.label }) : asked(words);
    const acts = make("div", { className: "vg-acts" }, on, cancel);
    const why = make("p", { textContent: words.why });
    const form = make("form", { method: "dialog" }, title, why, field, wrong, acts);
    const dialog = make("dialog", { className: "vg-proof" }, form);
    dialog.setAttribute("aria-labelledby", title.id);
    async function tell(answer) {
      on.disabled = true;
      const refusal = await answer;
      on.disabled = false;
      wrong.textContent = refusal || "";
      wrong.hidden = refusal === null;
      if (refusal !== null) form.querySelector("input").select();
      return refusal;
    }
    return { dialog, form, cancel, tell };
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
