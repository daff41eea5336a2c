/* The client's form: a signature is drawn, and ticks agree with each other. Every page works without this file. */
"use strict";

/* A page that a browser kept to step back to shows what was true then: it is asked for again. */
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

/* The picture of the body is enough for most; the list opens with one press. */
(() => {
  const list = document.querySelector("[data-list]");
  if (list && !list.querySelector(".problem")) list.open = false;
})();

/* "None of these" and a tick cannot both be meant. */
document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-client-form]");
  if (!form || event.target.type !== "checkbox" || !event.target.checked) return;
  if (event.target.name === "none") for (const box of form.querySelectorAll("[name=yes]")) box.checked = false;
  if (event.target.name === "yes") for (const box of form.querySelectorAll("[name=none]")) box.checked = false;
});

/* Signature: lines on a ground of 440 by 160, sent as the data of a path. */
(() => {
  const draw = document.querySelector("[data-draw]");
  const field = document.querySelector("input[name=signed]");
  if (!draw || !field) return;
  draw.hidden = false;
  const ground = draw.querySelector("canvas");
  const pen = ground.getContext("2d");
  let path = "";
  let last = "";
  const begin = () => {
    pen.lineWidth = 3;
    pen.lineCap = "round";
    pen.lineJoin = "round";
    pen.strokeStyle = getComputedStyle(ground).color;
  };
  const point = (event) => {
    const at = ground.getBoundingClientRect();
    const x = Math.round(((event.clientX - at.left) / at.width) * 440);
    const y = Math.round(((event.clientY - at.top) / at.height) * 160);
    return [Math.min(440, Math.max(0, x)), Math.min(160, Math.max(0, y))];
  };
  const add = (letter, event) => {
    const [x, y] = point(event);
    const next = `${x} ${y}`;
    if (next === last || path.length > 15000) return;
    last = next;
    path += letter + next;
    if (letter === "M") {
      pen.beginPath();
      pen.moveTo(x, y);
    } else {
      pen.lineTo(x, y);
      pen.stroke();
    }
    field.value = path;
  };
  ground.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    ground.setPointerCapture(event.pointerId);
    begin();
    last = "";
    add("M", event);
  });
  ground.addEventListener("pointermove", (event) => {
    if (ground.hasPointerCapture(event.pointerId)) add("L", event);
  });
  draw.querySelector("[data-clear]").addEventListener("click", () => {
    path = "";
    last = "";
    field.value = "";
    pen.clearRect(0, 0, 440, 160);
  });
})();
