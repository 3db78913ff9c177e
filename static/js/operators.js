// What the back office's library leaves to inline code, in a file: the policy of our pages allows no other.
(() => {
  "use strict";

  // Expressions in the page are read by a reader of Alpine's own, which knows the data of the page alone. What the
  // library's expressions ask of the browser is here, and no more of it than they ask.
  const ofTheBrowser = {
    window: {
      location: {
        get pathname() { return location.pathname; },
        get search() { return location.search; },
        get hash() { return location.hash; },
        set href(address) { location.assign(address); },
      },
    },
    localStorage: {
      getItem: (name) => localStorage.getItem(name),
      setItem: (name, value) => localStorage.setItem(name, value),
    },
    getCurrentTab: () => window.getCurrentTab(),
  };

  document.addEventListener("alpine:init", () => {
    const { Alpine } = window;
    Alpine.data("theme", (...told) => ({ ...window.theme(...told), ...ofTheBrowser }));
    for (const name of ["searchForm", "searchDropdown", "searchCommand"]) {
      if (window[name]) Alpine.data(name, (...told) => window[name](...told));
    }
  });

  // Styles that the library writes into elements, kept in data-style by aiqleads.core.mended_templates.
  const dress = (part) => {
    for (const element of part.querySelectorAll("[data-style]")) {
      element.style.cssText = element.dataset.style;
      delete element.dataset.style;
    }
  };
  document.addEventListener("DOMContentLoaded", () => dress(document));
  document.addEventListener("htmx:afterSwap", (event) => dress(event.target));
})();
