// A stand-in for Razorpay's checkout.js: the same `Razorpay` class, the sandbox's page in a frame.
// Styles are set through the CSSOM, so the page around needs no 'unsafe-inline'.
(() => {
  const sandbox = new URL(document.currentScript.src).origin;
  const TEXTS = ["order_id", "amount", "currency", "name", "description"];

  const address = (options) => {
    const url = new URL("/v1/checkout/modal", sandbox);
    url.searchParams.set("key_id", options.key ?? "");
    url.searchParams.set("origin", window.location.origin);
    for (const name of TEXTS) {
      if (options[name] != null) url.searchParams.set(name, options[name]);
    }
    for (const [name, value] of Object.entries(options.prefill ?? {})) {
      if (value) url.searchParams.set(`prefill[${name}]`, value);
    }
    return url.href;
  };

  // Razorpay's failed return names its fields error[code], error[metadata] and so on.
  const errorFields = (error) =>
    Object.fromEntries(
      Object.entries(error).map(([name, value]) => [
        `error[${name}]`,
        typeof value === "object" ? JSON.stringify(value) : value,
      ]),
    );

  const post = (action, fields) => {
    const form = document.createElement("form");
    form.method = "post";
    form.action = action;
    for (const [name, value] of Object.entries(fields)) {
      const input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      input.value = value ?? "";
      form.append(input);
    }
    document.body.append(form);
    form.submit();
  };

  const buildDialog = (source) => {
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", "Payment");
    Object.assign(dialog.style, {
      padding: "0", border: "0", borderRadius: "12px", overflow: "hidden",
      width: "min(30rem, 100vw)", height: "min(46rem, 100dvh)", maxWidth: "100vw", maxHeight: "100dvh",
    });
    const frame = document.createElement("iframe");
    frame.title = "Payment";
    frame.src = source;
    Object.assign(frame.style, { display: "block", width: "100%", height: "100%", border: "0" });
    dialog.append(frame);
    return { dialog, frame };
  };

  window.Razorpay = class Razorpay {
    #options; #listeners = {}; #dialog = null; #frame = null;

    constructor(options) {
      if (!options?.key) throw new Error("Razorpay: the key is required");
      this.#options = options;
      window.addEventListener("message", (event) => this.#hear(event));
    }

    on(event, listener) {
      (this.#listeners[event] ??= []).push(listener);
      return this;
    }

    open() {
      if (this.#dialog) return this;
      ({ dialog: this.#dialog, frame: this.#frame } = buildDialog(address(this.#options)));
      this.#dialog.addEventListener("cancel", (event) => { event.preventDefault(); this.#escape(); });
      document.body.append(this.#dialog);
      this.#dialog.showModal();
      this.#frame.focus();
      return this;
    }

    close() {
      this.#dialog?.close();
      this.#dialog?.remove();
      this.#dialog = this.#frame = null;
    }

    #hear(event) {
      const ours = this.#frame && event.source === this.#frame.contentWindow;
      if (!ours || event.origin !== sandbox || event.data?.from !== "razorpay-sandbox") return;
      if (event.data.kind === "success") this.#succeed(event.data.answer);
      if (event.data.kind === "failed") this.#fail(event.data.error);
      if (event.data.kind === "dismiss") this.#dismiss();
      if (event.data.kind === "escape") this.#escape();
    }

    #succeed(answer) {
      const { callback_url: callback, redirect, handler } = this.#options;
      this.close();
      if (callback && (redirect || !handler)) post(callback, answer);
      else handler?.(answer);
    }

    // Without redirect the dialog stays open: its page offers another try.
    #fail(error) {
      for (const listener of this.#listeners["payment.failed"] ?? []) listener({ error });
      const { callback_url: callback, redirect } = this.#options;
      if (!(callback && redirect)) return;
      this.close();
      post(callback, errorFields(error));
    }

    #escape() {
      if (this.#options.modal?.escape !== false) this.#dismiss();
    }

    #dismiss() {
      this.close();
      this.#options.modal?.ondismiss?.();
    }
  };
})();
