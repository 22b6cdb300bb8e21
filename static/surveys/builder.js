// The questions of a survey: added, moved, folded, deleted and numbered in place. The server does without it:
// it gives keys and places by itself; this file makes it comfortable.

"use strict";

const MAX_KEY = 40;

function field(row, name) {
  return row.querySelector(`[name$="-${name}"]`);
}

function suggestKey(text, taken) {
  const words = text.normalize("NFKD").replace(/[^\x00-\x7f]/g, "").toLowerCase().match(/[a-z0-9]+/g) || [];
  let key = "";
  for (const word of words) {
    if (key.length + word.length >= MAX_KEY) break;
    key = key ? `${key}_${word}` : word;
  }
  if (/^[0-9]/.test(key)) key = `question_${key}`;
  let candidate = key;
  for (let number = 2; key && taken.includes(candidate); number++) candidate = `${key}_${number}`;
  return candidate;
}

function setUpBuilder(builder) {
  const list = builder.querySelector("[data-questions]");
  const total = builder.querySelector("[name$='-TOTAL_FORMS']");
  const blank = builder.querySelector("template[data-new-question]");
  const rows = () => [...list.querySelectorAll(":scope > [data-question]")];
  const kept = () => rows().filter((row) => !field(row, "DELETE")?.checked);

  // The order on the screen is the order that is saved.
  function number() {
    let page = 0;
    kept().forEach((row, index) => {
      field(row, "position").value = index;
      const own = Number(field(row, "page").value) || 1;
      const mark = row.querySelector("[data-page-mark]");
      mark.hidden = own === page || (index === 0 && own === 1);
      mark.textContent = `Page ${own}`;
      page = own;
    });
  }

  // A row that was moved belongs to the page that it was moved to.
  function settle(row) {
    const page = (one) => Number(field(one, "page").value) || 1;
    const shown = kept();
    const place = shown.indexOf(row);
    const [before, after] = [shown[place - 1], shown[place + 1]];
    if (before && page(row) < page(before)) field(row, "page").value = page(before);
    else if (after && page(row) > page(after)) field(row, "page").value = page(after);
    number();
  }

  function move(row, step) {
    const shown = kept();
    const other = shown[shown.indexOf(row) + step];
    if (!other) return;
    if (step < 0) other.before(row);
    else other.after(row);
    settle(row);
  }

  function add() {
    const index = Number(total.value);
    const holder = document.createElement("template");
    holder.innerHTML = blank.innerHTML.replaceAll("__prefix__", index);
    const row = holder.content.firstElementChild;
    const last = kept().at(-1);
    if (last) field(row, "page").value = field(last, "page").value;
    list.append(row);
    total.value = index + 1;
    setUpRow(row);
    number();
    field(row, "text").focus();
  }

  function setDeleted(row, isDeleted) {
    field(row, "DELETE").checked = isDeleted;
    row.querySelector("[data-card]").hidden = isDeleted;
    const note = row.querySelector("[data-deleted]");
    note.hidden = !isDeleted;
    note.querySelector("[data-deleted-title]").textContent = row.querySelector("[data-title]").textContent;
    row.querySelector("[data-page-mark]").hidden = isDeleted;
    number();
  }

  // Another kind has other settings; those that both have keep what was typed.
  function changeKind(row) {
    const select = field(row, "kind");
    const template = builder.querySelector(`template[data-settings="${select.value}"]`);
    const settings = row.querySelector("[data-settings-of]");
    const typed = new Map([...settings.querySelectorAll("input[type=text]")].map((input) => [input.name, input.value]));
    settings.innerHTML = template.innerHTML.replaceAll("__prefix__", select.name.match(/-(\d+)-kind$/)[1]);
    settings.dataset.settingsOf = select.value;
    for (const input of settings.querySelectorAll("input[type=text]")) input.value = typed.get(input.name) || input.value;
    row.querySelector("[data-choices]").hidden = !("hasChoices" in template.dataset);
    row.querySelector("[data-kind-label]").textContent = select.selectedOptions[0].textContent;
  }

  function setUpRow(row) {
    const text = field(row, "text");
    const key = field(row, "key");
    let isKeyOurs = "isNew" in row.dataset && !key.value;
    text.addEventListener("input", () => {
      row.querySelector("[data-title]").textContent = text.value || "New question";
      const others = rows().filter((one) => one !== row).map((one) => field(one, "key").value);
      if (isKeyOurs) key.value = suggestKey(text.value, others);
    });
    key.addEventListener("input", () => { isKeyOurs = false; });
    field(row, "kind").addEventListener("change", () => changeKind(row));
    field(row, "page").addEventListener("change", () => {
      const page = (one) => Number(field(one, "page").value) || 1;
      rows().sort((one, other) => page(one) - page(other)).forEach((one) => list.append(one));
      number();
    });
    const press = (selector, act) => row.querySelector(selector)?.addEventListener("click", (event) => {
      event.preventDefault();
      act();
    });
    press("[data-up]", () => move(row, -1));
    press("[data-down]", () => move(row, 1));
    press("[data-delete]", () => setDeleted(row, true));
    press("[data-undelete]", () => setDeleted(row, false));
    setUpChoices(field(row, "choices"));
  }

  rows().forEach(setUpRow);
  rows().filter((row) => field(row, "DELETE")?.checked).forEach((row) => setDeleted(row, true));
  let held = null;
  list.addEventListener("pointerdown", (event) => { held = event.target.closest("[data-question]"); });
  list.addEventListener("question-moved", () => settle(held));
  builder.querySelector("[data-add]")?.addEventListener("click", add);
  number();
}

function setUpCopying() {
  for (const button of document.querySelectorAll("[data-copies]")) {
    const input = document.getElementById(button.dataset.copies);
    button.addEventListener("click", async () => {
      input.select();
      await navigator.clipboard.writeText(input.value);
      button.textContent = "Copied";
    });
  }
}

function openAddressed() {
  const row = location.hash.startsWith("#question-") && document.getElementById(location.hash.slice(1));
  if (row) {
    row.querySelector("details").open = true;
    row.scrollIntoView();
  }
}

document.querySelectorAll("[data-builder]").forEach(setUpBuilder);
setUpCopying();
openAddressed();
window.addEventListener("hashchange", openAddressed);
