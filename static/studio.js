/* Letters, the protocol, entries of the catalogue and a clinic's own questions: the draft saves itself a moment after typing, the preview follows, and buttons write
   Markdown and fields. Everything it does is also done by the form's buttons. */
"use strict";

(() => {
  const form = document.querySelector("form[data-studio]");
  if (!form) return;
  const field = (name) => form.elements.namedItem(name);
  const status = form.querySelector("[data-saved]");
  const show = form.querySelector("[data-show]");

  /* Saving */
  let timer = 0;
  let running = null;
  let stopped = false;
  const save = async () => {
    const body = new URLSearchParams(new FormData(form));
    body.set("act", "save");
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" }, credentials: "same-origin" });
      if (answer.ok) {
        const { version, said, report, timeline } = await answer.json();
        field("draft").value = version;
        status.textContent = said;
        if (report) form.querySelector("[data-report]").innerHTML = report;
        if (timeline) form.querySelector("[data-timeline]").innerHTML = timeline;
      } else if (answer.status === 409) {
        stopped = true;
        status.textContent = `${await answer.text()} Press “Save the draft” to see both.`;
      } else if (answer.status === 401) {
        stopped = true;
        status.textContent = "You are signed out. What you typed is still here: sign in in another tab, then press “Save the draft”.";
      } else {
        status.textContent = "Not saved: something in a field cannot be kept. Press “Save the draft” to see what.";
      }
    } catch {
      status.textContent = "No connection. What you typed is still here and is saved with the next change.";
    }
  };

  /* The preview: a fresh frame each time, so that "Back" leaves the page and not the last preview. */
  let waiting = 0;
  let count = 0;
  // Of an entry of the catalogue there is no preview.
  const isReal = () => !show || field("person").value.startsWith("visit.");
  const preview = () => {
    const old = form.querySelector("[data-preview]");
    const fresh = old.cloneNode(false);
    fresh.removeAttribute("src");
    fresh.hidden = true;
    // A frame keeps the name it was made with, whatever its attribute says later: each one has its own.
    count += 1;
    fresh.name = `preview-${count}`;
    show.setAttribute("formtarget", fresh.name);
    old.removeAttribute("data-preview");
    old.after(fresh);
    fresh.addEventListener("load", () => {
      if (!fresh.isConnected) return;
      fresh.hidden = false;
      for (const other of form.querySelectorAll("iframe:not([data-preview])")) other.remove();
    });
    form.requestSubmit(show);
  };
  const changed = (event) => {
    const looks = event && ["look", "person"].includes(event.target.name);
    if (event && event.target.name === "width") return;
    clearTimeout(waiting);
    // Each look at a real client is written down, so it takes a press.
    if (show && !isReal()) waiting = setTimeout(preview, looks ? 0 : 300);
    clearTimeout(timer);
    if ((show && looks) || stopped) return;
    timer = setTimeout(() => { running = (running ?? Promise.resolve()).then(save); }, 1200);
  };
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => {
    if (show && event.submitter === show) return;
    clearTimeout(timer);
    if (event.submitter?.dataset.busy) status.textContent = event.submitter.dataset.busy;
    if (!running) return;
    // A save on its way would make this one look like a second person's.
    event.preventDefault();
    const wait = running;
    const button = event.submitter;
    running = null;
    wait.finally(() => setTimeout(() => form.requestSubmit(button)));
  });

  /* Markdown and fields */
  const names = [...form.querySelectorAll(".field-list code")].map((code) => code.textContent);
  const around = (area, before, after, empty) => {
    const { selectionStart: from, selectionEnd: to, value } = area;
    const words = value.slice(from, to) || empty;
    area.setRangeText(`${before}${words}${after}`, from, to, "end");
    area.focus();
    area.setSelectionRange(from + before.length, from + before.length + words.length);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const tools = [
    ["Bold", (area) => around(area, "**", "**", "bold words")],
    ["Italic", (area) => around(area, "*", "*", "words")],
    ["List", (area) => around(area, "\n- ", "\n", "one thing")],
    ["Link", (area) => around(area, "[", "](https://example.org)", "words")],
  ];
  for (const area of form.querySelectorAll("textarea[data-markdown]")) {
    const bar = document.createElement("div");
    bar.className = "tools";
    for (const [word, act] of tools) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button small";
      button.textContent = word;
      button.addEventListener("click", () => act(area));
      bar.append(button);
    }
    const pick = document.createElement("select");
    pick.setAttribute("aria-label", "Put in a field");
    for (const name of ["Field", ...names]) pick.append(new Option(name, name === "Field" ? "" : name));
    pick.addEventListener("input", (event) => {
      event.stopPropagation();
      if (pick.value) around(area, pick.value, "", "");
      pick.selectedIndex = 0;
    });
    bar.append(pick);
    area.before(bar);
  }
})();
