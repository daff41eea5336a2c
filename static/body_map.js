/* Body map, for staff and clients alike: pressing a part ticks its box in the list, which stays the truth. */
"use strict";

(() => {
  const box = (place) => document.getElementById(`box.${place}`);
  const show = (place) => {
    const ticked = box(place)?.checked ?? false;
    for (const part of document.querySelectorAll("[data-press] [data-place]")) {
      if (part.dataset.place !== place) continue;
      part.classList.toggle("pressed", ticked);
      part.setAttribute("aria-checked", String(ticked));
    }
  };
  /* One stop for the keyboard, arrows inside, Space and Enter to press. */
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  for (const map of document.querySelectorAll("[data-press]")) {
    const parts = [...map.querySelectorAll("[data-place]")];
    parts.forEach((part, index) => {
      // Its own click tells the page what any other tick of the box tells it.
      const press = (event) => {
        event.preventDefault();
        box(part.dataset.place).click();
      };
      part.setAttribute("role", "checkbox");
      part.setAttribute("tabindex", index === 0 ? "0" : "-1");
      show(part.dataset.place);
      part.addEventListener("click", press);
      part.addEventListener("keydown", (event) => {
        if (event.key === " " || event.key === "Enter") press(event);
        if (!(event.key in steps)) return;
        event.preventDefault();
        const next = parts[(index + steps[event.key] + parts.length) % parts.length];
        part.setAttribute("tabindex", "-1");
        next.setAttribute("tabindex", "0");
        next.focus();
      });
    });
  }
  document.addEventListener("change", (event) => {
    if (event.target.name === "mark") show(event.target.value);
  });
})();
