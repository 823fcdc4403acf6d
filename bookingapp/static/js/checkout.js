/* Checkout, quicker: totals follow the ticket types at once, and the hold's clock ticks.
   Without it "Update total" asks the server, and the hold is told in words.

   Totals. form.checkout has data-currency, data-locale, data-fee, data-fee-tax, data-fee-rate.
   Each select has data-seat; its options data-price, data-tax, data-rate (basis points), data-name.
   Written are [data-line=<seat>], [data-type=<seat>], [data-tax=<rate>], [data-total],
   [data-total-short], the value of [data-seen]; [data-update] hides.
   With data-fixed (a code) the server is asked, and its .slip, [data-off] and .pay are put in.
   Clock. .leader has data-until, data-now (both the server's), data-full and its words. */

/* ---------- Totals ---------- */

const form = document.querySelector("form.checkout");

function money(minor, short = false) {
  const { locale, currency } = form.dataset;
  const style = { style: "currency", currency };
  const digits = new Intl.NumberFormat(locale, style).resolvedOptions().maximumFractionDigits;
  const amount = minor / 10 ** digits;
  const whole =
    short && Number.isInteger(amount) ? { minimumFractionDigits: 0, maximumFractionDigits: 0 } : {};
  return new Intl.NumberFormat(locale, { ...style, ...whole }).format(amount);
}

function write(selector, text) {
  for (const place of document.querySelectorAll(selector)) place.textContent = text;
}

function total() {
  const { fee = 0, feeTax = 0, feeRate = 0 } = form.dataset;
  let sum = Number(fee);
  // every rate that has a line; one that nothing is taxed at any more falls to nought and hides
  const lines = document.querySelectorAll(".slip [data-tax]");
  const taxes = new Map([...lines].map((line) => [Number(line.dataset.tax), 0]));
  taxes.set(Number(feeRate), Number(feeTax));
  for (const select of form.querySelectorAll("select[data-seat]")) {
    const { price, tax, rate, name } = select.selectedOptions[0].dataset;
    const seat = CSS.escape(select.dataset.seat);
    sum += Number(price);
    taxes.set(Number(rate), (taxes.get(Number(rate)) ?? 0) + Number(tax));
    write(`[data-line="${seat}"]`, money(price));
    write(`[data-type="${seat}"]`, name);
  }
  for (const line of lines) {
    const amount = taxes.get(Number(line.dataset.tax));
    line.textContent = money(amount);
    line.closest("p").hidden = !amount;
  }
  write("[data-total]", money(sum));
  write("[data-total-short]", money(sum, true));
  // the sum that stood on the button when it was pressed; the server pays no other
  for (const seen of form.querySelectorAll("[data-seen]")) seen.value = sum;
}

/* ---------- Totals under a code ---------- */

// What a code takes off each seat is the server's to say: it is asked for what "Update total" shows.
const SUMS = ".slip .sum, .slip [data-tax], [data-off], [data-total], [data-total-short]";
const PARTS = [".slip", "[data-off]", ".pay .what", ".pay .btn"];
const PATIENCE = 10_000;
let newest = 0;
let last = Promise.resolve();

/** No sum is better than a wrong one; the server pays none that was not seen. */
function forget() {
  write(SUMS, "…");
  for (const seen of form.querySelectorAll("[data-seen]")) seen.value = "";
}

async function updated() {
  const body = new URLSearchParams(new FormData(form));
  body.append("action", "update");
  const signal = AbortSignal.timeout(PATIENCE);
  // not form.action: its buttons have that name
  const answer = await fetch(form.getAttribute("action"), { method: "POST", body, signal });
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function put(page) {
  const fresh = [...PARTS, "[data-seen]"].map((part) => page.querySelector(part));
  // another page: the time is over, say. The button leads there
  if (fresh.includes(null)) throw new Error("no sums");
  PARTS.forEach((part, at) => document.querySelector(part).replaceChildren(...fresh[at].childNodes));
  for (const seen of form.querySelectorAll("[data-seen]")) seen.value = fresh.at(-1).value;
}

async function ask(mine) {
  if (mine !== newest) return;
  try {
    const page = await updated();
    if (mine === newest) put(page);
  } catch {
    if (mine === newest) offer(true);
  }
}

function follow() {
  const mine = ++newest;
  forget();
  offer(false);
  // one after the other, so that the last choice is the last one saved
  last = last.then(() => ask(mine));
}

function offer(byHand) {
  for (const button of form.querySelectorAll("[data-update]")) button.hidden = !byHand;
}

/* ---------- Whoever knows the sums ---------- */

const seats = [...(form?.querySelectorAll("select[data-seat]") ?? [])];
if (seats.length) {
  const fixed = "fixed" in form.dataset;
  const sums = fixed ? follow : total;
  offer(false);
  form.addEventListener("change", (event) => event.target.matches("[data-seat]") && sums());
  // a browser may restore other types after the back button
  const other = () => seats.some((select) => !select.selectedOptions[0].defaultSelected);
  addEventListener("pageshow", () => (!fixed || other()) && sums());
  if (!fixed) total();
}

/* ---------- The hold's clock ---------- */

const LATE = 120;
const WARNINGS = [120, 30];

/** When the hold ends by this device's clock, however wrong that one is: only differences count. */
function end(leader) {
  const page = performance.getEntriesByType("navigation")[0];
  const since = performance.now() - (page?.responseStart ?? 0);
  return Date.now() - since + (Date.parse(leader.dataset.until) - Date.parse(leader.dataset.now));
}

function digits(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function run(leader) {
  const ends = end(leader);
  const dial = leader.querySelector(".dial");
  const say = (text) => (leader.querySelector("[data-say]").textContent = text);
  let due = WARNINGS.filter((mark) => mark <= (ends - Date.now()) / 1000);

  function tick() {
    const left = Math.max(0, (ends - Date.now()) / 1000);
    const seconds = Math.ceil(left);
    const passed = due.filter((mark) => seconds <= mark);
    dial.textContent = digits(seconds);
    write("[data-clock]", digits(seconds));
    leader.style.setProperty("--left", `${Math.min(100, (left / leader.dataset.full) * 100)}%`);
    leader.classList.toggle("late", seconds < LATE);
    if (passed.length) say(leader.getAttribute(`data-warn-${Math.min(...passed)}`));
    due = due.filter((mark) => seconds > mark);
    if (left > 0) setTimeout(tick, (left % 1) * 1000 || 1000);
    else over();
  }

  function over() {
    leader.querySelector("strong").textContent = leader.dataset.over;
    leader.querySelector(".muted").textContent = "";
    say(leader.dataset.over);
  }

  tick();
}

document.querySelectorAll(".leader[data-until]").forEach(run);
