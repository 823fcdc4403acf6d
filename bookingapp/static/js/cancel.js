// Another choice of seats shows its sum at once; without script "Update the sum" does the same.
const form = document.querySelector("form[data-picks]");
const update = form?.querySelector("button[value=update]");
if (update) {
  form.addEventListener("change", () => form.requestSubmit(update));
  // somebody may have chosen before this script was there
  const boxes = [...form.querySelectorAll("input[type=checkbox]")];
  if (boxes.some((box) => box.checked !== box.defaultChecked)) form.requestSubmit(update);
}
