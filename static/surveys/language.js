// Translations are saved as they are typed: only the texts that changed, and not over another person's.

"use strict";

(() => {
  const form = document.querySelector("[data-translation]");
  if (!form) return;
  const state = document.querySelector("[data-state]");
  const changed = new Map();
  let timer = 0;
  let line = Promise.resolve();

  async function save() {
    const sent = new Map(changed);
    const body = new FormData();
    for (const name of ["csrfmiddlewaretoken", "seen"]) body.set(name, form.elements[name].value);
    for (const [name, text] of sent) body.set(name, text);
    state.textContent = "Saving…";
    try {
      const answer = await fetch(location.pathname, { method: "POST", body, headers: { Accept: "application/json" } });
      const told = await answer.json();
      for (const element of form.querySelectorAll("[data-error-for]")) {
        element.textContent = told.errors?.[element.dataset.errorFor] || "";
      }
      if (!answer.ok) throw new Error(told.said);
      form.elements.seen.value = told.seen;
      document.querySelector("[data-missing]").textContent = told.missing;
      for (const [name, text] of sent) {
        if (changed.get(name) === text) changed.delete(name);
        form.elements[name].closest(".side").classList.toggle("is-missing", !text.trim());
      }
      // What was typed while the answer was on its way is still to be saved.
      state.textContent = changed.size ? "Not saved yet" : "All changes saved";
    } catch (error) {
      state.textContent = `Could not save: ${error.message}`;
    }
  }

  form.addEventListener("input", (event) => {
    changed.set(event.target.name, event.target.value);
    clearTimeout(timer);
    timer = setTimeout(() => { line = line.then(save); }, 500);
  });
  form.addEventListener("submit", () => changed.clear());
  window.addEventListener("beforeunload", (event) => { if (changed.size) event.preventDefault(); });
})();
