/* The booking page: a print button, a copy button, and the state of the ticket's mail while it is on
   its way. A page that stays as it was delivered tells the truth of that moment without any of it.

   Reads: [data-print] and [data-copy=<text>] (both hidden until here), data-copied its new words;
   [data-mail] with data-url, data-pending, and in it .badge and [data-sentence]; see parts/badge.html. */

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied;
  });
}

/* ---------- The mail's state ---------- */

const FIRST = 2_000;
const LONGEST = 30_000;
const ENOUGH = 10 * 60_000; // a page left open all night asks no more

function show(mail, state) {
  const badge = mail.querySelector(".badge");
  const sentence = mail.querySelector("[data-sentence]");
  badge.className = `badge ${state.look}`;
  badge.textContent = state.words;
  // a live region: written only when there is news
  if (sentence.textContent !== state.sentence) sentence.textContent = state.sentence;
}

/** What the server says, or null when it can't be reached just now. */
async function ask(url) {
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

async function follow(mail) {
  const started = Date.now();
  for (let pause = FIRST; Date.now() - started < ENOUGH; pause = Math.min(pause * 1.4, LONGEST)) {
    await new Promise((wake) => setTimeout(wake, pause));
    const state = document.hidden ? null : await ask(mail.dataset.url);
    if (state) show(mail, state);
    if (state?.correct) mail.querySelector("[data-correct]")?.setAttribute("open", "");
    if (state && !state.pending) return;
  }
}

document.querySelectorAll("[data-mail][data-pending]").forEach(follow);
