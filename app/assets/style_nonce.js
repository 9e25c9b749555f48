/* Style sheets that scripts of ours put into the page carry the page's nonce: the policy lets no
   other in.  First of all scripts; the document calls it before anything is drawn. */
(function () {
  "use strict";
  const nonce = document.currentScript?.nonce;
  if (!nonce || window.vigie_nonced) return;
  window.vigie_nonced = true;
  const made = Document.prototype.createElement;
  Document.prototype.createElement = function (name, ...more) {
    const element = made.call(this, name, ...more);
    if (String(name).toLowerCase() === "style") element.nonce = nonce;
    return element;
  };
})();
