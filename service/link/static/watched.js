// A question that is answered in the tax app: the code to scan or the number to compare, as the portal has it by now.
"use strict";

class Watched {
  constructor(root, base) {
    this.qr = root.querySelector("img.qr");
    this.save = root.querySelector("#save");
    this.screen = root.querySelector("#screen");
    this.copy = root.querySelector("#copy");
    this.copied = root.querySelector("#copied");
    this.screen.textContent = new URL(`${base}/screen`, location.href).href;
    this.copy.addEventListener("click", () => this.copyAddress());
  }

  show(form, challenge) {
    for (const hint of form.querySelectorAll(".hint")) hint.textContent = challenge.hint;
    for (const state of form.querySelectorAll("[data-scan]")) state.hidden = state.dataset.scan !== challenge.hint;
    if (!challenge.picture) return;
    this.qr.src = this.save.href = `data:image/png;base64,${challenge.picture}`;
    this.qr.classList.toggle("used", challenge.hint === "scanned");
  }

  // Where a page may not write to the clipboard, the address is left marked for the person to copy.
  async copyAddress() {
    getSelection().selectAllChildren(this.screen);
    await navigator.clipboard?.writeText(this.screen.textContent);
    if (navigator.clipboard) this.copy.replaceChildren(this.copied.content.cloneNode(true));
  }
}
