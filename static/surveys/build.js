// The builder: what is typed is saved, what is pressed or dragged is done, and the preview follows. The server
// draws every part of the page; this file sends forms, puts the parts that come back in their place, and keeps
// the focus where it was.

"use strict";

(() => {
  const PAUSE = 500;
  // A drop-down finds an option by its first letters as long as they follow within a second.
  const KEYS_PAUSE = 1000;
  const MOVES = { ArrowUp: "up", ArrowDown: "down" };

  const root = document.querySelector("[data-build]");
  const find = (selector, within = root) => within.querySelector(selector);
  const all = (selector, within = root) => [...within.querySelectorAll(selector)];
  const middle = find("#build-middle");
  // What is typed and not sent yet: form by form a timer, or 0 once it stands in line.
  const waiting = new Map();
  const sent = new WeakMap();
  const reshaped = new Set();
  const seenAt = new Map();
  let line = Promise.resolve();
  let isSending = false;
  let isGoing = 0;
  let failures = 0;
  // Forms whose words the server did not take: they stand on this page alone.
  const refused = new Set();
  // Where what is shown is: going back changes the address before anybody is asked.
  let shown = location.search;

  document.documentElement.classList.add("has-script");

  // --- What a person sees and hears of it

  function state(text, isBad = false) {
    const element = find("[data-state]");
    element.textContent = text;
    element.classList.toggle("is-bad", isBad);
  }

  const isRefused = () => [...refused].some((form) => form.isConnected);

  // What was typed while an answer was on its way is still to be saved.
  function stateNow() {
    const isTyped = [...waiting.values()].some((timer) => timer);
    if (isRefused()) state("Not saved", true);
    else if (isTyped) state("Not saved yet");
    else state(waiting.size ? "Saving…" : "All changes saved");
  }

  function alarm(text, ...buttons) {
    const element = find("[data-alert]");
    element.replaceChildren(text, ...buttons);
    element.hidden = !text;
  }

  function button(label, act) {
    const element = document.createElement("button");
    element.type = "button";
    element.className = "build-button";
    element.textContent = label;
    element.addEventListener("click", act);
    return element;
  }

  function say(text) {
    const element = find("[data-said]");
    element.textContent = "";
    if (text) setTimeout(() => { element.textContent = text; }, 50);
  }

  function showErrors(form, errors) {
    for (const element of all("[data-error-for]", form)) {
      const message = errors[element.dataset.errorFor] || "";
      element.textContent = message;
      const field = element.dataset.errorFor && document.getElementById(element.dataset.errorFor);
      if (!field) continue;
      field.toggleAttribute("aria-invalid", Boolean(message));
      field.closest(".build-field")?.classList.toggle("has-error", Boolean(message));
    }
  }

  // --- Talking to the server, one request after the other

  function inLine(task) {
    line = line.then(task, task);
    return line;
  }

  async function ask(url, options = {}) {
    isSending = Boolean(options.body);
    const answer = await fetch(url, { headers: { Accept: "application/json" }, ...options }).finally(() => { isSending = false; });
    if (answer.redirected || !answer.headers.get("Content-Type")?.includes("json")) {
      throw new Error(answer.redirected ? "you are logged out" : `the server answered ${answer.status}`);
    }
    return [answer.status, await answer.json()];
  }

  function settle(form, status, told, isNext = true) {
    failures = 0;
    const typed = () => all("form[data-autosave]", middle);
    const at = typed().indexOf(form);
    if (status === 409) {
      if (at >= 0) refused.add(form);
      return conflict(form, told);
    }
    if (status >= 400) {
      const said = Object.values(told.errors || {}).join(" ");
      if (told.parts) swap(told, isNext && form);
      if (at >= 0) refused.add(form.isConnected ? form : typed()[at]);
      showErrors(told.parts ? middle : form, told.errors || {});
      state("Not saved", true);
      alarm(`Could not save: ${said}`);
      return false;
    }
    refused.delete(form);
    if (!isRefused()) alarm("");
    swap(told, isNext && form);
    if (form.isConnected) showErrors(form, {});
    stateNow();
    say(told.said);
    refreshPreview();
    return true;
  }

  function conflict(form, told) {
    state("Not saved", true);
    const theirs = button("Show theirs", () => { refused.clear(); alarm(""); open(told.url); });
    const ours = button("Save mine over it", () => {
      alarm("");
      setSeen(told.seen);
      save(form);
    });
    alarm(told.conflict, theirs, ours);
    return false;
  }

  function askToLeave(go) {
    const said = find("[data-alert]");
    if (said.hidden) alarm("What you typed here is not saved.");
    find("[data-leave]", said)?.remove();
    const leave = button("Leave it unsaved", () => { refused.clear(); alarm(""); go(); });
    leave.dataset.leave = "";
    said.append(leave);
    leave.focus();
  }

  // What could not be sent is tried again, later each time; leaving the page asks first.
  function postpone(error, again) {
    failures += 1;
    const pause = Math.min(30, 2 ** failures);
    state(`Could not save: ${error.message}. Trying again in ${pause} s`, true);
    setTimeout(again, pause * 1000);
    return false;
  }

  // --- Forms: saved as one types, or sent by a button

  function stand(form) {
    clearTimeout(waiting.get(form));
    waiting.set(form, 0);
  }

  // Until here the form stood in line; what is typed from now on is newer than what was sent.
  function leaveLine(form, body) {
    sent.set(form, body);
    if (waiting.get(form) === 0) waiting.delete(form);
  }

  function save(form) {
    stand(form);
    return inLine(async () => {
      if (!form.isConnected) return waiting.delete(form);
      const body = new FormData(form);
      body.set("keep", "1");
      leaveLine(form, body);
      state("Saving…");
      try {
        const [status, told] = await ask(form.action, { method: "POST", body });
        return settle(form, status, told);
      } catch (error) {
        sent.delete(form);
        stand(form);
        return postpone(error, () => save(form));
      }
    });
  }

  // Typed into a form that made room for another meanwhile.
  function saveGone(form) {
    const body = new FormData(form);
    body.set("keep", "1");
    return inLine(async () => {
      if (seenAt.has(placeOf(body))) body.set("seen", seenAt.get(placeOf(body)));
      state("Saving…");
      try {
        const [status, told] = await ask(form.action, { method: "POST", body });
        if (status >= 400) throw new Error(told.conflict || Object.values(told.errors || {}).join(" "));
        stateNow();
        open(location.search, true);
      } catch (error) {
        state("Not saved", true);
        alarm(`Could not save: ${error.message}`);
      }
    });
  }

  function saveSoon(form, pause = PAUSE) {
    clearTimeout(waiting.get(form));
    state("Not saved yet");
    waiting.set(form, setTimeout(() => (reshaped.has(form) ? act(form) : save(form)), pause));
  }

  // Whoever chooses by keys passes other options on the way: drawn anew at each of them, the form would take
  // the drop-down from under their hands.
  function reshape(form, isByKeys) {
    if (!isByKeys) return act(form);
    reshaped.add(form);
    saveSoon(form, KEYS_PAUSE);
  }

  async function saveAll() {
    for (const [form, timer] of waiting) if (timer) save(form);
    await line;
  }

  function forget(form) {
    clearTimeout(waiting.get(form));
    waiting.delete(form);
    reshaped.delete(form);
  }

  async function act(form, pressed) {
    forget(form);
    const body = new FormData(form, pressed);
    const url = pressed?.getAttribute("formaction") || form.action;
    const isTyped = form.matches("[data-autosave]");
    if (isTyped) stand(form);
    await saveAll();
    const send = () => inLine(async () => {
      if (isTyped) leaveLine(form, body);
      const place = placeOf(body);
      if (seenAt.has(place)) body.set("seen", seenAt.get(place));
      state("Saving…");
      try {
        const [status, told] = await ask(url, { method: "POST", body });
        const isNew = status < 400 && /\/(add|duplicate)\/$/.test(url);
        settle(form, status, told, url === form.action);
        if (isNew) {
          showTab("middle");
          document.getElementById("id_text")?.focus();
        }
      } catch (error) {
        if (isTyped && form.isConnected) {
          sent.delete(form);
          stand(form);
          return postpone(error, () => (pressed ? save(form) : act(form)));
        }
        state("Not saved", true);
        alarm(`Could not save: ${error.message}`);
      }
    });
    return !isTyped && isRefused() ? askToLeave(send) : send();
  }

  function post(name, fields) {
    const form = find("[data-outline]");
    const pressed = document.createElement("button");
    pressed.setAttribute("formaction", `${root.dataset.build}${name}/`);
    pressed.hidden = true;
    form.append(pressed);
    const inputs = Object.entries(fields).map(([key, value]) => {
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name: key, value });
      form.append(input);
      return input;
    });
    const done = act(form, pressed);
    for (const element of [pressed, ...inputs]) element.remove();
    return done;
  }

  // --- Parts of the page

  const placeOf = (fields) => `${fields.get("open")} ${fields.get("name")}`;

  // What was pressed while an earlier answer was on its way stands on what that answer left behind.
  function setSeen(seen) {
    for (const input of all("input[name=seen]")) input.value = seen;
    seenAt.set(placeOf(new FormData(find("[data-outline]"))), seen);
  }

  const isTicked = (field) => field.matches("[type=checkbox], [type=radio]");

  // Whether a field holds something else than what was sent of it or, if nothing was, than it came with.
  function isNewer(field, body) {
    if (isTicked(field)) return field.checked !== (body ? body.getAll(field.name).includes(field.value) : field.defaultChecked);
    if (body) return field.value !== body.get(field.name);
    if (!field.matches("select")) return field.value !== field.defaultValue;
    const own = [...field.options].find((option) => option.defaultSelected) ?? field.options[0];
    return own && field.value !== own.value;
  }

  const newerIn = (form) => {
    const fields = all("textarea[id], select[id], input[id]:not([type=hidden], [type=color], [type=file])", form);
    return fields.filter((field) => field.name && isNewer(field, sent.get(form)));
  };

  // What was typed or chosen while an answer was on its way is newer than what it brings.
  function typeAgain({ id, value, checked }) {
    const field = document.getElementById(id);
    if (!field || (isTicked(field) ? field.checked === checked : field.value === value)) return;
    if (field.matches("select") && ![...field.options].some((option) => option.value === value)) return;
    if (isTicked(field)) field.checked = checked;
    else field.value = value;
    if (reshapes(field)) reshape(field.form, true);
    else saveSoon(field.form);
  }

  // `answered` is the form of which the new one is the next state.
  function swap(told, answered) {
    const focused = document.activeElement;
    const id = focused?.id;
    const at = focused?.selectionStart;
    const isDrawn = "build-middle" in told.parts;
    const typed = isDrawn ? [...waiting.keys()].filter((form) => middle.contains(form)) : [];
    const newer = typed.map((form) => [form, newerIn(form)]);
    const scrolls = new Map(Object.keys(told.parts).map((part) => [part, document.getElementById(part).scrollTop]));
    for (const [part, html] of Object.entries(told.parts)) document.getElementById(part).innerHTML = html;
    for (const form of [...waiting.keys()].filter((one) => !one.isConnected)) forget(form);
    const here = placeOf(new FormData(find("[data-outline]")));
    for (const [form, fields] of newer) {
      if (form === answered || placeOf(new FormData(form)) === here) fields.forEach(typeAgain);
      else if (fields.length) saveGone(form);
    }
    if (isDrawn) setUpMiddle();
    for (const [part, top] of scrolls) document.getElementById(part).scrollTop = top;
    setSeen(told.seen);
    setLanguages();
    if (told.url && !isGoing && told.url !== location.search) {
      history.pushState(null, "", told.url);
      shown = location.search;
    }
    if (!focused?.isConnected) {
      const next = (id && document.getElementById(id)) || find("#build-outline [aria-current]") || middle;
      next.focus({ preventScroll: true });
      // Not every field has a place between its letters.
      if (Number.isInteger(at) && Number.isInteger(next.selectionStart)) next.setSelectionRange(at, at);
    }
    find("#build-outline [aria-current]")?.scrollIntoView({ block: "nearest" });
  }

  async function open(query, isBack = false) {
    await saveAll();
    if (isRefused()) {
      if (location.search !== shown) history.pushState(null, "", shown);
      return askToLeave(() => open(query));
    }
    await inLine(async () => {
      try {
        const [, told] = await ask(`${root.dataset.build}${query}`);
        swap(isBack ? { ...told, url: "" } : told);
        shown = location.search;
        alarm("");
        middle.scrollTop = 0;
        showTab("middle");
        refreshPreview();
      } catch (error) {
        alarm(`Could not open it: ${error.message}`);
      }
    });
  }

  function setUpMiddle() {
    for (const area of all("textarea[name=choices]", middle)) setUpChoices(area);
  }

  function showTab(name) {
    find("[data-columns]").dataset.shows = name;
    for (const tab of all("[data-tab]")) tab.setAttribute("aria-pressed", String(tab.dataset.tab === name));
    if (name === "preview") fitPreview();
  }

  // --- The preview: a new frame is loaded behind the old one, so that nothing flickers

  const previews = find("[data-preview]");
  const frames = find("[data-frames]");

  function previewUrl() {
    const query = new URLSearchParams(location.search);
    query.set("language", find("[data-preview-language]").value);
    const version = find("[data-preview-version]").value;
    if (version) query.set("version", version);
    return `${previews.dataset.preview}?${query}`;
  }

  function refreshPreview() {
    const old = all("iframe", frames);
    const frame = document.createElement("iframe");
    frame.title = "Preview";
    frame.className = "is-loading";
    frame.addEventListener("load", () => {
      if (!frame.isConnected) return;
      const before = all("iframe", frames)[0];
      const top = before !== frame && before.contentWindow ? before.contentWindow.scrollY : 0;
      for (const other of all("iframe", frames)) if (other !== frame) other.remove();
      frame.classList.remove("is-loading");
      frame.contentWindow.scrollTo(0, top);
      fitPreview();
    }, { once: true });
    for (const stale of old.slice(1)) stale.remove();
    frame.src = previewUrl();
    frames.append(frame);
    find("[data-preview-alone]").href = previewUrl();
    fitPreview();
  }

  function fitPreview() {
    const width = Number(find("[data-width][aria-pressed=true]").dataset.width);
    // A phone is as wide as the column; what is wider is made smaller until it fits.
    const scale = width < 400 ? 1 : Math.min(1, frames.clientWidth / width) || 1;
    for (const frame of all("iframe", frames)) {
      frame.style.width = width < 400 ? "100%" : `${width}px`;
      frame.style.height = `${frames.clientHeight / scale}px`;
      frame.style.transform = `scale(${scale})`;
    }
  }

  function setLanguages() {
    const select = find("[data-preview-language]");
    const languages = find("[data-languages]").dataset.languages.split(" ");
    if (languages.join() === [...select.options].map((option) => option.value).join()) return;
    const chosen = select.value;
    select.replaceChildren(...languages.map((code) => new Option(code, code, false, code === chosen)));
  }

  // --- Events

  root.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-act]")) return;
    event.preventDefault();
    act(event.target, event.submitter);
  });

  root.addEventListener("input", (event) => {
    const filter = event.target.closest("[data-filter]");
    if (filter) return filterLibrary(filter);
    const form = event.target.closest("[data-autosave]");
    if (form && !reshapes(event.target)) saveSoon(form);
  });

  let keyed = null;
  root.addEventListener("pointerdown", () => { keyed = null; });
  root.addEventListener("keydown", (event) => { keyed = event.key === "Enter" ? null : event.target; });

  root.addEventListener("change", (event) => {
    const target = event.target;
    if (target.matches("[data-submits]")) return act(target.form);
    if (target.matches("[data-preview-version], [data-preview-language]")) return refreshPreview();
    const form = target.closest("[data-autosave]");
    if (form && reshapes(target)) reshape(form, keyed === target);
  });

  // Another kind has other settings, another question other operators: the server draws the form anew.
  function reshapes(target) {
    return target.matches("select[name=kind], select[name^='if.']");
  }

  function filterLibrary(input) {
    const words = input.value.trim().toLowerCase();
    for (const item of all(input.dataset.filter, middle)) {
      item.hidden = !item.textContent.toLowerCase().includes(words);
    }
    for (const shelf of all("[data-library] details", middle)) {
      shelf.open = Boolean(words);
      shelf.hidden = !all("li", shelf).some((item) => !item.hidden);
    }
  }

  root.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-open]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      open(link.getAttribute("href"));
    }
    const tab = event.target.closest("[data-tab]");
    if (tab) showTab(tab.dataset.tab);
    const width = event.target.closest("[data-width]");
    if (width) {
      for (const other of all("[data-width]")) other.setAttribute("aria-pressed", String(other === width));
      fitPreview();
    }
  });

  document.addEventListener("question-dropped", (event) => {
    const { key, place } = event.detail;
    post("move", { key, page: event.target.closest("[data-page]").dataset.page, place });
  });

  document.addEventListener("keydown", (event) => {
    const target = event.target;
    const isTyping = target.matches("input:not([type=checkbox]), textarea, select");
    if ((event.ctrlKey || event.metaKey) && event.key === "z" && !event.shiftKey && !isTyping) {
      event.preventDefault();
      find("#build-undo")?.click();
    }
    const direction = MOVES[event.key];
    if (!direction) return;
    const links = all("#build-outline a[data-open]");
    const at = links.indexOf(target);
    if (event.altKey && !isTyping && "mayEdit" in root.dataset) {
      event.preventDefault();
      const item = target.closest("li[data-key]");
      const page = target.closest("a[id^='page-']");
      if (item) post(direction, { key: item.dataset.key });
      else if (page) post(`page-${direction}`, { page: page.id.slice(5) });
      else find(`#tool-${direction}`)?.click();
    } else if (at >= 0 && !event.altKey) {
      event.preventDefault();
      links[at + (direction === "up" ? -1 : 1)]?.focus();
    }
  });

  // An answer that was on its way when one went back is no new place.
  window.addEventListener("popstate", () => {
    isGoing += 1;
    open(location.search, true).finally(() => { isGoing -= 1; });
  });
  window.addEventListener("resize", fitPreview);
  window.addEventListener("beforeunload", (event) => { if (waiting.size || isSending || isRefused()) event.preventDefault(); });

  // What was typed before this file was there; where one comes back to, the browser fills in what was there once.
  const isComeBack = performance.getEntriesByType("navigation")[0]?.type !== "navigate";
  for (const form of isComeBack ? [] : all("form[data-autosave]")) {
    const typed = newerIn(form);
    if (typed.some(reshapes)) act(form);
    else if (typed.length) saveSoon(form);
  }
  setUpMiddle();
  fitPreview();
  find("#build-outline [aria-current]")?.scrollIntoView({ block: "nearest" });
})();
