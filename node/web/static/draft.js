// Keeps what is typed in this browser until it is published: over a closed tab, a lost link, an ended
// login. Nothing of it leaves the browser; each person's drafts are their own.
"use strict";

{ // its names are its own: all files of a page share theirs else
  const PREFIX = "draft:";
  const SAVE_MS = 300;
  const DRAFTS_MAX = 20;
  const AGE_MS_MAX = 30 * 24 * 3600 * 1000;
  const LEFT_OUT = /^(csrf|uploaded|do|new_language|search\..*)$/;

  const writing = () => document.querySelector("#writing[data-draft]");
  const keyOf = (name) => PREFIX + name;

  function all() {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX))
      .map((key) => [key, JSON.parse(localStorage.getItem(key))])
      .sort(([, one], [, other]) => other.at - one.at);
  }

  function tidy() {
    all().forEach(([key, draft], place) => {
      if (place >= DRAFTS_MAX || Date.now() - draft.at > AGE_MS_MAX) localStorage.removeItem(key);
    });
  }

  function save() {
    clearTimeout(waiting);
    waiting = null;
    const part = writing();
    if (!part) return;
    const values = [...new FormData(part.querySelector("form"))]
      .filter(([name, value]) => typeof value === "string" && !LEFT_OUT.test(name));
    try {
      localStorage.setItem(keyOf(part.dataset.draft), JSON.stringify({ at: Date.now(), values }));
    } catch {
      // no room, or none is given: writing goes on without
    }
  }

  let waiting = null;
  let isTouched = false;
  function soon() {
    isTouched = true;
    clearTimeout(waiting);
    waiting = setTimeout(save, SAVE_MS);
  }

  function restore() {
    const part = writing();
    if (!part) return;
    if (!("first" in part.dataset)) { // an answer to what was typed: this is the draft now
      soon();
      return;
    }
    const kept = localStorage.getItem(keyOf(part.dataset.draft));
    if (!kept) return;
    const values = Object.fromEntries(JSON.parse(kept).values);
    const form = part.querySelector("form");
    fill(form, values); // what is there already, also when the node is away
    htmx.ajax("POST", form.getAttribute("hx-post"), {
      target: "#writing", swap: "outerHTML", values: { ...values, do: "restore" },
    });
  }

  function fill(form, values) {
    for (const field of form.elements) {
      if (field.type === "file" || field.type === "submit" || LEFT_OUT.test(field.name)) continue;
      const value = values[field.name];
      if (field.type === "checkbox") field.checked = value !== undefined;
      else if (field.type === "radio") field.checked = value === field.value;
      else if (value !== undefined) field.value = value;
    }
  }

  document.addEventListener("input", (event) => {
    if (event.target.closest("#writing")) soon();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (isTouched && event.target.closest?.("#writing")) soon();
  });
  document.addEventListener("click", (event) => {
    const part = writing();
    if (part && event.target.closest("#writing button[name=do]")) soon();
    if (!part || !event.target.closest("[data-fresh]")) return;
    isTouched = false;
    clearTimeout(waiting);
    waiting = null;
    localStorage.removeItem(keyOf(part.dataset.draft));
    location.reload();
  });
  window.addEventListener("pagehide", () => { if (waiting) save(); });

  document.addEventListener("DOMContentLoaded", () => {
    tidy();
    const done = document.querySelector("[data-draft-done]");
    if (done) localStorage.removeItem(keyOf(done.dataset.draftDone));
    restore();
  });
}
