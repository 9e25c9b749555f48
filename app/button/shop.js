// What a shop's own page does with the button: it opens the modes that it has itself.
"use strict";
const toast = document.getElementById("opened");
const words = toast.querySelector("p");
let channel;
document.addEventListener("vigie:chosen", (event) => {
  const detail = event.detail;
  if (detail.link || detail.channel === "callback") return;
  event.preventDefault();
  channel = detail.channel;
  words.textContent = toast.dataset.words.replace("{label}", detail.label);
  toast.hidden = false;
  toast.querySelector("button").focus();
});
toast.querySelector("button").addEventListener("click", () => {
  document.dispatchEvent(new CustomEvent("vigie:completed", { detail: { channel } }));
  toast.hidden = true;
});
