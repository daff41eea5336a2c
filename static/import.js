// Puts the text of a chosen file into the field beside it. Without this, people paste it.
"use strict";

for (const place of document.querySelectorAll("[data-file-into]")) {
  const file = place.querySelector("input[type=file]");
  const text = document.getElementById(place.dataset.fileInto);
  place.hidden = false;
  file.addEventListener("change", async () => {
    if (file.files.length === 1 && file.files[0].size < 500000) {
      text.value = await file.files[0].text();
    }
  });
}
