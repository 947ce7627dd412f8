// What every page does: proves forms that htmx sends, shows times as the reader's own clock has
// them, closes menus. Without it everything still works.
"use strict";

const meta = (name) => document.querySelector(`meta[name=${name}]`)?.content ?? "";
const STYLES = { moment: { dateStyle: "medium", timeStyle: "short" }, day: { dateStyle: "medium" } };

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRF-Token"] = meta("csrf");
});

function localise(root) {
  for (const time of root.querySelectorAll("time[data-local]")) {
    const moment = new Date(time.dateTime);
    const style = STYLES[time.dataset.local];
    if (style && !Number.isNaN(moment.valueOf())) {
      time.textContent = moment.toLocaleString(document.documentElement.lang, style);
    }
    delete time.dataset.local;
  }
}

document.addEventListener("DOMContentLoaded", () => localise(document));
document.addEventListener("htmx:afterSettle", () => localise(document));

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// One click is one act: what was sent is not sent twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// Pages that were seen can be read without the node; at the login nobody has seen any.
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register(`${meta("base")}/worker.js`).catch(() => {});
  if (document.querySelector("[data-login]")) navigator.serviceWorker.controller?.postMessage("forget");
}
