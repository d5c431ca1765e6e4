// The live part of the board: refreshes what the server says has changed, counts clocks down, opens the why panel.
// Everything also works without it, by links and reloads.
"use strict";

const live = document.getElementById("live");
const queue = document.getElementById("queue");
const panel = document.getElementById("panel");
const news = document.getElementById("news");
const SOON_MS = 300_000;
const FALLBACK_MS = 30_000;
let selected = null;
let opener = null;
let refreshing = false;
let again = false;

function duration(ms) {
  const s = Math.floor(Math.abs(ms) / 1000);
  const two = (n) => String(n).padStart(2, "0");
  if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)}`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${two(Math.floor(s / 60) % 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s / 3600) % 24} h`;
}

function tick() {
  for (const clock of document.querySelectorAll(".clock[data-at]")) {
    const left = Number(clock.dataset.at) - Date.now();
    const state = left < 0 ? "late" : left < SOON_MS ? "soon" : "running";
    clock.className = `clock clock-${state}`;
    clock.firstElementChild.textContent = `${duration(left)} ${left < 0 ? "late" : "left"}`;
  }
}

function localTimes(root) {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  const exact = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });
  for (const time of root.querySelectorAll("time[datetime]")) {
    if (!time.dateTime) continue;
    time.title = time.dateTime;
    time.textContent = (time.className === "exact" ? exact : format).format(new Date(time.dateTime));
  }
}

async function fragment(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  return answer.ok ? answer.text() : null;
}

const rows = () => [...(queue ? queue.querySelectorAll("tr[data-task]") : [])];

function select(id, focus) {
  selected = id;
  for (const row of rows()) {
    const isSelected = row.dataset.task === id;
    row.classList.toggle("selected", isSelected);
    if (isSelected && focus) row.querySelector("a").focus();
  }
}

async function refreshQueue() {
  const known = new Set(rows().map((row) => row.dataset.task));
  const address = new URL(location.href);
  address.searchParams.set("rows", "1");
  const html = await fragment(address);
  if (html === null) return;
  const hadFocus = queue.contains(document.activeElement);
  queue.innerHTML = html;
  if (selected) select(selected, hadFocus);
  tick();
  const fresh = rows().filter((row) => !known.has(row.dataset.task));
  for (const row of fresh) row.classList.add("fresh");
  if (fresh.length) news.textContent = `${fresh.length} new task${fresh.length > 1 ? "s" : ""}`;
}

async function refreshMessages() {
  const html = await fragment(location.href);
  if (html === null) return;
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.getElementById("messages");
  if (fresh) {
    document.getElementById("messages").replaceWith(fresh);
    localTimes(fresh);
  }
}

async function refresh() {
  again = true;
  if (refreshing) return;
  refreshing = true;
  while (again) {
    again = false;
    try {
      if (queue) await refreshQueue();
      else if (document.getElementById("messages")) await refreshMessages();
    } catch { /* the next push or the fallback tries again */ }
  }
  refreshing = false;
}

async function openPanel(id) {
  const html = await fragment(`/task/${encodeURIComponent(id)}?panel=1`);
  if (html === null) return;
  select(id, false);
  opener = id;
  panel.innerHTML = html;
  panel.hidden = false;
  document.body.classList.add("with-panel");
  localTimes(panel);
  tick();
  panel.scrollTop = 0;
  panel.querySelector("h2").focus();
}

function closePanel() {
  if (!panel || panel.hidden) return;
  panel.hidden = true;
  panel.innerHTML = "";
  document.body.classList.remove("with-panel");
  select(opener, true);
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.dataset.task === selected);
  const next = all[Math.max(0, Math.min(all.length - 1, at + step))];
  select(next.dataset.task, true);
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || !panel) return;
  if (event.target.closest(".close")) {
    event.preventDefault();
    closePanel();
    return;
  }
  const row = event.target.closest("tr[data-task]");
  if (!row || (event.target.closest("a") === null && String(getSelection()))) return;
  event.preventDefault();
  openPanel(row.dataset.task);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "Escape") closePanel();
  else if (event.key === "Enter" && selected && event.target === document.body) openPanel(selected);
});

function connect() {
  const source = new EventSource("/events");
  source.addEventListener("open", () => { live.textContent = "live"; live.className = "live is-live"; refresh(); });
  source.addEventListener("changed", refresh);
  source.addEventListener("error", () => { live.textContent = "connection lost, trying again"; live.className = "live is-lost"; });
}

localTimes(document);
tick();
setInterval(tick, 1000);
if (queue || document.getElementById("messages")) {
  for (const choice of document.querySelectorAll(".filters select")) choice.addEventListener("change", () => choice.form.submit());
  connect();
  setInterval(refresh, FALLBACK_MS);
} else if (live) live.textContent = "";
