// Files that the borrower hands in: which were taken, and the way to add more.
"use strict";

class Files {
  constructor(root, base, taken, complain) {
    Object.assign(this, { root, base, taken, complain });
    this.input = root.querySelector("input");
    this.problem = root.querySelector(".problem");
    this.sending = root.querySelector(".sending");
    this.input.addEventListener("change", () => this.send());
  }

  show(state) {
    this.root.hidden = !state.can.includes("hand_in");
    this.root.querySelector(".datasets").replaceChildren(...state.files.map((each) => this.row(each)));
  }

  row(file) {
    const item = document.createElement("li");
    item.className = "collected";
    const name = document.createElement("span");
    name.textContent = file.name;
    const rows = this.root.querySelector("template").content.cloneNode(true);
    rows.querySelector("b").textContent = file.rows;
    item.append(name, rows);
    return item;
  }

  async send() {
    const body = new FormData();
    for (const file of this.input.files) body.append("files", file);
    this.input.value = "";
    this.problem.hidden = true;
    this.busy(true);
    try {
      const reply = await fetch(`${this.base}/documents`, { method: "POST", headers: { "x-page": "files" }, body });
      const told = await reply.json();
      if (reply.ok) {
        this.taken(told);
        if (told.refused.length) this.refused(told.refused.map((each) => this.reason(each)));
      } else this.refused(this.complain({ zh: told.message_zh, en: told.message_en }));
    } catch {
      this.refused(this.complain(null));
    } finally {
      this.busy(false);
    }
  }

  reason(file) {
    const line = document.createElement("span");
    line.className = "reason";
    line.append(`${file.name}: `, ...this.complain(file));
    return line;
  }

  refused(words) {
    this.problem.replaceChildren(...words);
    this.problem.hidden = false;
  }

  busy(on) {
    this.sending.hidden = !on;
    this.input.disabled = on;
  }
}
