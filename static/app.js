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
