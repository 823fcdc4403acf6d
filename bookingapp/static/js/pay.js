/* Paying without leaving the page: the gateway's own pop-up instead of its hosted form.

   Reads form[data-gateway], whose fields are the hosted form's; both ways the gateway posts its answer
   to the same callback_url. Without the gateway's script (blocked, slow) the form is sent as it is; inside
   another app (data-gateway="page") there is no pop-up, and one press of "Pay" sends it at once. */

const form = document.querySelector("form[data-gateway]");
const say = document.querySelector("[data-say-closed]");
const words = document.querySelector("template[data-closed]");
const script = document.querySelector("script[data-gateway-script]");
const TEXTS = ["order_id", "amount", "currency", "name", "description"];

let popup = null;

function options() {
  const fields = Object.fromEntries(new FormData(form));
  const prefill = {};
  for (const name of ["name", "email", "contact"]) {
    if (fields[`prefill[${name}]`]) prefill[name] = fields[`prefill[${name}]`];
  }
  return {
    key: fields.key_id,
    ...Object.fromEntries(TEXTS.map((name) => [name, fields[name]])),
    prefill,
    callback_url: fields.callback_url,
    // the answer comes as a form post, which in-app browsers need and which is the way without script
    redirect: true,
    modal: { ondismiss: closed, confirm_close: true },
  };
}

function open() {
  say.replaceChildren();
  popup ??= new window.Razorpay(options());
  popup.open();
}

/** The pop-up was closed without paying; the seats are kept, as the clock above says. */
function closed() {
  popup = null;
  say.replaceChildren(words.content.cloneNode(true));
}

form.addEventListener("submit", (event) => {
  if (!window.Razorpay) return;
  event.preventDefault();
  open();
});

// One press of "Pay" was enough: the pop-up opens by itself, but not for who came by the back button.
const arrived = performance.getEntriesByType("navigation")[0]?.type === "navigate";
if (arrived && form.dataset.gateway === "page") form.submit();
else if (arrived && window.Razorpay) open();
else if (arrived) script?.addEventListener("load", open, { once: true });
