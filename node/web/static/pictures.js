// Makes chosen pictures smaller before they are sent, one after the other, and shows how far they
// are. Without it they are sent whole, with the form. The node takes out what the camera wrote.
"use strict";

{ // its names are its own: all files of a page share theirs else
  const SIDE_PX_MAX = 2048;
  const QUALITY = 0.85;

  const baseOf = () => document.querySelector("meta[name=base]").content;
  const csrfOf = () => document.querySelector("meta[name=csrf]").content;

  function prepare() {
    for (const part of document.querySelectorAll("[data-upload]")) part.classList.add("scripted");
  }
  document.addEventListener("DOMContentLoaded", prepare);
  document.addEventListener("htmx:afterSettle", prepare);

  document.addEventListener("change", async (event) => {
    const field = event.target;
    const part = field.closest?.("[data-upload]");
    if (!part || field.type !== "file" || !field.files.length) return;
    const files = [...field.files];
    field.value = "";
    const told = part.querySelector(".progress");
    told.replaceChildren();
    const kept = [];
    for (const file of files) {
      const line = document.createElement("p");
      const bar = document.createElement("progress");
      const words = document.createElement("span");
      bar.max = 1;
      words.textContent = say(part.dataset.sending, file.name);
      line.append(words, bar);
      told.append(line);
      try {
        const answer = await send(await smaller(file), (share) => { bar.value = share; });
        kept.push(`${part.dataset.upload}=${answer.blob}`);
        words.textContent = say(part.dataset.sent, file.name);
      } catch (fault) {
        words.textContent = say(part.dataset.failed, file.name, fault.message || part.dataset.broken);
        line.className = "field-problem";
      }
      bar.remove();
    }
    if (!kept.length) return;
    const form = document.querySelector("#writing form");
    form.elements.uploaded.value = kept.join(" ");
    part.querySelector("button").click();
    form.elements.uploaded.value = "";
  });

  const say = (text, name, reason = "") => text.replace("{name}", name).replace("{reason}", reason);

  // A picture of at most SIDE_PX_MAX; whatever this browser cannot read goes as it is.
  async function smaller(file) {
    if (!file.type.startsWith("image/")) return file;
    try {
      const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
      const scale = Math.min(1, SIDE_PX_MAX / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.max(1, Math.round(picture.width * scale));
      canvas.height = Math.max(1, Math.round(picture.height * scale));
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      picture.close();
      const type = file.type === "image/jpeg" ? "image/jpeg" : "image/webp";
      const made = await new Promise((done) => { canvas.toBlob(done, type, QUALITY); });
      return made ?? file;
    } catch {
      return file;
    }
  }

  function send(data, progress) {
    return new Promise((done, failed) => {
      const request = new XMLHttpRequest();
      request.open("POST", `${baseOf()}/api/v1/blobs`);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.setRequestHeader("X-CSRF-Token", csrfOf());
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) progress(event.loaded / event.total);
      });
      request.addEventListener("load", () => {
        const answer = request.response ?? {};
        if (request.status === 201) done(answer);
        else failed(new Error(answer.title ? `${answer.title} [${answer.code}]` : ""));
      });
      request.addEventListener("error", () => failed(new Error("")));
      request.send(data);
    });
  }
}
