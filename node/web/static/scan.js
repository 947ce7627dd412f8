// Reads the QR code of an invite, from the camera or from a picture, where the browser can do that
// by itself. Nothing leaves the browser; else the link is pasted.
"use strict";

const SCHEME = "coopinvite:";
const AGAIN_MS = 250;

async function canRead() {
  if (!("BarcodeDetector" in window)) return false;
  return (await BarcodeDetector.getSupportedFormats()).includes("qr_code");
}

function prepare(form) {
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  const link = form.querySelector("textarea[name=link]");
  const view = form.querySelector("[data-scan-view]");
  const camera = form.querySelector("[data-scan-camera]");
  const told = form.querySelector("[data-scan-told]");
  let stream = null;

  function stop() {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    view.hidden = true;
  }

  async function find(source) {
    const codes = await detector.detect(source);
    const found = codes.map((code) => code.rawValue).find((text) => text.startsWith(SCHEME));
    if (!found) return false;
    link.value = found;
    told.textContent = form.dataset.found;
    stop();
    form.querySelector("button:not([type])").focus();
    return true;
  }

  async function look() {
    if (!stream || (view.readyState >= view.HAVE_CURRENT_DATA && (await find(view)))) return;
    setTimeout(look, AGAIN_MS);
  }

  camera.hidden = !navigator.mediaDevices?.getUserMedia;
  camera.addEventListener("click", async () => {
    if (stream) {
      stop();
      return;
    }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      view.srcObject = stream;
      view.hidden = false;
      await view.play();
      look();
    } catch {
      stop();
      told.textContent = form.dataset.denied;
    }
  });

  form.querySelector("[data-scan-picture]").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    try {
      const picture = await createImageBitmap(file);
      if (!(await find(picture))) told.textContent = form.dataset.none;
    } catch {
      told.textContent = form.dataset.none;
    }
    event.target.value = "";
  });

  form.querySelector("[data-scanner]").hidden = false;
  window.addEventListener("pagehide", stop);
}

canRead().then((can) => {
  if (can) document.querySelectorAll("[data-scanning]").forEach(prepare);
});
