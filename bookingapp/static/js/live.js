/* A page that goes on telling the truth: every few seconds its changing parts are fetched and put in.
   Without it the page says of what moment it is, and has a link that looks again.

   Reads: [data-live=<address>], whose answer holds [data-part=<name>] elements; each replaces the
   contents of its namesake. A part that somebody uses (focus, a ticked box, an open field) is left. */

const PAUSE = 4_000;
const LONGEST = 60_000;

const live = document.querySelector("[data-live]");
let pause = PAUSE;
let waiting;

/** Somebody is at work in there. */
function used(part) {
  return part.contains(document.activeElement) || part.querySelector(":checked, details[open]");
}

function put(page) {
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!fresh || used(part)) continue;
    // as it was: nothing is drawn, nothing moves
    if (part.innerHTML !== fresh.innerHTML) part.replaceChildren(...fresh.childNodes);
  }
}

/** What the server says; "stop" when it no longer knows who asks, null when it can't be reached. */
async function ask() {
  try {
    const answer = await fetch(live.dataset.live);
    if (answer.redirected || answer.status === 403) return "stop";
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
}

async function look() {
  const html = await ask();
  if (html === "stop") return;
  if (html) put(new DOMParser().parseFromString(html, "text/html"));
  pause = html ? PAUSE : Math.min(pause * 2, LONGEST);
  next();
}

function next() {
  clearTimeout(waiting);
  if (!document.hidden) waiting = setTimeout(look, pause);
}

if (live) {
  // a hidden page asks nothing; shown again, it looks at once
  document.addEventListener("visibilitychange", () => {
    clearTimeout(waiting);
    if (!document.hidden) look();
  });
  next();
}
