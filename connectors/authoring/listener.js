// Runs in every page of a recording. Tells which fields were changed, what was pressed, and what stands on the page.
// What a field holds is never read.
(() => {
  const FIELD = "input:not([type=hidden]),select,textarea";
  const BUTTON = "button,a,[role=button],input[type=submit],input[type=button],input[type=image]";
  const NOTICE = /msg|message|error|err\b|tip|alert|warn|notice|obstacle|toast/i;
  const COMPANY = /^[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}$/;
  const MOST = 400;
  const tell = what => window.taxlinkRecorder(what);
  const text = element => element ? element.textContent.trim().slice(0, 300) : "";
  const shown = element => element.checkVisibility({checkVisibilityCSS: true, checkOpacity: true});
  const own = element => ({tag: element.localName, id: element.id, name: element.getAttribute("name") || ""});

  function field(element) {
    const chosen = ["radio", "checkbox"].includes(element.type);
    const label = chosen ? "" : text(element.labels && element.labels[0])
      || element.getAttribute("aria-label") || element.getAttribute("placeholder") || "";
    return {...own(element), type: element.type, label};
  }

  function look() {
    const ids = [...document.querySelectorAll("[id]")].filter(shown).slice(0, MOST);
    const notices = [...document.querySelectorAll("[id],[class],[role]")]
      .filter(each => NOTICE.test(each.id + " " + each.getAttribute("class")) || each.getAttribute("role") === "alert")
      .filter(each => shown(each) && text(each) && !each.querySelector(FIELD)).slice(0, 20);
    tell({
      did: "saw",
      headings: [document.title, ...[...document.querySelectorAll("h1,h2,legend")].filter(shown).map(text)],
      ids: ids.map(own),
      fields: [...document.querySelectorAll(FIELD)].filter(shown).slice(0, MOST).map(field),
      notices: notices.map(each => ({...own(each), css: each.getAttribute("class") || "", text: text(each)})),
      company: ids.filter(each => COMPANY.test(text(each))).map(own),
    });
  }

  let soon = 0, from = null;
  function lookSoon() {
    soon = soon || setTimeout(() => { soon = 0; look(); }, 200);
  }
  addEventListener("change", event => event.target.matches(FIELD) && tell({did: "filled", ...field(event.target)}), true);
  addEventListener("click", event => {
    const pressed = event.target.closest(BUTTON);
    if (pressed) tell({did: "pressed", ...own(pressed), label: text(pressed)});
  }, true);
  // A person acts on what stands there: look before the page moves on.
  addEventListener("pointerdown", event => { from = event; look(); }, true);
  addEventListener("pointerup", event => {
    const dragged = from && Math.abs(event.clientX - from.clientX) > 10 && from.target.closest("[id]");
    if (dragged) tell({did: "dragged", ...own(dragged)});
    from = null;
  }, true);
  addEventListener("DOMContentLoaded", () => {
    look();
    new MutationObserver(lookSoon).observe(document.documentElement, {
      subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["hidden", "style", "class"],
    });
  });
})();
