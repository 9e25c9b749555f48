/* What Dash asks for first is asked for while the browser still reads the libraries: the frame,
   what follows what, and the answers to the first questions of the page (app/early.py), each
   taken where Dash asks exactly that.  What is asked of the past is asked by Dash itself. */
(function () {
  "use strict";
  const ask = window.fetch.bind(window);
  const [FRAME, FOLLOWS, QUESTIONS] = ["/_dash-layout", "/_dash-dependencies", "/_dash-update-component"];
  const begun = new Map([FRAME, FOLLOWS].map((path) => [path, ask(path)]));
  /** Milliseconds for which an answer that nobody asked for is kept. */
  const FRESH = 10000;
  const answers = new Map();
  /** Resolves once no other question will be answered. */
  let complete = Promise.resolve();

  /** A promise and what fulfils it. */
  function expected() {
    const one = {};
    one.promise = new Promise((fulfil) => { one.fulfil = fulfil; });
    return one;
  }

  async function* lines(answer) {
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const [...whole] = (rest + value).split("\n");
      rest = whole.pop();
      for (const line of whole) yield JSON.parse(line);
    }
  }

  async function hear(answer, told) {
    if (!answer.ok) return;
    for await (const line of lines(answer)) {
      for (const question of line.asked || []) answers.set(question, expected());
      if (line.last) told.fulfil();
      if (line.question) answers.get(line.question).fulfil(line);
    }
  }

  function begin() {
    const told = expected();
    complete = told.promise;
    const meant = /(?:^|; )(?:__Host-)?_csrf_token=([^;]*)/.exec(document.cookie);
    const headers = { "content-type": "application/json", "x-csrftoken": meant ? decodeURIComponent(meant[1]) : "" };
    const { pathname, search } = location;
    ask("/_dash-early", { method: "POST", headers, body: JSON.stringify({ pathname, search }) })
      .then((answer) => hear(answer, told)).catch(() => null)
      .finally(() => {
        told.fulfil();
        answers.forEach((one) => one.fulfil(null));
        setTimeout(() => answers.clear(), FRESH);
      });
  }

  /** The answer to that question, if it was asked already. */
  async function answered(question) {
    if (!answers.has(question)) await complete;
    const expecting = answers.get(question);
    const found = expecting && await expecting.promise;
    answers.delete(question);
    return found && new Response(found.status === 204 ? null : found.told,
      { status: found.status, headers: { "content-type": "application/json" } });
  }

  if (!new URLSearchParams(location.search).has("as_of")) begin();

  window.fetch = async function (target, options) {
    const { method = "GET", body } = options || {};
    const path = typeof target === "string" ? target.split("?")[0] : "";
    if (method === "GET" && begun.has(path)) {
      const asked = begun.get(path);
      begun.delete(path);
      return asked;
    }
    if (method !== "POST" || path !== QUESTIONS) return ask(target, options);
    return await answered(body) || ask(target, options);
  };
})();
