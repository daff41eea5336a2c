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

/* What takes several steps goes on by itself, a step a look. */
{
  const form = document.querySelector("form[data-goes-on]");
  if (form) {
    const body = new URLSearchParams(new FormData(form));
    fetch(form.action, { method: "POST", body, credentials: "same-origin" }).then((answer) => {
      if (answer.ok) location.reload();
    }, () => {});
  }
}

/* Printing: a button where the browser can be asked for it. */
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

/* Intake: the draft is saved a moment after typing; ticks open their details; the body map ticks its
   list; the search hides what does not fit. Everything it does is also done by the form's buttons. */
(() => {
  const form = document.querySelector("[data-intake]");
  if (!form) return;
  const filled = (name, words) => {
    const template = document.querySelector(`[data-template="${name}"]`);
    const holder = document.createElement("div");
    holder.append(template.content.cloneNode(true));
    for (const element of holder.querySelectorAll("*")) {
      for (const { name: attribute, value } of [...element.attributes]) {
        const changed = Object.entries(words).reduce((text, [from, to]) => text.replaceAll(from, to), value);
        if (changed !== value) element.setAttribute(attribute, changed);
      }
      for (const node of element.childNodes) {
        if (node.nodeType !== Node.TEXT_NODE) continue;
        node.data = Object.entries(words).reduce((text, [from, to]) => text.replaceAll(from, to), node.data);
      }
    }
    return [...holder.childNodes].filter((node) => node.nodeType === Node.ELEMENT_NODE);
  };

  /* Saving for later */
  const status = form.querySelector("[data-saved]");
  const field = (name) => form.elements.namedItem(name);
  let timer = 0;
  let running = null;
  let stopped = false;
  const saveDraft = async () => {
    const body = new URLSearchParams(new FormData(form));
    body.set("act", "draft");
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" }, credentials: "same-origin" });
      if (answer.ok) {
        const { version, said } = await answer.json();
        field("over_draft").value = version;
        status.textContent = said;
      } else if (answer.status === 409) {
        stopped = true;
        status.textContent = `${await answer.text()} Press “Save for later” to see both versions.`;
      } else if (answer.status === 401) {
        stopped = true;
        status.textContent = "You are signed out. What you typed is still here: sign in in another tab, then press “Save for later”.";
      } else {
        status.textContent = "Not saved yet. It is tried again with the next change.";
      }
    } catch {
      status.textContent = "No connection. What you typed is still here and is saved with the next change.";
    }
  };
  const changed = () => {
    clearTimeout(timer);
    if (stopped) return;
    timer = setTimeout(() => {
      running = (running ?? Promise.resolve()).then(saveDraft);
    }, 1200);
  };
  form.addEventListener("input", (event) => {
    if (event.target.name !== "find") changed();
  });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (!running) return;
    // A save on its way would make this one look like a second person's.
    event.preventDefault();
    const wait = running;
    const button = event.submitter;
    running = null;
    // In a turn of its own: a form that is being sent takes no second request.
    wait.finally(() => setTimeout(() => form.requestSubmit(button)));
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input:not([type=search])")) event.preventDefault();
  });

  /* Ticks */
  const label = (row) => row.querySelector("b").textContent;
  const addPlace = (row) => {
    const details = row.querySelector(".details");
    const number = details.querySelectorAll(".place:not(.ok)").length;
    if (number >= 8) return null;
    const [place] = filled("place", { CONDITION: row.dataset.condition, NUMBER: String(number), LABEL: label(row) });
    const last = [...details.querySelectorAll(".place:not(.ok)")].pop();
    if (last) last.after(place);
    else details.prepend(place);
    return place;
  };
  const open = (row) => {
    const details = row.querySelector(".details");
    if (!details || details.querySelector(".place")) return;
    addPlace(row);
    details.append(...filled("more", {}));
    if ("clearance" in row.dataset) details.append(...filled("ok", { CONDITION: row.dataset.condition, LABEL: label(row) }));
  };
  for (const button of form.querySelectorAll("[data-more]")) button.hidden = false;
  const count = (group) => {
    const none = group.querySelector("[name=none]").checked;
    const boxes = [...group.querySelectorAll("[name=yes]")];
    const said = new Set([...group.querySelectorAll("[name=no]")].map((one) => one.value));
    const asked = [...group.querySelectorAll(".asked-above a")].filter((link) => {
      const id = link.getAttribute("href").slice(7);
      return ![...form.querySelectorAll(`[name="again.${id}"]`)].some((one) => one.checked);
    }).length;
    const left = asked + (none ? 0 : boxes.filter((box) => !box.checked && !said.has(box.value)).length);
    const place = form.querySelector(`[data-open="${group.dataset.group}"]`);
    if (!place) return;
    place.classList.toggle("none", left === 0);
    place.textContent = left === 0 ? "done" : `${left} open`;
  };
  form.addEventListener("change", (event) => {
    const row = event.target.closest("[data-condition]");
    if (row && event.target.name === "yes" && event.target.checked) open(row);
    for (const group of form.querySelectorAll("[data-group]")) count(group);
  });
  form.addEventListener("click", (event) => {
    const more = event.target.closest("[data-more]");
    if (!more) return;
    addPlace(more.closest("[data-condition]"))?.querySelector("select").focus();
    changed();
  });

  /* Search */
  const find = form.querySelector("input[data-find]");
  const empty = new Set(["a", "an", "and", "at", "do", "for", "from", "have", "i", "in", "is", "my", "of", "on", "or", "the", "to", "with"]);
  find.addEventListener("input", () => {
    const asked = find.value.toLowerCase().replace(/['’]/g, "").split(/[^\p{L}\p{N}]+/u).filter((word) => word && !empty.has(word));
    let found = 0;
    for (const group of form.querySelectorAll("[data-group]")) {
      let here = 0;
      for (const row of group.querySelectorAll("[data-condition]")) {
        const words = row.dataset.by.split(" ");
        row.hidden = !asked.every((word) => words.some((known) => known.startsWith(word)));
        if (!row.hidden) here += 1;
      }
      group.hidden = here === 0;
      found += here;
    }
    const words = form.querySelector("[data-found]");
    if (!asked.length) words.textContent = "";
    else if (!found) words.textContent = "Nothing is called that here. Write it under “Any other condition”.";
    else words.textContent = `${found} found. Empty the field to see all.`;
  });
  find.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const first = form.querySelector("[data-condition]:not([hidden]) [name=yes]");
    if (find.value.trim() && first) first.focus();
  });

  /* Marks: a ticked part of the body gets its line, and the picture says its score */
  const list = form.querySelector("[data-marks]");
  const box = (place) => document.getElementById(`box.${place}`);
  const score = (place) => {
    const said = document.getElementById(`mark.${place}.intensity`)?.value;
    for (const part of form.querySelectorAll("[data-press] [data-place]")) {
      if (part.dataset.place === place) part.querySelector("text").textContent = said || "✓";
    }
  };
  for (const part of form.querySelectorAll("[data-press] [data-place]")) score(part.dataset.place);
  const mark = (place) => {
    const row = list.querySelector(`[data-mark-row="${place}"]`);
    if (box(place).checked && !row) list.append(...filled("mark", { PLACE: place, NAME: box(place).dataset.name }));
    if (!box(place).checked && row) row.remove();
    score(place);
  };
  form.addEventListener("change", (event) => {
    if (event.target.name === "mark") mark(event.target.value);
    const scored = event.target.name?.match(/^mark\.(.+)\.intensity$/);
    if (scored) score(scored[1]);
  });
})();

