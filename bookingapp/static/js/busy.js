/* A posted form goes once. Its button says what it does (data-busy, "Paying") and keeps its width.
   The server is safe against twice without this; here a finger that slips just sees nothing odd. */

const LONGEST = 15_000; // after that a lost connection may be tried again

const resting = new Map(); // button -> what stood on it

function tire(form, button) {
  form.dataset.sent = "";
  if (!button?.dataset.busy) return;
  resting.set(button, [...button.childNodes]);
  button.style.inlineSize = `${button.offsetWidth}px`;
  button.setAttribute("aria-busy", "true");
  button.replaceChildren(button.dataset.busy);
}

function rest() {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const [button, words] of resting) {
    button.removeAttribute("aria-busy");
    button.style.inlineSize = "";
    button.replaceChildren(...words);
  }
  resting.clear();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const method = event.submitter?.getAttribute("formmethod") ?? form.method;
  if (method !== "post" || event.defaultPrevented) return;
  if ("sent" in form.dataset) {
    event.preventDefault();
    return;
  }
  tire(form, event.submitter);
  setTimeout(rest, LONGEST);
});

// the back button brings the page as it was left
addEventListener("pageshow", (event) => event.persisted && rest());
