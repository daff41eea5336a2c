// The check-in page: what to do about a sign is shown the moment it is ticked, before anything is sent.
// Everything it shows stands on the page already, for those without scripts.
(function () {
  "use strict";
  var place = document.getElementById("at-once");
  if (!place) return;
  var order = ["emergency", "same_day", "call_clinic"];

  function worst() {
    var ticked = Array.prototype.slice.call(document.querySelectorAll("input[data-tier]:checked"));
    return order.find(function (tier) {
      return ticked.some(function (box) { return box.dataset.tier === tier; });
    });
  }

  function show() {
    var tier = worst();
    if (place.dataset.shown === (tier || "")) return;
    place.dataset.shown = tier || "";
    place.replaceChildren();
    var card = tier && document.querySelector(".cards [data-card=" + tier + "]");
    if (card) place.appendChild(card.cloneNode(true));
  }

  document.addEventListener("change", function (event) {
    var box = event.target;
    // A sign counts more than "none of these"; ticking that one takes no sign away.
    if (box.dataset.tier && box.checked) {
      var none = document.querySelector("input[name=none]");
      if (none) none.checked = false;
    }
    show();
  });
  show();
})();
