// The console's page: what is picked, the steps as they are played, and each request beside its answer.
import { FLOWS } from "./flows.js";
import { asCurl, send } from "./wire.js";

const data = JSON.parse(document.getElementById("data").textContent);
const form = document.getElementById("choices");
const list = document.getElementById("steps");
const progress = document.getElementById("progress");
const buttons = ["play", "next", "restart"].map((id) => document.getElementById(id));
const isWide = window.matchMedia("(min-width: 60rem)");
let run;

class Refused extends Error {}

function chosen() {
  const { flow, version, product, address, shipping, card, key } = form.elements;
  const cards = data.cards.flatMap((group) => group.cards);
  return {
    ...data,
    flow: flow.value,
    version: version.value,
    product: data.products.find(({ id }) => id === product.value),
    address: data.addresses[Number(address.value)].address,
    shipping: shipping.value,
    card: cards.find(({ number }) => number === card.value),
    key: key.value.trim(),
  };
}

function restart() {
  const choices = chosen();
  run = { state: { choices }, steps: FLOWS[choices.flow], position: 0, pause: null };
  list.replaceChildren(...run.steps.map(drawStep));
  tell(`${run.steps.length} steps.`);
  mark();
}

async function playOne() {
  const { steps, state, position, pause } = run;
  const step = steps[position];
  const item = list.children[position];
  const call = caller(item);
  if (!pause) item.querySelector(".exchanges").replaceChildren();
  say(item, "");
  item.querySelector(".note")?.remove();
  run.pause = null;
  let found;
  try {
    found = await (pause ? pause.resume : step.play)?.(state, call);
  } catch (error) {
    found = { stop: error instanceof Refused ? error.message : `This could not be sent: ${error.message}` };
  }
  if (found?.pause) {
    run.pause = found.pause;
    item.append(drawPause(found.pause));
    tell(`Step ${position + 1} of ${steps.length}: ${found.pause.text}`);
  } else if (found) {
    item.append(drawNote(found.stop, "error"));
    tell(`Step ${position + 1} of ${steps.length}: ${found.stop}`);
    run.position = found.back ? steps.findIndex(({ id }) => id === found.back) : position;
  } else {
    say(item, step.told?.(state));
    if (step.ends) item.append(drawEnd());
    tell(`Step ${position + 1} of ${steps.length} done.`);
    run.position = position + 1;
  }
  mark(found ? position : null, found?.pause ? "waiting" : "stopped");
  return !found && run.position < steps.length;
}

async function busily(work) {
  for (const button of buttons) button.disabled = true;
  form.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    for (const button of buttons) button.disabled = false;
    form.removeAttribute("aria-busy");
  }
}

const playAll = () =>
  busily(async () => {
    if (run.position === run.steps.length) restart();
    while (await playOne());
    reveal();
  });

const playNext = () =>
  busily(async () => {
    if (run.position === run.steps.length) restart();
    await playOne();
    reveal();
  });

function caller(item) {
  return async (request) => {
    const answered = await send(request);
    item.querySelector(".exchanges").append(drawExchange(answered));
    if (answered.status >= 400) throw new Refused(refusalOf(answered.body));
    return answered.body;
  };
}

function refusalOf(body) {
  const error = body?.error || body || {};
  return `Refused: ${[error.code, error.message || body?.detail].filter(Boolean).join(": ")}`;
}

// Which steps are done, where we are, and whether it went wrong there or somebody has to act.
function mark(halted = null, kind = "") {
  [...list.children].forEach((item, index) => {
    item.dataset.is = index === halted ? kind : index < run.position ? "done" : "to-come";
    if (index === run.position) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  });
}

// The step that was played last, in view.
function reveal() {
  const last = [...list.children].filter((item) => item.dataset.is !== "to-come").at(-1);
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  last?.scrollIntoView({ block: "nearest", behavior });
}

