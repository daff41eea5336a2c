/* Aftercare: small comforts for those who have scripts. Every page works without this file.
   One part a noun; a part finds its elements by data attributes and does nothing when there are none. */
"use strict";

/* Sessions: a lost session leaves the page and what was typed as they are, and says what to do. */
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status !== 401) return;
  let note = document.getElementById("signed-out");
  if (!note) {
    note = document.createElement("p");
    note.id = "signed-out";
    note.className = "banner caution signed-out";
    note.setAttribute("role", "alert");
    note.append("You are signed out. What you typed is still here: ");
    const link = document.createElement("a");
    link.href = "/sign-in?next=/signed-in";
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = "sign in in another tab";
    note.append(link, ", then go on.");
    document.querySelector("main").prepend(note);
  }
});

/* Search: "/" goes to it, the arrows walk through what it finds, Escape puts the list away. */
document.addEventListener("keydown", (event) => {
  const search = document.getElementById("q");
  if (!search || event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    search.focus();
    search.select();
    return;
  }
  const found = document.getElementById("found");
  if (!found || !(event.target === search || found.contains(event.target))) return;
  if (event.key === "Escape" && found.classList.contains("found")) {
    found.replaceChildren();
    search.focus();
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const rows = [search, ...found.querySelectorAll("[data-rows] a")];
  const next = rows[rows.indexOf(event.target) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
});

/* Printing: a button where the browser can be asked for it. */
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
