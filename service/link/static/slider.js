// The slider challenge: the handle and the piece move together; what is sent is the piece's left edge in pixels of
// the original picture.
"use strict";

class Slider {
  constructor(root, send) {
    this.root = root;
    this.send = send;
    this.track = root.querySelector(".track");
    this.handle = root.querySelector(".handle");
    this.filled = root.querySelector(".filled");
    this.background = root.querySelector(".background");
    this.piece = root.querySelector(".piece");
    this.share = 0;
    this.handle.addEventListener("pointerdown", (event) => this.grab(event));
    this.handle.addEventListener("pointermove", (event) => this.drag(event));
    this.handle.addEventListener("pointerup", () => this.drop());
    this.handle.addEventListener("pointercancel", () => this.letGo());
    this.handle.addEventListener("keydown", (event) => this.key(event));
    for (const picture of [this.background, this.piece]) picture.addEventListener("load", () => this.move(this.share));
    new ResizeObserver(() => this.move(this.share)).observe(this.track);
  }

  show(challenge) {
    this.background.src = `data:image/png;base64,${challenge.picture}`;
    this.piece.src = `data:image/png;base64,${challenge.piece}`;
    this.top = challenge.piece_y;
    this.busy = false;
    this.from = null;
    this.move(0);
  }

  // Original pixels that the piece can travel.
  get range() {
    return Math.max(0, this.background.naturalWidth - this.piece.naturalWidth);
  }

  get travel() {
    return Math.max(1, this.track.clientWidth - this.handle.offsetWidth);
  }

  move(share) {
    this.share = Math.min(1, Math.max(0, share));
    const scale = this.background.clientWidth / (this.background.naturalWidth || 1);
    this.piece.style.width = `${this.piece.naturalWidth * scale}px`;
    this.piece.style.top = `${this.top * scale}px`;
    this.piece.style.left = `${this.share * this.range * scale}px`;
    this.handle.style.left = `${this.share * this.travel}px`;
    this.filled.style.width = `${this.share * this.travel + this.handle.offsetWidth / 2}px`;
    this.handle.setAttribute("aria-valuemax", this.range);
    this.handle.setAttribute("aria-valuenow", Math.round(this.share * this.range));
    this.root.classList.toggle("moved", this.share > 0);
  }

  grab(event) {
    if (this.busy) return;
    this.handle.setPointerCapture(event.pointerId);
    this.from = event.clientX - this.share * this.travel;
  }

  drag(event) {
    if (this.from !== null && !this.busy) this.move((event.clientX - this.from) / this.travel);
  }

  drop() {
    if (this.from !== null && this.share > 0) this.submit();
    this.from = null;
  }

  letGo() {
    this.from = null;
    this.move(0);
  }

  key(event) {
    const pixels = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10 }[event.key];
    if (pixels !== undefined && !this.busy) {
      event.preventDefault();
      this.move(this.share + pixels / (this.range || 1));
    } else if (event.key === "Enter" && this.share > 0) {
      event.preventDefault();
      this.submit();
    }
  }

  async submit() {
    if (this.busy) return;
    this.busy = true;
    const sent = await this.send({ x: (this.share * this.range).toFixed(1) });
    if (!sent) {
      this.busy = false;
      this.move(0);
    }
  }
}
