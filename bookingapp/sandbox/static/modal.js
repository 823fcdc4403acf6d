// Inside checkout.js's frame: hands the outcome, or the wish to close, to the page around it.
(() => {
  const main = document.querySelector("main[data-message]");
  if (!main || window.parent === window) return;
  const tell = (message) => window.parent.postMessage({ from: "razorpay-sandbox", ...message }, main.dataset.origin);
  const outcome = JSON.parse(main.dataset.message);
  if (outcome) tell(outcome);
  const dismiss = () => tell({ kind: "dismiss" });
  document.querySelector("[data-dismiss]")?.addEventListener("click", dismiss);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") tell({ kind: "escape" });
  });
})();
