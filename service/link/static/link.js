// The borrower's page: shows the state that the server pushes, sends what the person does. No words live here.
"use strict";

const page = document.getElementById("page");
const base = page.dataset.base;
const one = (selector, root = page) => root.querySelector(selector);
const all = (selector, root = page) => [...root.querySelectorAll(selector)];

let shown = {}; // the state on the page
let deadline = 0; // when the open challenge ends, by this page's own clock

const slider = new Slider(one(".slider"), answer);
const watched = new Watched(page, base);
const files = new Files(one("#files"), base, render, explained);

// --- words ---

function both(words) {
  return ["zh", "en"].map((lang) => {
    const span = document.createElement("span");
    span.className = span.lang = lang;
    span.textContent = words[lang];
    return span;
  });
}

// --- showing ---

function render(state) {
  const challenge = state.challenge;
  const same = challenge && shown.challenge && challenge.id === shown.challenge.id;
  shown = state;
  for (const part of all("[data-phase]")) {
    const kind = part.dataset.kind;
    part.hidden = part.dataset.phase !== state.phase || (kind !== undefined && kind !== challenge.kind);
  }
  const part = one("[data-phase]:not([hidden])");
  if (!same) {
    for (const problem of all("[data-phase] .problem:not(.again)")) problem.hidden = true;
    enable(true);
    window.scrollTo(0, 0);
  }
  if (challenge && !same) ask(part, challenge);
  if (challenge?.watched) watched.show(part, challenge); // it may change while it is open
  if (challenge) deadline = performance.now() + Math.max(1, challenge.seconds_left) * 1000;
  tick();
  for (const step of all(".step", part)) if (state.step) step.replaceChildren(...both(state.step));
  for (const list of all(".datasets", part)) list.replaceChildren(...state.datasets.map(row));
  const wait = one(".wait", part);
  if (wait) {
    wait.hidden = !state.error;
    if (state.error) wait.replaceChildren(...both(state.error));
  }
  if (state.phase === "failed" && state.error) {
    one(".cause", part).replaceChildren(...both(state.error));
    one(".cause", part).dataset.code = state.error.code;
  }
  if (state.phase === "done") one(".receipt", part).textContent = state.receipt ?? "–";
  for (const title of all("[data-closed]", part)) title.hidden = title.dataset.closed !== state.closed_as;
  for (const button of all('[data-act="retry"]')) button.hidden = !state.can.includes("retry");
  one("#withdraw").hidden = !state.can.includes("withdraw");
  one("#letter").hidden = !state.letter;
  files.show(state);
  if (state.text) letter(state.text);
}

function letter(text) {
  for (const lang of ["zh", "en"]) one(`#text-${lang}`).textContent = text[lang];
  one("#digest").textContent = `${text.sha256.slice(0, 16)}…`;
  one("#agree").dataset.sha256 = text.sha256;
}

function row(dataset) {
  const item = document.createElement("li");
  item.className = dataset.state;
  const name = document.createElement("span");
  name.append(...both(dataset));
  item.append(name);
  if (dataset.state === "missing") item.append(one("#missing").content.cloneNode(true));
  return item;
}

function ask(form, challenge) {
  form.reset();
  for (const note of all(".again", form)) note.hidden = !challenge.retry || "watched" in note.dataset !== challenge.watched;
  for (const part of all(".watching[data-watched]", form)) part.hidden = !challenge.watched;
  for (const button of all("button[type=submit]", form)) button.hidden = challenge.watched;
  one(".renewed", form).hidden = !challenge.renewed;
  if (challenge.kind === "slider") slider.show(challenge);
  if (challenge.kind === "picture") one(".captcha", form).src = `data:image/png;base64,${challenge.picture}`;
  for (const hint of all(".hint", form)) {
    hint.textContent = challenge.hint;
    hint.hidden = !challenge.hint;
  }
  if (challenge.kind === "identity") one(".choices", form).replaceChildren(...challenge.options.map((each) => choice(each)));
  const back = sessionStorage.getItem("taxlink.response");
  sessionStorage.removeItem("taxlink.response");
  if (challenge.kind === "redirect" && back) answer({ response: back });
  const first = one("input:not([type=radio])", form);
  if (first) first.focus({ preventScroll: true });
}

