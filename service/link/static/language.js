// The language switch. Both languages stand in the page; the root element says which one shows.
"use strict";

for (const link of document.querySelectorAll("[data-set]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const root = document.documentElement;
    root.dataset.lang = root.lang = link.dataset.set;
    history.replaceState(null, "", `?lang=${link.dataset.set}`);
  });
}
