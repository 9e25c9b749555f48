/* What no callback touches is markup (app/components/still.py): one element, whatever is in it. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const { createElement, useLayoutEffect, useRef } = window.React;

  vigie.Still = function ({ tag, attributes, html }) {
    const place = useRef(null);
    useLayoutEffect(() => {
      for (const part of place.current.querySelectorAll("[data-look]")) part.style.cssText = part.dataset.look;
    }, [html]);
    return createElement(tag, { ...attributes, ref: place, dangerouslySetInnerHTML: { __html: html } });
  };
})();