function choice(option) {
  const label = document.createElement("label");
  const radio = document.createElement("input");
  Object.assign(radio, { type: "radio", name: "choice", value: option.id, required: true });
  const name = document.createElement("b");
  name.textContent = option.label;
  const role = document.createElement("small");
  role.textContent = option.role;
  label.append(radio, name, role);
  return label;
}

function tick() {
  if (!shown.challenge || deadline === Infinity) return;
  const left = Math.max(0, Math.ceil((deadline - performance.now()) / 1000));
  const text = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  for (const time of all(".left time")) time.textContent = text;
  if (left > 0) return;
  deadline = Infinity;
  act("state", undefined, "GET");
}
setInterval(tick, 1000);

// --- sending ---

function enable(on) {
  for (const button of all("button")) button.disabled = !on;
}

// Why it failed, or that the network did.
function explained(words) {
  return words ? both(words) : [one("#unsent").content.cloneNode(true)];
}

function complain(words) {
  const place = one("[data-phase]:not([hidden]) .problem:not(.again)");
  for (const note of all(".again, .renewed")) note.hidden = true;
  if (!place) return;
  place.replaceChildren(...explained(words));
  place.hidden = false;
}

// True when the server took it.
async function act(path, content, method = "POST") {
  enable(false);
  try {
    const body = content === undefined ? undefined : JSON.stringify(content);
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const reply = await fetch(`${base}/${path}`, { method, headers, body });
    const told = await reply.json();
    if (reply.ok) {
      render(told);
      return true;
    }
    const moved = ["challenge_expired", "challenge_closed", "state_conflict"].includes(told.code);
    if (moved) await fetch(`${base}/state`).then(async (now) => now.ok && render(await now.json()));
    if (shown.error?.code !== told.code) complain({ zh: told.message_zh, en: told.message_en });
  } catch {
    complain(null);
  } finally {
    enable(true);
  }
  return false;
}

function answer(fields) {
  return act(`answer/${shown.challenge.id}`, fields);
}

for (const form of all("form[data-kind]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form));
    for (const name of Object.keys(fields)) if (name !== "password") fields[name] = fields[name].trim();
    const empty = all("input", form).find((input) => !input.checkValidity() || !input.value.trim());
    if (empty) empty.focus();
    else answer(fields);
  });
}

one("#agree").addEventListener("click", (event) => act("agree", { text_sha256: event.currentTarget.dataset.sha256 }));
one("#decline").addEventListener("click", () => act("decline"));
one("#withdraw").addEventListener("click", () => one("#confirm").showModal());
one("#open").addEventListener("click", () => {
  sessionStorage.setItem("taxlink.page", base);
  location.assign(shown.challenge.url);
});
one("#keep").addEventListener("click", () => one("#confirm").close());
one(".reveal").addEventListener("click", (event) => {
  const field = one("input[name=password]");
  field.type = field.type === "password" ? "text" : "password";
  event.currentTarget.setAttribute("aria-pressed", field.type === "text");
});
for (const button of all("[data-act]")) {
  button.addEventListener("click", () => {
    one("#confirm").close();
    act(button.dataset.act);
  });
}

// --- the push ---

render(JSON.parse(page.dataset.state));
const pushed = new EventSource(`${base}/events`);
pushed.addEventListener("state", (event) => {
  one("#offline").hidden = true;
  render(JSON.parse(event.data));
});
pushed.addEventListener("open", () => (one("#offline").hidden = true));
pushed.addEventListener("error", () => (one("#offline").hidden = false));
