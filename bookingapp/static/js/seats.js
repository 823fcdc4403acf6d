/* The seat page, quicker: a live sum and seat tags in the order bar, a polite word at the limit, a hint
   when one seat is left alone, arrow keys over the plan. Everything works without it.

   Reads: .seat (value, data-price, class x<k>), form data-max, data-currency, data-locale and the
   words data-counts, data-too-many, data-alone, data-alone-left, data-alone-right.
   Writes: [data-count], [data-sum], [data-tags], [data-say]. */

const form = document.querySelector("form.seating");
const plan = form.querySelector(".plan");
const words = form.dataset;
const counts = JSON.parse(words.counts);
const part = (name) => form.querySelector(`[data-${name}]`);

const column = (seat) => Number(/\bx(\d+)\b/.exec(seat.className)[1]);
const rows = [...plan.querySelectorAll(".line")].map((line) =>
  [...line.querySelectorAll(".seat")].sort((a, b) => column(a) - column(b)),
);
const seats = rows.flat();
const chosen = () => seats.filter((seat) => seat.checked);

/* ---------- The order bar ---------- */

function money(minor) {
  const style = { style: "currency", currency: words.currency };
  const digits = new Intl.NumberFormat(words.locale, style).resolvedOptions().maximumFractionDigits;
  const amount = minor / 10 ** digits;
  const whole = Number.isInteger(amount) ? { minimumFractionDigits: 0, maximumFractionDigits: 0 } : {};
  return new Intl.NumberFormat(words.locale, { ...style, ...whole }).format(amount);
}

function tag(seat) {
  const span = document.createElement("span");
  const look = /\blook-\w+/.exec(seat.className) ?? /\blook-\w+/.exec(seat.closest(".block").className);
  span.className = `seatno ${look}`;
  span.textContent = seat.value;
  return span;
}

function say(text) {
  part("say").textContent = text;
  part("hint").hidden = Boolean(text);
}

function refresh() {
  const mine = chosen();
  const sum = mine.reduce((total, seat) => total + Number(seat.dataset.price), 0);
  part("count").textContent = counts[mine.length] ?? mine.length;
  part("sum").textContent = mine.length ? `, ${money(sum)}` : "";
  part("tags").replaceChildren(...mine.flatMap((seat) => [tag(seat), " "]));
}

function changed(event) {
  const seat = event.target;
  if (!seat.matches(".seat")) return;
  const tooMany = chosen().length > Number(words.max);
  if (tooMany) seat.checked = false;
  say(tooMany ? words.tooMany : loneliness());
  refresh();
}

/* ---------- One seat alone ---------- */

const gone = (seat) => seat && (seat.checked || seat.disabled);
const free = (seat) => seat && !gone(seat);

/** The hint about the first single seat our choice leaves between two groups, or "". */
function loneliness() {
  for (const row of rows) {
    const at = new Map(row.map((seat) => [column(seat), seat]));
    for (const seat of row) {
      const [before, after] = [at.get(column(seat) - 2), at.get(column(seat) + 2)];
      const ours = before?.checked || after?.checked;
      if (free(seat) && !seat.matches(".wheel, .mate") && gone(before) && gone(after) && ours) {
        return [words.alone.replace("{seat}", seat.value), advice(at, column(seat))].join(" ").trim();
      }
    }
  }
  return "";
}

/** Moving the group over the gap helps if the seat it gives up has a free neighbour. */
function advice(at, gap) {
  const sides = [-2, 2].filter((step) => at.get(gap + step).checked);
  if (sides.length !== 1) return "";
  const [step] = sides;
  let last = gap + step;
  while (at.get(last + step)?.checked) last += step;
  if (!free(at.get(last + step))) return "";
  return step > 0 ? words.aloneLeft : words.aloneRight;
}

/* ---------- Arrow keys: one tab stop, then the plan is a grid ---------- */

const open = rows.map((row) => row.filter((seat) => !seat.disabled)).filter((row) => row.length);

function settle(seat) {
  for (const other of seats) other.tabIndex = other === seat ? 0 : -1;
}

function nearest(row, seat) {
  const away = (other) => Math.abs(column(other) - column(seat));
  return row?.reduce((best, other) => (away(other) < away(best) ? other : best));
}

function target(key, seat) {
  const r = open.findIndex((row) => row.includes(seat));
  const s = open[r].indexOf(seat);
  return {
    ArrowRight: () => open[r][s + 1],
    ArrowLeft: () => open[r][s - 1],
    ArrowUp: () => nearest(open[r - 1], seat),
    ArrowDown: () => nearest(open[r + 1], seat),
    Home: () => open[r][0],
    End: () => open[r].at(-1),
  }[key];
}

function moved(event) {
  if (!event.target.matches(".seat") || event.ctrlKey || event.altKey || event.metaKey) return;
  const find = target(event.key, event.target);
  if (!find) return;
  event.preventDefault();
  find()?.focus();
}

/* ---------- Start ---------- */

// what is said here while choosing need not be said again on the next page
part("plain")?.remove();
form.addEventListener("change", changed);
plan.addEventListener("keydown", moved);
plan.addEventListener("focusin", (event) => event.target.matches(".seat") && settle(event.target));
// the seats bring the keyboard in and scroll the plan along, so the region itself needs no stop
plan.removeAttribute("tabindex");
settle(chosen()[0] ?? open[0]?.[0]);
// a hall wider than the phone opens at its middle, or where the choice is
const middle = chosen()[0]?.offsetLeft ?? plan.scrollWidth / 2;
plan.scrollLeft = middle - plan.clientWidth / 2;
refresh();
// a browser may restore ticks after the back button
addEventListener("pageshow", refresh);
