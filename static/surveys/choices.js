// Choices as rows to type into, over the text field that holds them as lines `key | text | open | exclusive`.
// The text field stays what is sent; who likes it better may edit it.

"use strict";

const FLAGS = ["open", "exclusive"];

function readChoices(text) {
  return text.split("\n").filter((line) => line.trim()).map((line) => {
    const parts = line.split(/(?<!\\)\|/).map((part) => part.trim().replaceAll("\\|", "|"));
    const flags = [];
    while (parts.length > 1 && FLAGS.includes(parts.at(-1).toLowerCase())) flags.push(parts.pop().toLowerCase());
    return { key: parts.length > 1 ? parts[0] : "", text: parts.at(-1), flags };
  });
}

function writeChoices(choices) {
  return choices
    .filter((choice) => choice.text.trim())
    .map((choice) => [choice.key, choice.text.trim().replaceAll("|", "\\|"), ...choice.flags].join(" | "))
    .join("\n");
}

function setUpChoices(area) {
  const editor = document.createElement("div");
  editor.className = "choices";
  const list = document.createElement("div");
  list.setAttribute("x-sort", "$dispatch('choice-moved')");
  list.setAttribute("x-sort:config", "{ handle: '[data-choice-drag]' }");
  const help = area.closest(".group")?.lastElementChild;
  editor.append(list, button("Add a choice", () => add().focus()));

  const toggle = button("Edit as text", () => show(editor.hidden));
  area.before(editor);
  area.after(toggle);

  function button(label, act) {
    const element = document.createElement("button");
    element.type = "button";
    element.className = "choices-button";
    element.textContent = label;
    element.addEventListener("click", act);
    return element;
  }

  function save() {
    const choices = [...list.children].map((row) => ({
      key: row.dataset.key,
      text: row.querySelector("input[type=text]").value,
      flags: FLAGS.filter((flag) => row.querySelector(`[data-flag=${flag}]`).checked),
    }));
    area.value = writeChoices(choices);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function add(choice = { key: "", text: "", flags: [] }, after = null) {
    const row = document.createElement("div");
    row.className = "choice";
    row.dataset.key = choice.key;
    row.setAttribute("x-sort:item", "");
    row.innerHTML =
      '<span class="grip" data-choice-drag title="Drag to move"></span>' +
      '<input type="text" maxlength="500" aria-label="Choice">' +
      '<label title="Asks for words of one\'s own"><input type="checkbox" data-flag="open">open</label>' +
      '<label title="Rules the other choices out"><input type="checkbox" data-flag="exclusive">exclusive</label>' +
      '<button type="button" aria-label="Remove the choice" title="Remove">×</button>';
    const input = row.querySelector("input[type=text]");
    input.value = choice.text;
    for (const flag of choice.flags) row.querySelector(`[data-flag=${flag}]`).checked = true;
    row.addEventListener("input", save);
    row.querySelector("button").addEventListener("click", () => remove(row));
    input.addEventListener("keydown", (event) => pressed(event, row));
    input.addEventListener("paste", (event) => pasted(event, row));
    if (after) after.after(row);
    else list.append(row);
    return input;
  }

  function remove(row) {
    (row.previousElementSibling || row.nextElementSibling)?.querySelector("input").focus();
    row.remove();
    save();
  }

  function pressed(event, row) {
    if (event.key === "Enter") {
      event.preventDefault();
      add(undefined, row).focus();
    } else if (event.key === "Backspace" && !event.target.value && list.children.length > 1) {
      event.preventDefault();
      remove(row);
    }
  }

  // A pasted list becomes one choice a line.
  function pasted(event, row) {
    const lines = event.clipboardData.getData("text").split("\n").map((line) => line.trim()).filter(Boolean);
    if (lines.length < 2) return;
    event.preventDefault();
    let last = row;
    for (const text of lines) last = add({ key: "", text, flags: [] }, last).closest(".choice");
    if (!event.target.value) row.remove();
    save();
  }

  function show(asRows) {
    if (asRows) {
      list.replaceChildren();
      readChoices(area.value).forEach((choice) => add(choice));
      if (!list.children.length) add();
    }
    editor.hidden = !asRows;
    area.hidden = asRows;
    if (help && help !== toggle && !help.contains(area)) help.hidden = asRows;
    toggle.textContent = asRows ? "Edit as text" : "Edit as rows";
  }

  list.addEventListener("choice-moved", save);
  // Where the server found a fault in a line, the lines are what there is to see.
  show(!area.closest(".errors"));
}