function say(item, text) {
  const told = item.querySelector(".told");
  told.textContent = text || "";
  told.hidden = !text;
}

function tell(text) {
  progress.textContent = text;
}

function drawStep(step) {
  const item = document.getElementById("step").content.cloneNode(true).firstElementChild;
  item.querySelector(".who").textContent = step.who;
  item.querySelector("h2").textContent = typeof step.title === "function" ? step.title(run.state) : step.title;
  item.querySelector(".text").textContent = step.text || "";
  return item;
}

function drawExchange({ request, status, words, took, body }) {
  const drawn = document.getElementById("exchange").content.cloneNode(true).firstElementChild;
  drawn.querySelector(".line").textContent = `${request.method} ${request.path}`;
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`);
  const [sent, received] = drawn.querySelectorAll("pre");
  sent.append(`${headers.join("\n")}\n`);
  if (request.json) sent.append("\n", ...highlighted(request.json));
  if (request.form) sent.append("\n", Object.entries(request.form).map(([name, value]) => `${name}=${value}`).join("\n"));
  received.append(...highlighted(body));
  const badge = drawn.querySelector(".badge");
  badge.textContent = `${status} ${words}`.trim();
  badge.classList.toggle("badge-bad", status >= 400);
  drawn.querySelector(".took").textContent = `${took} ms`;
  for (const details of drawn.querySelectorAll("details")) details.open = isWide.matches;
  drawn.querySelector(".copy").addEventListener("click", (event) => copy(event.target, asCurl(request)));
  return drawn;
}

// JSON with its names set off. Built from text nodes, so that nothing in an answer is ever markup.
function highlighted(value) {
  return JSON.stringify(value, null, 2)
    .split(/("(?:\\.|[^"\\])*"(?=:))/)
    .map((part, index) => {
      if (index % 2 === 0) return part;
      const name = document.createElement("span");
      name.className = "name";
      name.textContent = part;
      return name;
    });
}

function drawNote(text, kind) {
  const note = document.createElement("p");
  note.className = `note note-${kind}`;
  note.textContent = text;
  return note;
}

function drawPause({ text, link, label }) {
  const note = document.createElement("div");
  note.className = "note note-warning";
  note.append(drawNote(text, "plain"));
  const actions = document.createElement("p");
  actions.className = "actions";
  if (link) actions.append(drawLink(link, "Go to the bank", "button"));
  const resume = document.createElement("button");
  resume.className = "button quiet-button";
  resume.type = "button";
  resume.textContent = label;
  resume.addEventListener("click", playNext);
  actions.append(resume);
  note.append(actions);
  return note;
}

function drawEnd() {
  const order = run.state.order;
  const note = drawNote(order ? "Purchase complete. " : "Purchase complete.", "success");
  if (order) note.append(drawLink(order.permalink_url, "See the order as its buyer does"));
  return note;
}

function drawLink(url, text, className = "") {
  const link = document.createElement("a");
  if (/^https?:/.test(url)) link.href = url;
  Object.assign(link, { textContent: text, className, target: "_blank", rel: "noopener" });
  return link;
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyTheOldWay(text); // the clipboard is kept from pages without TLS
  }
  button.textContent = "Copied";
  button.dataset.copied = text;
  setTimeout(() => (button.textContent = "Copy as curl"), 2000);
}

function copyTheOldWay(text) {
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!buttons[0].disabled) playAll();
});
document.getElementById("next").addEventListener("click", playNext);
document.getElementById("restart").addEventListener("click", restart);
form.addEventListener("change", ({ target }) => {
  const card = run.steps.findIndex(({ id }) => id === "card");
  const isPayable = run.state.session?.status === "ready_for_payment";
  if (target.name === "card" && run.position <= card && !run.pause && (isPayable || run.position)) {
    run.state.choices = chosen();
    list.children[card].querySelector("h2").textContent = run.steps[card].title(run.state);
  } else if (!buttons[0].disabled) restart();
});
restart();