/* Notes: saved by script a moment after typing. A button waits for a save that is under way, so that
   nobody is overtaken by themselves; a refusal shows its words beside the buttons. */
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "note-status" && event.detail.xhr.status === 409) event.detail.shouldSwap = true;
});
for (const form of document.querySelectorAll("form[data-note]")) {
  let saving = 0;
  let pressed = null;
  const done = () => {
    saving = Math.max(0, saving - 1);
    if (saving > 0 || !pressed) return;
    const button = pressed;
    pressed = null;
    form.requestSubmit(button);
  };
  form.addEventListener("htmx:beforeRequest", () => { saving += 1; });
  document.addEventListener("htmx:afterSettle", (event) => { if (event.target.id === "note-status") done(); });
  form.addEventListener("htmx:afterRequest", (event) => { if (!event.detail.successful) done(); });
  form.addEventListener("submit", (event) => {
    if (saving === 0) return;
    pressed = event.submitter;
    event.preventDefault();
  });
}

/* The day board: keys between the visits, a menu at a time, and news every half minute. */
(() => {
  const day = document.querySelector("[data-refresh]");
  if (!day) return;

  /* Keys. One letter alone is too easily pressed by accident or by voice, so they can be turned off. */
  const OFF = "aftercare-keys-off";
  let off = false;
  try { off = localStorage.getItem(OFF) === "1"; } catch { off = false; }
  const showKeys = () => {
    const line = document.querySelector("[data-keys]");
    if (!line) return;
    line.hidden = false;
    for (const key of line.querySelectorAll("span")) key.hidden = off;
    const button = line.querySelector("[data-keys-switch]");
    button.textContent = off ? "Turn keys on" : "Turn keys off";
    button.setAttribute("aria-pressed", String(!off));
  };
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-keys-switch]")) return;
    off = !off;
    try { localStorage.setItem(OFF, off ? "1" : "0"); } catch { /* Then it lasts as long as the page. */ }
    showKeys();
  });
  const step = (by) => {
    const rows = [...document.querySelectorAll("[data-row]")];
    if (rows.length === 0) return;
    const at = rows.indexOf(document.activeElement);
    const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1);
    rows[next].focus();
  };
  const press = (id) => { const link = document.getElementById(id); if (link) link.click(); };
  document.addEventListener("keydown", (event) => {
    if (off || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.target.closest("input, select, textarea, summary, button, [contenteditable]")) return;
    const onRow = document.activeElement && document.activeElement.matches("[data-row]");
    const acts = { n: () => press("new-visit"), t: () => press("day-today"), j: () => step(1), k: () => step(-1) };
    /* Arrows scroll the page, unless one walks the visits already. */
    if (onRow) Object.assign(acts, { ArrowDown: acts.j, ArrowUp: acts.k });
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  /* Menus of rows: one open at a time, closed by Escape or a press elsewhere. */
  const closeMenus = (but) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== but) menu.open = false;
  };
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    const open = document.querySelector("details.menu[open]");
    if (event.key !== "Escape" || !open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });

  /* What needs attention: whoever opened the list finds it open after the news. On a desk all of it is in
     sight, also in a browser whose stylesheets cannot open it. */
  const rest = () => document.querySelector("details.rest");
  const openRest = (open) => {
    if (rest() && (open || matchMedia("(min-width: 1000px)").matches)) rest().open = true;
  };

  /* News: only while somebody can see the page and is not in the middle of something on it. The
     header says that nobody pressed anything, so that the session ends as if the page were closed. */
  const EVERY = 30000;
  setInterval(() => {
    const busy = document.querySelector("details.menu[open]") || (document.activeElement && document.activeElement.closest("form"));
    if (document.visibilityState !== "visible" || busy || !window.htmx) return;
    const focused = document.activeElement && document.activeElement.id;
    const wasOpen = rest() !== null && rest().open;
    window.htmx
      .ajax("GET", location.pathname + location.search, {
        target: "#day", select: "#day", swap: "outerHTML", headers: { "HX-Polling": "true" },
      })
      .then(() => {
        showKeys();
        openRest(wasOpen);
        const again = focused && document.getElementById(focused);
        if (again && document.activeElement === document.body) again.focus({ preventScroll: true });
      })
      .catch(() => {});
  }, EVERY);
  showKeys();
  openRest(false);
})();
